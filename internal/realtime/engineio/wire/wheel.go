package wire

import (
	"sync"
	"time"
)

// Timed is something with a next moment at which it wants to be looked at.
type Timed interface {
	// Due is called when the moment has come, or somewhat before or after, with
	// the wheel's time. It returns the next moment, or 0 for none.
	Due(now time.Duration) time.Duration
}

// Entry is a place on a wheel, to be embedded in what is timed.
type Entry struct {
	next, prev *Entry
	timed      Timed
	removed    bool
}

// Wheel calls many timed things with one goroutine and one timer, to the
// precision of a slot. The goroutine exists while there are entries.
type Wheel struct {
	start time.Time
	slot  time.Duration

	mu      sync.Mutex
	heads   []Entry
	done    int64         // the last slot that was worked on, counted from start
	ticked  time.Duration // the last tick
	held    time.Duration // no work before it
	count   int
	turning bool
	quit    chan struct{}
	work    sync.WaitGroup
}

// NewWheel returns a wheel for moments up to horizon ahead; later ones are
// looked at in between, which does no harm.
func NewWheel(slot, horizon time.Duration) *Wheel {
	w := &Wheel{start: time.Now(), slot: slot, quit: make(chan struct{}), heads: make([]Entry, max(8, int(horizon/slot)+2))}
	for i := range w.heads {
		h := &w.heads[i]
		h.next, h.prev = h, h
	}
	return w
}

// Now returns the wheel's time, which begins at 0 and never goes back.
func (w *Wheel) Now() time.Duration { return time.Since(w.start) }

// Add puts an entry on the wheel, to be looked at once at has come.
func (w *Wheel) Add(e *Entry, t Timed, at time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e.timed = t
	w.count++
	w.link(e, at)
	if !w.turning {
		w.turning = true
		now := w.Now()
		w.done, w.ticked, w.held = int64(now/w.slot), now, 0
		w.work.Add(1)
		go w.turn()
	}
}

// Remove takes an entry off for good. Due may still be running when it returns.
func (w *Wheel) Remove(e *Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.timed == nil || e.removed {
		return
	}
	e.removed = true
	w.count--
	e.unlink()
}

// Sooner moves an entry forward to at, if it is not being worked on.
func (w *Wheel) Sooner(e *Entry, at time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.removed || e.next == nil {
		return
	}
	e.unlink()
	w.link(e, at)
}

// Stop stops the wheel for good, and returns when it stands. Nothing may be
// added afterwards.
func (w *Wheel) Stop() {
	close(w.quit)
	w.work.Wait()
}

// link puts an entry into the first slot that begins after at.
func (w *Wheel) link(e *Entry, at time.Duration) {
	n := int64(at/w.slot) + 1
	n = min(max(n, w.done+1), w.done+int64(len(w.heads))-1)
	h := &w.heads[n%int64(len(w.heads))]
	e.next, e.prev = h, h.prev
	h.prev.next, h.prev = e, e
}

func (e *Entry) unlink() {
	if e.next == nil {
		return
	}
	e.prev.next, e.next.prev = e.next, e.prev
	e.next, e.prev = nil, nil
}

func (w *Wheel) turn() {
	defer w.work.Done()
	ticker := time.NewTicker(w.slot)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if !w.tick() {
				return
			}
		case <-w.quit:
			return
		}
	}
}

// tick works on the slots that have begun, and reports whether any entry is left.
func (w *Wheel) tick() bool {
	now := w.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stoodStill(now) {
		return true
	}
	for w.done < int64(now/w.slot) {
		w.done++
		w.look(&w.heads[w.done%int64(len(w.heads))], now)
	}
	if w.count == 0 {
		w.turning = false
	}
	return w.turning
}

// patience is how many slots the wheel waits at most after it stood still.
const patience = 5

// stoodStill reports whether the wheel, and so probably the program or its whole
// machine, has just stood still. What the peers did in the meantime then comes
// first, before any of them is found to be late. The lock is held.
func (w *Wheel) stoodStill(now time.Duration) bool {
	gap := now - w.ticked
	w.ticked = now
	switch {
	case w.held > 0: // at most once in a row
		if now < w.held {
			return true
		}
		w.held = 0
	case gap >= 3*w.slot:
		w.held = now + min(gap, patience*w.slot)
		return true
	}
	return false
}

// look calls the entries of one slot, without the lock, which is held before
// and after.
func (w *Wheel) look(head *Entry, now time.Duration) {
	// The entries are moved aside first: what comes back to this slot is for a
	// later turn.
	aside := Entry{}
	aside.next, aside.prev = &aside, &aside
	if head.next != head {
		aside.next, aside.prev = head.next, head.prev
		aside.next.prev, aside.prev.next = &aside, &aside
		head.next, head.prev = head, head
	}
	for aside.next != &aside {
		e := aside.next
		e.unlink()
		w.mu.Unlock()
		at := e.timed.Due(now)
		w.mu.Lock()
		if e.removed {
			continue
		}
		if at == 0 {
			e.removed = true
			w.count--
			continue
		}
		w.link(e, at)
	}
}
