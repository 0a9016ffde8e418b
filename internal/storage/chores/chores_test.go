package chores_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/activityd/activityd/internal/storage/chores"
)

// diary notes what a janitor does.
type diary struct {
	mu    sync.Mutex // guards done: time alone orders nothing
	done  []string
	log   bytes.Buffer
	fails error
	sweep atomic.Pointer[func(context.Context, func())]
}

func (d *diary) sweepWith(fn func(ctx context.Context, rest func())) { d.sweep.Store(&fn) }

func (d *diary) chores() chores.Chores {
	note := func(what string) func(context.Context) error {
		return func(context.Context) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.done = append(d.done, what)
			return d.fails
		}
	}
	return chores.Chores{
		Sweep: func(ctx context.Context, rest func()) error {
			if fn := d.sweep.Swap(nil); fn != nil {
				(*fn)(ctx, rest)
			}
			return note("sweep")(ctx)
		},
		Flush: note("flush"), Prune: note("prune"), Log: slog.New(slog.NewTextHandler(&d.log, nil)),
	}
}

// expect compares what was done since the last time.
func (d *diary) expect(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.done, want) {
		t.Errorf("done %v, want %v", d.done, want)
	}
	d.done = nil
}

func start(d *diary) *chores.Janitor {
	j := chores.New()
	j.Start(d.chores())
	return j
}

func TestChores(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		j := start(d)
		defer j.Close()
		d.expect(t, "prune", "sweep")
		j.Poke()
		d.expect(t, "sweep")
		<-time.After(chores.Every - time.Second)
		d.expect(t)
		<-time.After(time.Second)
		d.expect(t, "flush", "prune", "sweep")
	})
}

func TestPokedBeforeTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		j := chores.New()
		j.Poke()
		j.Poke()
		j.Start(d.chores())
		defer j.Close()
		d.expect(t, "prune", "sweep")
	})
}

// What fails is logged, keeps nothing else from being done, and is tried again.
func TestFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &diary{fails: errors.New("no room")}
		j := start(d)
		defer j.Close()
		<-time.After(chores.Every)
		d.expect(t, "prune", "sweep", "flush", "prune", "sweep")
		if n := strings.Count(d.log.String(), `error="no room"`); n != 5 {
			t.Errorf("%d failures are in the log:\n%s", n, &d.log)
		}
	})
}

// Between the pieces of a long sweep the rest is done where it is due, and what
// is poked meanwhile is swept afterwards.
func TestLongSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		j := start(d)
		defer j.Close()
		d.expect(t, "prune", "sweep")
		d.sweepWith(func(_ context.Context, rest func()) {
			rest()
			j.Poke()
			<-time.After(chores.Every)
			rest()
			rest()
		})
		j.Poke()
		<-time.After(chores.Every + time.Second)
		d.expect(t, "flush", "prune", "sweep", "sweep")
	})
}

// Close ends a sweep, waits for it, and logs nothing.
func TestClosedDuringASweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		d.sweepWith(func(ctx context.Context, _ func()) {
			<-ctx.Done()
			d.fails = ctx.Err()
		})
		j := start(d)
		synctest.Wait()
		j.Close()
		d.expect(t, "prune", "sweep")
		if d.log.Len() > 0 {
			t.Errorf("logged: %s", &d.log)
		}
	})
}
