package failover_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// patience is how long anything may take before it counts as never.
const patience = 2 * time.Minute

// TestFailover kills servers, and has the primary step down and parted from the
// others, under 32 writers, 8 sockets and 4 readers of /changes. Then
//
//   - every acknowledged write is there as it was acknowledged, and once: each
//     event has one creation in a log without gaps, and no more changes than
//     were sent;
//   - after each fault, when the writers rest, every socket that lives was told
//     of the last change of each topic that it may see, unless it connected
//     after that change; one that wants items was told every single change;
//   - every reader's view, made from /changes, is what its access lists.
//
// How long writers and followers were without success is measured and told, and
// fails only where it is forever. Beside it stands how long MongoDB itself took.
func TestFailover(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	h := open(t, seed)
	faults := slices.Concat(h.killServer().Times(kills), mongotest.StepDown().Times(stepDowns),
		mongotest.IsolatePrimary(mongotest.Stall).Times(isolations), mongotest.IsolatePrimary(mongotest.Cut).Times(cutIsolations),
		mongotest.PartPrimaryFromMembers(mongotest.Stall).Times(falsePrimaries))
	mongotest.Shuffle(t, seed, faults)

	ctx, stop := context.WithCancel(context.Background())
	var writing, following sync.WaitGroup
	defer func() { stop(); writing.Wait(); following.Wait() }()
	for _, f := range h.followers() {
		following.Go(func() { f.follow(ctx, t) })
	}
	following.Go(func() { h.bare.run(ctx) })
	writers, end := context.WithCancel(ctx)
	defer end()
	for _, w := range h.writers {
		writing.Go(func() { w.run(writers, t) })
	}
	for _, fault := range faults {
		h.inflict(t, fault)
		if t.Failed() {
			return
		}
	}
	end()
	writing.Wait()
	h.settle(t)
	stop()
	following.Wait()
	h.tell(t)
	h.judge(t)
	for _, p := range h.places {
		if err := p.server.Stop(); err != nil {
			t.Errorf("a server did not shut down: %v", err)
		}
	}
}

// inflict lets a fault happen under load, and waits until everybody got over it:
// while it lasts, and when it is put right.
func (h *house) inflict(t *testing.T, fault mongotest.Fault) {
	t.Helper()
	h.set.Settle(t)
	h.await(t, "all write before: "+fault.Name, h.laps.Wait)
	began := h.begin()
	heal := fault.Inflict(t, h.set)
	h.recovered(t, fault.Name, began)
	if heal != nil && !t.Failed() {
		began = h.begin()
		heal(t)
		h.recovered(t, fault.Name+", put right", began)
		h.set.Settle(t)
	}
	if !t.Failed() {
		h.settle(t)
	}
}

// begin begins to measure.
func (h *house) begin() time.Time {
	for _, w := range h.writers {
		w.slowest.Store(0)
	}
	h.bare.begin()
	return time.Now()
}

// recovered waits until every writer has written something anew, then until
// every follower was told of a change that is later than all that.
func (h *house) recovered(t *testing.T, what string, began time.Time) {
	t.Helper()
	one := measure{what: what}
	h.await(t, "all write again: "+what, h.laps.Wait)
	one.writing = time.Since(began)
	h.await(t, "a majority takes writes again: "+what, func(ctx context.Context) error {
		ended, err := h.bare.end(ctx, time.Now())
		one.bare = ended.Sub(began)
		return err
	})
	for _, u := range h.users {
		u.goal = u.head(t, h)
	}
	for _, f := range h.followers() {
		h.await(t, "all are told again: "+what, func(ctx context.Context) error {
			return until(ctx, func() string { return f.behind() })
		})
	}
	one.told = time.Since(began)
	for _, w := range h.writers {
		one.slowest = max(one.slowest, time.Duration(w.slowest.Load()))
	}
	t.Log(one)
	h.measures = append(h.measures, one)
}

// await fails the test where something does not come to its end.
func (h *house) await(t *testing.T, what string, wait func(context.Context) error) {
	t.Helper()
	if t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := wait(ctx); err != nil {
		t.Errorf("%s: it did not come to that: %v", what, err)
	}
}
