package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Store is what a store tells of itself, since it was opened or, where that is
// said, as it is now.
type Store struct {
	Groups   Histogram // units of work in each commit
	Commits  Histogram // seconds that each took
	Failures uint64    // groups that were not committed

	Queue, QueueMax int // units that wait now, and may; no bound where that is 0

	CacheHits, CacheStale, CacheMisses uint64

	Sweeps, Pruned uint64

	FeedReaders int           // now
	FeedLag     int64         // changes that the slowest has not been given
	FeedAge     time.Duration // how old the next of them is
}

// Histogram counts values: Counts has one more element than Bounds, the first
// for values up to the first bound, the last for those above all.
type Histogram struct {
	Bounds []float64
	Counts []uint64
	Sum    float64
}

// scrapeTimeout bounds how long a store may take to tell.
const scrapeTimeout = 5 * time.Second

// AddStore adds the metrics of a store, which is asked at each scrape. Where it
// fails, only FeedLag and FeedAge are not to be used. It is to be called once.
func (m *Metrics) AddStore(ask func(context.Context) (Store, error)) {
	name := func(n string) string { return prometheus.BuildFQName(namespace, "store", n) }
	desc := func(n, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name(n), help, labels, nil)
	}
	m.registry.MustRegister(&storeCollector{
		ask:      ask,
		groups:   desc("group_units", "Units of work in each commit."),
		commits:  desc("commit_duration_seconds", "Time from a group's beginning until it was kept for good."),
		failures: desc("group_failures_total", "Groups that were not committed."),
		queue:    desc("queue_units", "Units of work that wait for their group."),
		queueMax: desc("queue_units_max", "Units of work that may wait before callers do."),
		cache:    desc("cache_requests_total", "Times that a user's structure was in memory (hit), to be looked at again (stale), or not there (miss).", "result"),
		sweeps:   desc("sweeps_total", "Pieces of big deletions that were swept."),
		pruned:   desc("pruned_changes_total", "Changes that were older than the history."),
		readers:  desc("feed_readers", "Readers of the feed of changes."),
		lag:      desc("feed_lag_changes", "Changes that the slowest reader of the feed has not been given."),
		age:      desc("feed_lag_seconds", "Age of the oldest change that a reader of the feed is busy with."),
	})
}

type storeCollector struct {
	ask func(context.Context) (Store, error)

	groups, commits, failures, queue, queueMax, cache, sweeps, pruned, readers, lag, age *prometheus.Desc
}

// Describe names the metrics.
func (c *storeCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.groups, c.commits, c.failures, c.queue, c.queueMax, c.cache, c.sweeps, c.pruned, c.readers, c.lag, c.age} {
		to <- d
	}
}

// Collect asks the store.
func (c *storeCollector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	s, err := c.ask(ctx)
	to <- s.Groups.metric(c.groups)
	to <- s.Commits.metric(c.commits)
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	counter(c.failures, s.Failures)
	counter(c.cache, s.CacheHits, "hit")
	counter(c.cache, s.CacheStale, "stale")
	counter(c.cache, s.CacheMisses, "miss")
	counter(c.sweeps, s.Sweeps)
	counter(c.pruned, s.Pruned)
	gauge := func(d *prometheus.Desc, v float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	gauge(c.queue, float64(s.Queue))
	if s.QueueMax > 0 {
		gauge(c.queueMax, float64(s.QueueMax))
	}
	gauge(c.readers, float64(s.FeedReaders))
	if err != nil {
		to <- prometheus.NewInvalidMetric(c.lag, err)
		return
	}
	gauge(c.lag, float64(s.FeedLag))
	gauge(c.age, s.FeedAge.Seconds())
}

// metric gives the histogram as Prometheus counts: each bucket with all below.
func (h Histogram) metric(d *prometheus.Desc) prometheus.Metric {
	buckets := make(map[float64]uint64, len(h.Bounds))
	var all uint64
	for i, n := range h.Counts {
		all += n
		if i < len(h.Bounds) {
			buckets[h.Bounds[i]] = all
		}
	}
	return prometheus.MustNewConstHistogram(d, all, h.Sum, buckets)
}
