package counts

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/activityd/activityd/internal/storage"
)

// Feeds are the readers of a store's feed.
type Feeds struct {
	mu  sync.Mutex
	all map[*FeedReader]struct{}
}

// FeedReader is where a reader of the feed is.
type FeedReader struct {
	feeds *Feeds
	last  atomic.Int64 // number of the change given last
	since atomic.Int64 // when the one at work was made, in Unix nanoseconds; 0 when it waits
}

// Enter gives the place of a reader who begins after the change of a number.
// Leave must end it.
func (f *Feeds) Enter(last int64) *FeedReader {
	r := &FeedReader{feeds: f}
	r.last.Store(last)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[*FeedReader]struct{}{}
	}
	f.all[r] = struct{}{}
	return r
}

// Leave ends the reader.
func (r *FeedReader) Leave() {
	r.feeds.mu.Lock()
	defer r.feeds.mu.Unlock()
	delete(r.feeds.all, r)
}

// Give notes that the reader is being given a change that was made at a time.
func (r *FeedReader) Give(made time.Time) { r.since.Store(made.UnixNano()) }

// Given notes that the reader has taken the change of that number.
func (r *FeedReader) Given(number int64) { r.last.Store(number) }

// Wait notes that there is nothing to give.
func (r *FeedReader) Wait() { r.since.Store(0) }

// Slowest gives how many readers there are, the age of the oldest change at
// work, and the least number that a reader was given last.
func (f *Feeds) Slowest(now time.Time) (st storage.FeedStats, last int64) {
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
