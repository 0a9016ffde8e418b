//go:build linux

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/activityd/activityd/bench/report"
	"github.com/activityd/activityd/bench/swarm"
)

// Half of the writes are for the user of the socket that stalls, so that its
// buffers are full within seconds.
const (
	stalledRate   = 500
	stalledRounds = 3
)

// stalled measures what one socket that does not read does to 999 others: the
// same load with it and without, in turns.
func (b *bench) stalled(ctx context.Context, h *house) error {
	w := newWatch(len(h.users))
	others := func(user int) {
		if user != 0 {
			w.notified(user)
		}
	}
	if _, err := h.sockets(2*len(h.users)-1, others); err != nil {
		return err
	}
	var times [2][]time.Duration
	for range stalledRounds {
		for stalls := range times {
			one, err := h.swarm.Open(1, 1, func(int) swarm.Target {
				t := h.target(0)
				t.Receive = 4 << 10
				return t
			})
			if err != nil {
				return err
			}
			if stalls == 1 {
				h.swarm.Do(one[0].Stall)
			}
			some, err := h.steadily(ctx, w, stalledRate, 32, func(n int) int { return n % 2 * (1 + n/2%(len(h.users)-1)) })
			if err != nil {
				return err
			}
			h.swarm.Do(one[0].Cut)
			times[stalls] = append(times[stalls], some.notifications...)
		}
	}
	for stalls, name := range []string{"all read", "one of 1,000 stalls"} {
		b.addTimes(fmt.Sprintf("REST create to notification, 500 writes/s, %s", name), times[stalls], nil)
	}
	p := [2]time.Duration{report.Percentiles(times[0], 99)[0], report.Percentiles(times[1], 99)[0]}
	b.add("change of the p99 by it", 100*(float64(p[1])/float64(p[0])-1), "%", "< 10")
	return nil
}
