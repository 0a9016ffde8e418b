//go:build linux

package main

import (
	"context"
	"sync"
	"time"
)

// watch measures the time from the beginning of each request to each
// notification of it. Between two requests of one user there must be time for
// the notifications of the first.
type watch struct {
	mu    sync.Mutex
	begun []time.Time // by user
	times spans
}

// spans are how long requests took, and how long the notifications of them.
type spans struct{ answers, notifications []time.Duration }

func newWatch(users int) *watch { return &watch{begun: make([]time.Time, users)} }

func (w *watch) request(user int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun[user] = time.Now()
}

func (w *watch) notified(user int) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.begun[user].IsZero() {
		w.times.notifications = append(w.times.notifications, now.Sub(w.begun[user]))
	}
}

func (w *watch) answered(took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.times.answers = append(w.times.answers, took)
}

// take gives the times so far and begins anew.
func (w *watch) take() spans {
	w.mu.Lock()
	defer w.mu.Unlock()
	times := w.times
	w.times = spans{}
	return times
}

const (
	warming   = 2 * time.Second
	measuring = 10 * time.Second
)

// steadily writes and gives the times after the beginning.
func (h *house) steadily(ctx context.Context, w *watch, rate, connections int, next func(int) int) (spans, error) {
	warmed := time.AfterFunc(warming, func() { w.take() })
	defer warmed.Stop()
	err := (&writers{
		house: h, rate: rate, count: connections, next: next, begun: w.request, done: w.answered,
		until: time.After(warming + measuring),
	}).run(ctx)
	time.Sleep(time.Second) // the last ones are under way
	return w.take(), err
}

// latency measures one user's writes, as few that none meets another.
func (b *bench) latency(ctx context.Context, h *house) error {
	w := newWatch(1)
	if _, err := h.sockets(1, w.notified); err != nil {
		return err
	}
	times, err := h.steadily(ctx, w, 100, 4, func(int) int { return 0 })
	if err != nil {
		return err
	}
	b.addTimes("REST create to its answer, 100 writes/s", times.answers, nil)
	b.addTimes("REST create to notification, 100 writes/s", times.notifications, map[float64]string{50: "<= 0.6", 99: "<= 2"})
	return nil
}

// load measures many users' writes, each told to two sockets.
func (b *bench) load(ctx context.Context, h *house) error {
	const rate = 2_000
	w := newWatch(len(h.users))
	if _, err := h.sockets(2*len(h.users), w.notified); err != nil {
		return err
	}
	before, err := h.CPU()
	if err != nil {
		return err
	}
	times, err := h.steadily(ctx, w, rate, 64, func(n int) int { return n % len(h.users) })
	if err != nil {
		return err
	}
	after, err := h.CPU()
	if err != nil {
		return err
	}
	b.addTimes("REST create to notification, 2,000 writes/s, 5,000 sockets", times.notifications, map[float64]string{99: "<= 10"})
	b.add("notifications that came", 100*float64(len(times.notifications))/(2*rate*measuring.Seconds()), "%", "100")
	b.add("CPU of that per write with two notifications", float64(after-before)/float64(time.Microsecond)/(rate*(warming+measuring).Seconds()), "us", "")
	return nil
}
