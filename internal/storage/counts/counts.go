// Package counts gathers what every store tells of itself in storage.Stats. It
// imports storage only.
package counts

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/activityd/activityd/internal/storage"
)

// Counts are a store's numbers. They may be changed and read at the same time.
type Counts struct {
	Sweeps, Pruned atomic.Uint64
	Feeds          Feeds

	groups, commits histogram
	failures        atomic.Uint64
}

// New gives counts for a store whose groups have at most groupSize units.
func New(groupSize float64) *Counts {
	return &Counts{
		groups:  newHistogram(1, 2, 4, 8, 16, 32, groupSize),
		commits: newHistogram(.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5),
	}
}

// Group notes a group that was committed or failed; failed ones have no time.
func (c *Counts) Group(units int, took time.Duration, err error) {
	if err != nil {
		c.failures.Add(1)
		return
	}
	c.groups.add(float64(units))
	c.commits.add(took.Seconds())
}

// Stats gives what is counted here; the rest is zero,
// the feed's numbers among it.
func (c *Counts) Stats() storage.Stats {
	return storage.Stats{
		Groups: c.groups.read(), Commits: c.commits.read(), Failures: c.failures.Load(),
		Sweeps: c.Sweeps.Load(), Pruned: c.Pruned.Load(),
	}
}

type histogram struct {
	mu sync.Mutex
	is storage.Histogram
}

func newHistogram(bounds ...float64) histogram {
	return histogram{is: storage.Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)}}
}

func (h *histogram) add(v float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i, _ := slices.BinarySearch(h.is.Bounds, v)
	h.is.Counts[i]++
	h.is.Sum += v
}

func (h *histogram) read() storage.Histogram {
	h.mu.Lock()
	defer h.mu.Unlock()
	is := h.is
	is.Counts = slices.Clone(is.Counts)
	return is
}
