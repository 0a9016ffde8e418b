package mongo

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
)

// outage knows whether a server takes writes: the driver watches them whether or
// not anybody asks them. The log is told once that none does, and once that one
// does again.
type outage struct {
	log     *slog.Logger
	patient time.Duration // how long after its beginning calls still hope

	mu      sync.Mutex
	watched bool // whether the log is told: not before the store is open
	since   time.Time
	why     string // of the last failed look at a server
}

// watch begins to tell the log, or ends it.
func (o *outage) watch(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.watched, o.since = on, time.Time{}
}

// refuses gives why a call need not be tried: nobody who asked a server has found
// one for so long that another would wait in vain too.
func (o *outage) refuses() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.since.IsZero() || time.Since(o.since) < o.patient {
		return nil
	}
	return unavailable(errors.New("MongoDB has no server that takes writes: " + o.why))
}

// spare leaves a chore for later while calls are refused: the log was told why.
func (o *outage) spare(chore func() error) error {
	if o.refuses() != nil {
		return nil
	}
	return chore()
}

func (o *outage) monitor() *event.ServerMonitor {
	return &event.ServerMonitor{
		ServerHeartbeatFailed: func(e *event.ServerHeartbeatFailedEvent) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.why = reason(e.Failure)
		},
		TopologyDescriptionChanged: func(e *event.TopologyDescriptionChangedEvent) { o.changed(writable(e.NewDescription)) },
	}
}

// writable reports whether a server is known that takes writes.
func writable(t event.TopologyDescription) bool {
	for _, s := range t.Servers {
		switch s.Kind {
		case "RSPrimary", "Mongos", "LoadBalancer":
			return true
		}
	}
	return false
}

func (o *outage) changed(ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case !o.watched:
	case !ok && o.since.IsZero():
		o.since = time.Now()
		o.log.Warn("MongoDB has no server now that takes writes: requests are answered service-unavailable until it has", "reason", o.why)
	case ok && !o.since.IsZero():
		o.log.Info("MongoDB takes writes again", "after", time.Since(o.since).Round(time.Millisecond))
		o.since, o.why = time.Time{}, ""
	}
}
