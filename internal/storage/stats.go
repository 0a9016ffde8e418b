package storage

import "time"

// Stats are what a store has done since it was opened, and how it is now.
type Stats struct {
	Groups   Histogram // units of work in each commit
	Commits  Histogram // seconds from a group's beginning until it was kept for good
	Failures uint64    // groups that were not committed

	Queue    int // units that wait for their turn now
	QueueMax int // that may wait before callers do; 0 for no bound

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
