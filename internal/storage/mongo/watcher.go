package mongo

import (
	"context"
	"time"
)

// watcher follows the changes for the cache and the tail.
type watcher struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func newWatcher(s *Store, from place) *watcher {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watcher{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		s.watch(ctx, from)
	}()
	return w
}

func (w *watcher) close() {
	w.cancel()
	<-w.done
}

func (s *Store) watch(ctx context.Context, from place) {
	s.tail.begin(from.after)
	for try := 0; ctx.Err() == nil; try++ {
		began := time.Now()
		err := s.follow(ctx, &from, s.heard, func(asked time.Time) {
			if asked.Sub(began) > steadyTime {
				try = 0
			}
			if !s.sharded { // there a quiet stream proves nothing: it waits for each shard
				s.cache.Current(asked)
			}
		})
		if ctx.Err() != nil {
			return
		}
		// What was missed is not known: all may be old.
		s.cache.Forget()
		if try == 0 { // once while it lasts
			s.options.Logger.Warn("the store missed changes of other servers, and begins anew", "error", err)
		}
		if at, err := s.headPlace(ctx); err == nil {
			from = at
			s.cache.Forget() // also what was loaded before
			s.tail.begin(from.after)
		}
		_ = pause(ctx, try+3)
	}
}

func (s *Store) heard(e entry) error {
	own := s.units.own(e.unit)
	s.cache.outdate(&e.Change, e.revision, own)
	if !own {
		s.turns.heard(e.unit, e.User)
	}
	s.tail.add(e)
	return nil
}
