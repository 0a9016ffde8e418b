package mongo

import (
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

	Queue int // units that wait for their turn now

	// Structures that were in memory and trusted, in memory but to be looked
	// at again, and not in memory.
	CacheHits, CacheStale, CacheMisses uint64

	Sweeps uint64 // pieces of big deletions that were swept
	Pruned uint64 // changes that were older than the history
}

// Histogram counts values. Counts has one more element than Bounds, the first
// for values up to the first bound, the last for those above all.
type Histogram struct {
	Bounds []float64
	Counts []uint64
	Sum    float64
}

// Stats gives the numbers.
func (s *Store) Stats() Stats {
	st := Stats{
		Groups: s.counts.groups.read(), Commits: s.counts.commits.read(), Failures: s.counts.failures.Load(),
		Queue: s.queues.waiting(), Sweeps: s.counts.sweeps.Load(), Pruned: s.counts.pruned.Load(),
	}
	st.CacheHits, st.CacheStale, st.CacheMisses = s.cache.asked()
	return st
}

// counts are the numbers as they are gathered.
type counts struct {
	groups, commits          *histogram
	failures, sweeps, pruned atomic.Uint64
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
