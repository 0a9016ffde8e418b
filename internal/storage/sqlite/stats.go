package sqlite

import (
	"context"

	"github.com/activityd/activityd/internal/storage"
)

// Stats gives the numbers. Where there are readers of the feed it asks the file
// for the newest change; if that fails, all but Feed is valid.
func (s *Store) Stats(ctx context.Context) (storage.Stats, error) {
	st := s.counts.Stats()
	st.Queue, st.QueueMax = len(s.writer.queue), cap(s.writer.queue)
	s.cache.Count(&st)
	var err error
	st.Feed, err = s.feedStats(ctx)
	return st, err
}

func (s *Store) feedStats(ctx context.Context) (storage.FeedStats, error) {
	// The readers first: what they have been given is never after the head.
	f, last := s.counts.Feeds.Slowest(s.options.Clock())
	if f.Readers == 0 {
		return f, nil
	}
	err := s.read(ctx, "find the newest change", func(c *conn) error {
		head, err := feedHead(c)
		f.Lag = max(0, head-last)
		return err
	})
	if f.Lag == 0 {
		f.Age = 0
	}
	return f, err
}
