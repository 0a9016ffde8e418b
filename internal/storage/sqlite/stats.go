package sqlite

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Stats are what the store has done since it was opened, and how it is now.
type Stats struct {
	Groups   Histogram // units of work in each commit
	Commits  Histogram // seconds from a group's beginning until it was on disk
	Failures uint64    // groups that were not committed

	Queue    int // units that wait for their group now
	QueueMax int // that may wait before callers do

	// Structures that were in memory and trusted, in memory but to be looked
	// at again, and not in memory.
	CacheHits, CacheStale, CacheMisses uint64

	Sweeps uint64 // pieces of big deletions that were swept
	Pruned uint64 // changes that were older than the history

	Feed FeedStats
}

// FeedStats tell how the readers of the feed keep up.
type FeedStats struct {
	Readers int

	// Lag is how many changes the slowest reader has not been given, and Age
	// how long ago the next of them was made. Zero when all have all.
	Lag int64
	Age time.Duration
}

// Histogram counts values. Counts has one more element than Bounds, the first
// for values up to the first bound, the last for those above all.
type Histogram struct {
	Bounds []float64
	Counts []uint64
	Sum    float64
}

// Stats gives the numbers. Where there are readers of the feed it asks the file
// for the newest change; if that fails, all but Feed is valid.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	st := Stats{
		Groups: s.counts.groups.read(), Commits: s.counts.commits.read(), Failures: s.counts.failures.Load(),
		Queue: len(s.writer.queue), QueueMax: cap(s.writer.queue),
		Sweeps: s.counts.sweeps.Load(), Pruned: s.counts.pruned.Load(),
	}
	st.CacheHits, st.CacheStale, st.CacheMisses = s.cache.asked()
	var err error
	st.Feed, err = s.feedStats(ctx)
	return st, err
}

func (s *Store) feedStats(ctx context.Context) (FeedStats, error) {
	// The readers first: what they have been given is never after the head.
	f, last := s.counts.feeds.slowest(s.options.Clock())
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

// counts are the numbers as they are gathered.
type counts struct {
	groups, commits          *histogram
	failures, sweeps, pruned atomic.Uint64
	feeds                    feeds
}

func newCounts() *counts {
	return &counts{
		groups:  newHistogram(1, 2, 4, 8, 16, 32, groupSize),
		commits: newHistogram(.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5),
	}
}

// group notes a group; failed ones have no time.
func (c *counts) group(units int, took time.Duration, err error) {
	if err != nil {
		c.failures.Add(1)
		return
	}
	c.groups.add(float64(units))
	c.commits.add(took.Seconds())
}

type histogram struct {
	mu sync.Mutex
	is Histogram
}

func newHistogram(bounds ...float64) *histogram {
	return &histogram{is: Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)}}
}

func (h *histogram) add(v float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i, _ := slices.BinarySearch(h.is.Bounds, v)
	h.is.Counts[i]++
	h.is.Sum += v
}

func (h *histogram) read() Histogram {
	h.mu.Lock()
	defer h.mu.Unlock()
	is := h.is
	is.Counts = slices.Clone(is.Counts)
	return is
}

// feeds are the readers of the feed.
type feeds struct {
	mu  sync.Mutex
	all map[*feedReader]struct{}
}

// feedReader is where a reader of the feed is.
type feedReader struct {
	last  atomic.Int64 // id of the change given last
	since atomic.Int64 // when the one at work was made, in Unix nanoseconds; 0 when it waits
}

func (f *feeds) add(r *feedReader) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[*feedReader]struct{}{}
	}
	f.all[r] = struct{}{}
}

func (f *feeds) remove(r *feedReader) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, r)
}

// slowest gives how many there are, the age of the oldest change at work, and
// the least id that a reader was given last.
func (f *feeds) slowest(now time.Time) (st FeedStats, last int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	first := true
	for r := range f.all {
		if at := r.last.Load(); first || at < last {
			last = at
		}
		first = false
		if since := r.since.Load(); since != 0 {
			st.Age = max(st.Age, now.Sub(time.Unix(0, since)))
		}
	}
	st.Readers = len(f.all)
	return st, last
}
