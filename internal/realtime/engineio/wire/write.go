package wire

import (
	"bytes"
	"sync"
	"time"
)

// writers are the goroutines that empty outboxes: at most as many as there are
// processors, and none where nothing is to be written.
type writers struct {
	most int

	mu          sync.Mutex
	first, last *Outbox
	active      int
}

// line puts an outbox, which is marked as writing, at the end of the line.
func (w *writers) line(o *Outbox) {
	w.mu.Lock()
	if w.last == nil {
		w.first = o
	} else {
		w.last.next = o
	}
	w.last = o
	more := w.active < w.most
	if more {
		w.active++
		o.env.work.Add(1) // o counts, so Wait still waits
	}
	w.mu.Unlock()
	if more {
		go w.serve(o.env)
	}
}

func (w *writers) serve(e *Env) {
	defer e.work.Done()
	for {
		w.mu.Lock()
		o := w.first
		if o == nil {
			w.active--
			w.mu.Unlock()
			return
		}
		if w.first = o.next; w.first == nil {
			w.last = nil
		}
		o.next = nil
		w.mu.Unlock()
		o.turn()
	}
}

// turn writes what is pending without waiting. What there is no room for is left
// to a goroutine of its own, and what comes all the time to a later turn.
func (o *Outbox) turn() {
	const rounds = 4
	for range rounds {
		b := o.begin()
		if b == nil {
			o.env.work.Done()
			return
		}
		left, err := o.conn.flush(b.frames, false)
		switch {
		case err != nil:
			o.broke(err)
			return
		case left != nil:
			go o.persist(left)
			return
		}
		o.env.recycle(b)
	}
	o.env.writers.line(o)
}

// persist writes left, and whatever comes, until nothing is pending.
func (o *Outbox) persist(left [][]byte) {
	for b := (&batch{frames: left}); b != nil; b = o.begin() {
		if _, err := o.conn.flush(b.frames, true); err != nil {
			o.broke(err)
			return
		}
		o.env.recycle(b)
	}
	o.env.work.Done()
}

// begin takes what is pending. If nothing is, it ends the writing, and the
// owner is told or the connection ended.
func (o *Outbox) begin() *batch {
	o.mu.Lock()
	b := o.pending
	o.pending, o.inFlight = nil, 0
	if b != nil && !o.dead {
		o.inFlight = b.bytes
		o.mu.Unlock()
		return b
	}
	o.writing = false
	closing, dead := o.closing, o.dead
	o.mu.Unlock()
	switch {
	case dead:
	case closing:
		o.conn.finish()
	default:
		o.owner.Drained()
	}
	return nil
}

// broke ends an outbox that cannot be written to.
func (o *Outbox) broke(err error) {
	defer o.env.work.Done()
	o.Abort()
	o.mu.Lock()
	o.writing, o.inFlight = false, 0
	o.mu.Unlock()
	o.owner.Broken(err)
}

// flush writes frames with as few system calls as possible: small ones are put
// together, large ones are written from where they are. If it may not wait, it
// returns what is left.
func (c *Conn) flush(frames [][]byte, wait bool) (left [][]byte, err error) {
	if wait && c.tries() {
		// What is tried later must not meet a deadline of now.
		defer func() { _ = c.conn.SetWriteDeadline(time.Time{}) }() // of a closed one there is none
	}
	if len(frames) == 1 {
		n, err := c.write(frames[0], wait)
		if err != nil || n == len(frames[0]) {
			return nil, err
		}
		return [][]byte{frames[0][n:]}, nil
	}
	buf := c.env.buffer()
	defer c.env.release(buf)
	b := buf.b[:0]
	for i, f := range frames {
		if len(b)+len(f) <= cap(b) {
			b = append(b, f...)
			continue
		}
		n, err := c.write(b, wait)
		if err != nil {
			return nil, err
		}
		if n < len(b) {
			return append([][]byte{bytes.Clone(b[n:])}, frames[i:]...), nil
		}
		if b = b[:0]; len(f) < cap(b) {
			b = append(b, f...)
			continue
		}
		if n, err = c.write(f, wait); err != nil {
			return nil, err
		}
		if n < len(f) {
			return append([][]byte{f[n:]}, frames[i+1:]...), nil
		}
	}
	n, err := c.write(b, wait)
	if err != nil || n == len(b) {
		return nil, err
	}
	return [][]byte{bytes.Clone(b[n:])}, nil
}

// write writes b, or as much of it as there is room for if it may not wait.
func (c *Conn) write(b []byte, wait bool) (n int, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	if !wait {
		a := c.env.attempts.Get().(*attempt)
		n, err = a.send(c.raw, b)
		c.env.attempts.Put(a)
		return n, err
	}
	// Each portion has the whole write timeout, so that a slow peer gets a large
	// message in the end.
	const portion = 256 << 10
	for n < len(b) && err == nil {
		if err = c.conn.SetWriteDeadline(time.Now().Add(c.env.writeTimeout)); err != nil {
			break
		}
		var some int
		some, err = c.conn.Write(b[n:min(n+portion, len(b))])
		n += some
	}
	return n, err
}

// finish ends our side of the connection. The reader sees the peer's end, or the
// deadline, and closes it.
func (c *Conn) finish() {
	c.leaving.Store(true)
	c.env.parking.leave(c)
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.conn.SetReadDeadline(time.Now().Add(lingering)) != nil {
		_ = c.conn.Close() // the reader is told by it
	}
}

// cut closes the connection, which its reader is told by.
func (c *Conn) cut() {
	c.leaving.Store(true)
	c.env.parking.leave(c)
	_ = c.conn.Close() // nothing is left to be told
}
