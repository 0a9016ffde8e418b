package mongo

import (
	"context"

	"github.com/activityd/activityd/internal/storage"
)

// Stats gives the numbers. It asks nobody and never fails.
func (s *Store) Stats(context.Context) (storage.Stats, error) {
	st := s.counts.Stats()
	st.Queue = s.queues.waiting()
	s.cache.Count(&st)
	st.Feed = s.feedStats()
	return st, nil
}

// feedStats takes the newest change that this process knows of for the newest. Of
// a reader who is further behind than the tail reaches, it gives the tail's length.
func (s *Store) feedStats() storage.FeedStats {
	f, last := s.counts.Feeds.Slowest(s.options.Clock())
	if f.Readers > 0 {
		f.Lag = s.tail.behind(last)
	}
	if f.Lag == 0 {
		f.Age = 0
	}
	return f
}
