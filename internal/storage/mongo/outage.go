package mongo

import (
	"errors"
	"log/slog"
	"slices"
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

// away reports whether no server takes writes now.
func (o *outage) away() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.since.IsZero()
}

// failed is told of a vain look at a server.
func (o *outage) failed(e *event.ServerHeartbeatFailedEvent) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.why = reason(e.Failure)
}

// takesWrites reports whether a server does, as far as the driver knows.
func takesWrites(s event.ServerDescription) bool {
	return s.Kind == "RSPrimary" || s.Kind == "Mongos" || s.Kind == "LoadBalancer"
}

// changed is told of what the driver knows of the servers.
func (o *outage) changed(e *event.TopologyDescriptionChangedEvent) {
	ok := slices.ContainsFunc(e.NewDescription.Servers, takesWrites)
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
