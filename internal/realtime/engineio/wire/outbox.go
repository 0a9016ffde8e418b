package wire

import (
	"errors"
	"sync"
)

// Errors of an outbox.
var (
	// ErrClosed is an outbox that takes no more.
	ErrClosed = errors.New("wire: connection is closed")
	// ErrFull is a peer that reads too slowly.
	ErrFull = errors.New("wire: queue is full")
)

// Owner is told what happens to its outbox, without any lock held, and never on
// a goroutine that calls Push or Hold.
type Owner interface {
	// Drained is called when the queue has become empty.
	Drained()
	// Broken is called when writing failed; the outbox is closed.
	Broken(error)
}

// Outbox is a bounded queue of frames. It is emptied by long polls, with Take,
// until a WebSocket is attached; from then on frames are written as they come,
// by whichever of the environment's writers is free. Its methods may be called
// from any goroutine. The zero Outbox needs Init.
type Outbox struct {
	env   *Env
	owner Owner
	next  *Outbox // in the line of those that have something to write

	mu       sync.Mutex
	pending  *batch // nil if empty
	inFlight int    // bytes that the writer has taken
	conn     *Conn
	wake     chan<- struct{} // a poll that waits
	writing  bool
	closing  bool // takes no more; the writer ends the connection
	dead     bool // takes no more and writes no more
}

// Init makes the outbox ready.
func (o *Outbox) Init(env *Env, owner Owner) { o.env, o.owner = env, owner }

// Push queues frames, all or none of them. Errors: ErrClosed, ErrFull.
func (o *Outbox) Push(frames ...[]byte) error { return o.push(frames, false) }

// Hold is Push for who calls Flush in a moment: so no writer needs to be woken.
func (o *Outbox) Hold(frames ...[]byte) error { return o.push(frames, true) }

func (o *Outbox) push(frames [][]byte, hold bool) error {
	size := 0
	for _, f := range frames {
		size += len(f)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead || o.closing {
		return ErrClosed
	}
	if queued := o.queued(); queued > 0 && queued+size > o.env.maxQueue {
		return ErrFull
	}
	o.add(frames, size)
	if !hold {
		o.start()
	}
	return nil
}

func (o *Outbox) add(frames [][]byte, size int) {
	if o.pending == nil {
		o.pending = o.env.batches.Get().(*batch)
	}
	o.pending.frames = append(o.pending.frames, frames...)
	o.pending.bytes += size
}

// start sees that somebody takes what is pending. The lock is held.
func (o *Outbox) start() {
	switch {
	case o.conn != nil && !o.writing:
		o.writing = true
		o.env.work.Add(1)
		if !o.conn.tries() {
			go o.persist(nil)
			return
		}
		o.env.writers.line(o)
	case o.wake != nil:
		select {
		case o.wake <- struct{}{}:
		default:
		}
	}
}

// Flush writes what is pending, as far as that goes without waiting, on the
// goroutine that calls it. It may call the owner.
func (o *Outbox) Flush() {
	o.mu.Lock()
	if o.pending == nil || o.conn == nil || !o.conn.tries() || o.writing || o.dead {
		if o.pending != nil {
			o.start()
		}
		o.mu.Unlock()
		return
	}
	o.writing = true
	o.env.work.Add(1)
	o.mu.Unlock()
	o.turn()
}

func (o *Outbox) queued() int {
	if o.pending == nil {
		return o.inFlight
	}
	return o.inFlight + o.pending.bytes
}

// Queued returns the number of bytes that wait to be written.
func (o *Outbox) Queued() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queued()
}

// Take returns what is pending, for a poll, or nil; with nothing pending the
// poll is woken by a value on wake, which needs room for one, when there is.
func (o *Outbox) Take(wake chan<- struct{}) [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pending == nil {
		o.wake = wake
		return nil
	}
	o.wake = nil
	frames := o.pending.frames
	o.pending = nil
	return frames
}

// Attach gives the outbox a connection. What is pending is written to it with
// the next Push or Flush.
func (o *Outbox) Attach(conn *Conn) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead || o.closing {
		return false
	}
	o.conn, o.wake = conn, nil
	return true
}

// Finish takes no more frames. What is pending is still written, then last, and
// then the connection is ended. Without a connection what is pending stays for
// Take. last may be nil.
func (o *Outbox) Finish(last []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead || o.closing {
		return
	}
	o.closing = true
	if len(last) > 0 && o.conn != nil {
		o.add([][]byte{last}, len(last))
	}
	o.start()
}

// Abort takes no more frames, drops what is pending and cuts the connection.
func (o *Outbox) Abort() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dead = true
	if o.pending != nil {
		o.env.recycle(o.pending)
		o.pending = nil
	}
	if o.conn != nil {
		o.conn.cut()
	}
}
