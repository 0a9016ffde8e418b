package realtime

import (
	"sync/atomic"
	"time"

	"github.com/activityd/activityd/internal/realtime/socketio"
)

// Stats tells of the sockets, since the start or, where that is said, as it is
// now.
type Stats struct {
	Connected     map[string]int64  // now, by generation of the client: a closed set
	Connections   int               // now; several sockets may share one
	Refused       uint64            // clients that were not let in
	Notifications map[string]uint64 // sent, by their name
	Delays        Histogram         // seconds from a change's commit until its sockets were told
}

// Histogram counts values: Counts has one more element than Bounds, the first
// for values up to the first bound, the last for those above all.
type Histogram struct {
	Bounds []float64
	Counts []uint64
	Sum    float64
}

// generations are the clients of each protocol, in the order of protocolIndex.
func generations() [4]string { return [...]string{"0.9", "1.0", "1-2", "3-4"} }

func generation(p socketio.Protocol) string { return generations()[protocolIndex(p)] }

func protocolIndex(p socketio.Protocol) int {
	switch p {
	case socketio.Protocol1:
		return 0
	case socketio.Protocol3:
		return 1
	case socketio.Protocol4:
		return 2
	case socketio.Protocol5:
	}
	return 3
}

// counts are what Stats tells.
type counts struct {
	sockets  [4]atomic.Int64
	refused  atomic.Uint64
	notified [events]atomic.Uint64
	delays   [len(delayBounds) + 1]atomic.Uint64
	delayed  atomic.Int64 // nanoseconds
}

func (c *counts) connected(p socketio.Protocol, n int64) { c.sockets[protocolIndex(p)].Add(n) }

// delayBounds are in microseconds.
var delayBounds = [...]int64{250, 500, 1000, 2000, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000} //nolint:gochecknoglobals // never changed

func (c *counts) delay(d time.Duration) {
	d = max(d, 0) // the time of a change may run ahead of the clock
	at := 0
	for at < len(delayBounds) && d.Microseconds() > delayBounds[at] {
		at++
	}
	c.delays[at].Add(1)
	c.delayed.Add(int64(d))
}

// Stats gives the numbers. They are not of one moment.
func (s *Server) Stats() Stats {
	v := Stats{
		Connected: map[string]int64{}, Connections: s.modern.Len() + s.old.Len(),
		Refused: s.counts.refused.Load(), Notifications: map[string]uint64{},
		Delays: Histogram{Sum: time.Duration(s.counts.delayed.Load()).Seconds()},
	}
	for i, name := range generations() {
		v.Connected[name] = s.counts.sockets[i].Load()
	}
	for e := range events {
		v.Notifications[e.String()] = s.counts.notified[e].Load()
	}
	for _, bound := range delayBounds {
		v.Delays.Bounds = append(v.Delays.Bounds, (time.Duration(bound) * time.Microsecond).Seconds())
	}
	for i := range s.counts.delays {
		v.Delays.Counts = append(v.Delays.Counts, s.counts.delays[i].Load())
	}
	return v
}
