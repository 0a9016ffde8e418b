package mongo

import (
	"context"
	"time"
)

// flushEvery is how often uses of accesses are stored and old history pruned.
const flushEvery = time.Minute

// janitor is the goroutine that sweeps, prunes and flushes, in small pieces, so
// that nobody waits for it. Every server has one: what two do at once is done
// once.
type janitor struct {
	wake chan struct{}
	stop chan struct{}
	done chan struct{}

	pruned string // the user whose history was pruned last; of its goroutine
}

func newJanitor() *janitor {
	return &janitor{wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

// poke says that there is something to sweep.
func (j *janitor) poke() {
	select {
	case j.wake <- struct{}{}:
	default: // it knows
	}
}

// close ends the goroutine; what it was sweeping goes on at the next start.
func (j *janitor) close() {
	close(j.stop)
	<-j.done
}

func (s *Store) sweep() {
	defer close(s.janitor.done)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-s.janitor.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	flush := time.NewTicker(flushEvery)
	defer flush.Stop()
	s.note(ctx, "prune", s.prune(ctx))
	s.janitor.poke() // what the last process left
	for {
		select {
		case <-s.janitor.stop:
			return
		case <-s.janitor.wake:
			s.note(ctx, "sweep", s.sweepAll(ctx, flush.C))
		case <-flush.C:
			s.keepHouse(ctx)
			s.janitor.poke() // again what failed
		}
	}
}

func (s *Store) keepHouse(ctx context.Context) {
	s.note(ctx, "store the uses of accesses", s.flushTouches(ctx))
	s.note(ctx, "prune", s.prune(ctx))
}

// note logs what failed; it is tried again within a minute.
func (s *Store) note(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		s.options.Logger.Warn("the store could not "+what, "error", err)
	}
}
