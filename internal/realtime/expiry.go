package realtime

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"github.com/activityd/activityd/internal/activity"
)

// ending is when a session's credential ends by itself.
type ending struct {
	at    activity.Timestamp
	place int32 // in the heap, from 1; 0 for none
	gone  bool  // the session has ended
}

// expiries are the sessions whose credentials end by themselves, the next to
// end first. One goroutine and one timer serve all of them.
type expiries struct {
	clock func() time.Time
	wake  chan struct{}

	mu       sync.Mutex
	sessions endingHeap
}

func (e *expiries) init(clock func() time.Time) {
	e.clock, e.wake = clock, make(chan struct{}, 1)
}

// set notes when a session's credential ends; nil for never.
func (e *expiries) set(s *session, at *activity.Timestamp) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case s.ending.gone:
		return
	case at == nil:
		e.drop(s)
		return
	case s.ending.place == 0:
		s.ending.at = *at
		heap.Push(&e.sessions, s)
	case s.ending.at != *at:
		s.ending.at = *at
		heap.Fix(&e.sessions, int(s.ending.place)-1)
	}
	if s.ending.place == 1 {
		select {
		case e.wake <- struct{}{}:
		default:
		}
	}
}

// remove forgets a session for good.
func (e *expiries) remove(s *session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.ending.gone = true
	e.drop(s)
}

func (e *expiries) drop(s *session) {
	if s.ending.place > 0 {
		heap.Remove(&e.sessions, int(s.ending.place)-1)
	}
}

// The clock is looked at this often at most and at least.
const (
	shortestWait = 20 * time.Millisecond
	longestWait  = time.Hour
)

// run tells of each session whose time has come, until ctx ends.
func (e *expiries) run(ctx context.Context, tell func(context.Context, *session)) {
	timer := time.NewTimer(longestWait)
	defer timer.Stop()
	for {
		due, wait := e.due()
		for _, s := range due {
			tell(ctx, s)
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-e.wake:
		case <-ctx.Done():
			return
		}
	}
}

// due takes out the sessions whose time has come, and gives how long it is to
// the next.
func (e *expiries) due() (due []*session, wait time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := activity.TimestampOf(e.clock())
	for len(e.sessions) > 0 {
		if left := e.sessions[0].ending.at - now; left > 0 {
			return due, max(shortestWait, time.Duration(min(float64(left), longestWait.Seconds())*float64(time.Second)))
		}
		due = append(due, heap.Pop(&e.sessions).(*session))
	}
	return due, longestWait
}

// endingHeap implements heap.Interface.
type endingHeap []*session

func (h endingHeap) Len() int           { return len(h) }
func (h endingHeap) Less(i, j int) bool { return h[i].ending.at < h[j].ending.at }

func (h endingHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].ending.place, h[j].ending.place = int32(i)+1, int32(j)+1
}

// Push implements heap.Interface.
func (h *endingHeap) Push(v any) {
	s := v.(*session)
	*h = append(*h, s)
	s.ending.place = int32(len(*h))
}

// Pop implements heap.Interface.
func (h *endingHeap) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	s.ending.place = 0
	return s
}
