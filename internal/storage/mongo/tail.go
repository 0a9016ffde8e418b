package mongo

import (
	"context"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// tailSize is how many changes the tail holds.
const tailSize = 4096

// tail holds the newest changes as the store's own stream has told them, so
// that readers of the feed who keep up need no stream of their own.
type tail struct {
	mu    sync.Mutex
	from  bson.Timestamp // whole from there on, but for what fell out
	first uint64         // number of the first entry
	ring  []entry
	place map[string]uint64 // numbers by token
	news  chan struct{}     // closed when something comes
}

// entry is a change with the place after it.
type entry struct {
	record
	number  uint64 // in the tail; 0 for one that a reader has of a stream of its own
	at      place
	cluster bson.Timestamp // when it was committed
}

func newTail() *tail {
	return &tail{first: 1, place: map[string]uint64{}, news: make(chan struct{})}
}

// begin begins anew: whole from that time on. Numbers never come again.
func (t *tail) begin(from bson.Timestamp) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.first += uint64(len(t.ring)) + 1
	t.from, t.ring = from, nil
	clear(t.place)
	t.tell()
}

func (t *tail) tell() {
	close(t.news)
	t.news = make(chan struct{})
}

// add adds the change that the stream told next.
func (t *tail) add(e entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.ring) == tailSize {
		half := t.ring[:tailSize/2]
		t.from = half[len(half)-1].cluster
		for _, old := range half {
			delete(t.place, old.at.token)
		}
		t.ring = append(make([]entry, 0, tailSize), t.ring[len(half):]...)
		t.first += uint64(len(half))
	}
	e.number = t.first + uint64(len(t.ring))
	t.place[e.at.token] = e.number
	t.ring = append(t.ring, e)
	t.tell()
}

// behind gives how many entries come after that of a number, of those that are
// held.
func (t *tail) behind(number int64) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int64(len(t.ring)) - max(0, number-int64(t.first)+1)
}

// find gives the number of the first entry behind a place, where the tail is
// whole from there on.
func (t *tail) find(p place) (next uint64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p.token != "" {
		n, ok := t.place[p.token]
		return n + 1, ok
	}
	if t.from.IsZero() || p.after.Before(t.from) {
		return 0, false
	}
	for i, e := range t.ring {
		if e.cluster.After(p.after) {
			return t.first + uint64(i), true
		}
	}
	return t.first + uint64(len(t.ring)), true
}

// take gives the entries from a number on; where there are none yet, what is
// closed when there are. ok is false where they fell out.
func (t *tail) take(next uint64) (entries []entry, news <-chan struct{}, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if next < t.first || next > t.first+uint64(len(t.ring)) {
		return nil, nil, false
	}
	return t.ring[next-t.first:], t.news, true
}

// follow calls told for each entry from a number on until the tail lost it or
// ctx has ended, which is no error.
func (t *tail) follow(ctx context.Context, next uint64, told func(entry) error) error {
	for {
		entries, news, ok := t.take(next)
		if !ok {
			return nil
		}
		for _, e := range entries {
			if err := told(e); err != nil {
				return err
			}
			next++
		}
		if len(entries) > 0 {
			continue
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil
		}
	}
}
