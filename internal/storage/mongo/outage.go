package mongo

import (
	"log/slog"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
)

// outage tells the log once that no server takes writes, and once that one does
// again. The driver watches the servers whether or not anybody asks them.
type outage struct {
	log *slog.Logger

	mu      sync.Mutex
	watched bool // whether the log is told: not before the store is open
	since   time.Time
	why     string // of the last failed look at a server
}

func newOutage(log *slog.Logger) *outage { return &outage{log: log} }

// watch begins to tell the log.
func (o *outage) watch() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.watched = true
}

func (o *outage) monitor() *event.ServerMonitor {
	return &event.ServerMonitor{
		ServerHeartbeatFailed: func(e *event.ServerHeartbeatFailedEvent) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.why = reason(e.Failure)
		},
		TopologyDescriptionChanged: func(e *event.TopologyDescriptionChangedEvent) { o.changed(writable(e.NewDescription)) },
		TopologyClosed: func(*event.TopologyClosedEvent) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.watched = false
		},
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
