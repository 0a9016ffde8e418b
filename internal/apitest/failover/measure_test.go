package failover_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

// measure is how long a fault was felt.
type measure struct {
	what    string
	bare    time.Duration // until a majority took a write by the driver alone
	writing time.Duration // until every writer had begun and completed a write
	told    time.Duration // until every follower was told of a later one
	slowest time.Duration // write, from the first try to its acknowledgement
}

// String gives one line.
func (m measure) String() string {
	round := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	return fmt.Sprintf("%s: MongoDB takes writes after %v, all write after %v, all are told after %v, the slowest write took %v", m.what, round(m.bare), round(m.writing), round(m.told), round(m.slowest))
}

// tell tells the figures by the kind of the fault.
func (h *house) tell(t *testing.T) {
	t.Helper()
	by := map[string][]measure{}
	var names []string
	for _, m := range h.measures {
		if by[m.what] == nil {
			names = append(names, m.what)
		}
		by[m.what] = append(by[m.what], m)
	}
	slices.Sort(names)
	pick := func(all []measure, of func(measure) time.Duration) (middle, most float64) {
		list := make([]float64, len(all))
		for i, m := range all {
			list[i] = of(m).Seconds()
		}
		slices.Sort(list)
		return list[len(list)/2], list[len(list)-1]
	}
	t.Log("seconds, median and most: | fault | times | MongoDB takes writes | all write again | all are told | slowest write |")
	for _, name := range names {
		b, bb := pick(by[name], func(m measure) time.Duration { return m.bare })
		w, ww := pick(by[name], func(m measure) time.Duration { return m.writing })
		f, ff := pick(by[name], func(m measure) time.Duration { return m.told })
		s, ss := pick(by[name], func(m measure) time.Duration { return m.slowest })
		t.Logf("| %s | %d | %.2f, %.2f | %.2f, %.2f | %.2f, %.2f | %.2f, %.2f |", name, len(by[name]), b, bb, w, ww, f, ff, s, ss)
	}
	acknowledged, again := 0, 0
	for _, w := range h.writers {
		acknowledged, again = acknowledged+w.acknowledged, again+w.again
	}
	dials, notices, pages := 0, 0, 0
	for _, l := range h.listeners {
		dials += len(l.conns)
		for _, k := range l.conns {
			notices += len(k.told)
		}
	}
	for _, r := range h.readers {
		pages += r.pages
	}
	t.Logf("%d writes acknowledged, %d tried again; %d sockets, %d notifications; %d pages of changes", acknowledged, again, dials, notices, pages)
}

// until looks again and again until nothing is left to wait for.
func until(ctx context.Context, left func() string) error {
	for {
		missing := left()
		if missing == "" {
			return nil
		}
		if !pause(ctx, 5*time.Millisecond) {
			return fmt.Errorf("%s: %w", missing, context.Cause(ctx))
		}
	}
}

// pause waits before something is tried again, and reports whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
