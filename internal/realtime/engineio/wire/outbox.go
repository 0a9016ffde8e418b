package wire

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Errors of an outbox.
var (
	// ErrClosed is an outbox that takes no more.
	ErrClosed = errors.New("wire: connection is closed")
	// ErrFull is a peer that reads too slowly.
	ErrFull = errors.New("wire: queue is full")
)

// Owner is told what happens to its outbox, on another goroutine and without
// any lock held.
type Owner interface {
	// Drained is called when the queue has become empty.
	Drained()
	// Broken is called when writing failed; the outbox is closed.
	Broken(error)
}

// Outbox is a bounded queue of frames. It is emptied by long polls, with Take,
// until a WebSocket is attached; from then on by a writer, which is a goroutine
// that exists only while frames wait. Its methods may be called from any
// goroutine. The zero Outbox needs Init.
type Outbox struct {
	env   *Env
	owner Owner

	mu       sync.Mutex
	pending  *batch // nil if empty
	inFlight int    // bytes that the writer has taken
	conn     *websocket.Conn
	wake     chan<- struct{} // a poll that waits
	last     []byte          // written at the end, if closing
	writing  bool
	closing  bool // takes no more; the writer ends the connection
	dead     bool // takes no more and writes no more
}

// Init makes the outbox ready.
func (o *Outbox) Init(env *Env, owner Owner) { o.env, o.owner = env, owner }

// Push queues frames, all or none of them. Errors: ErrClosed, ErrFull.
func (o *Outbox) Push(frames ...[]byte) error {
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
	if o.pending == nil {
		o.pending = o.env.batches.Get().(*batch)
	}
	o.pending.frames = append(o.pending.frames, frames...)
	o.pending.bytes += size
	o.start()
	return nil
}

// start sees that somebody takes what is pending. The lock is held.
func (o *Outbox) start() {
	switch {
	case o.conn != nil && !o.writing:
		o.writing = true
		o.env.work.Add(1)
		go o.write()
	case o.wake != nil:
		select {
		case o.wake <- struct{}{}:
		default:
		}
	}
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

// Attach gives the outbox a connection, and writes what is pending to it. The
// caller must read the connection.
func (o *Outbox) Attach(conn *websocket.Conn) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead || o.closing {
		return false
	}
	o.conn, o.wake = conn, nil
	if o.pending != nil {
		o.start()
	}
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
	o.closing, o.last = true, last
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
		_ = o.conn.NetConn().Close() // nothing is left to be told
	}
}

// write empties the queue and ends.
func (o *Outbox) write() {
	defer o.env.work.Done()
	for {
		o.mu.Lock()
		b := o.pending
		o.pending, o.inFlight = nil, 0
		if b == nil || o.dead {
			o.writing = false
			last, closing, dead := o.last, o.closing, o.dead
			o.mu.Unlock()
			switch {
			case dead:
			case closing:
				o.env.end(o.conn, last)
			default:
				o.owner.Drained()
			}
			return
		}
		o.inFlight = b.bytes
		o.mu.Unlock()

		err := o.env.flush(o.conn.NetConn(), b.frames)
		o.env.recycle(b)
		if err != nil {
			o.Abort()
			o.mu.Lock()
			o.writing, o.inFlight = false, 0
			o.mu.Unlock()
			o.owner.Broken(err)
			return
		}
	}
}

// flush writes frames with as few system calls as possible: small ones are put
// together, large ones are written from where they are. Each write has the
// deadline of its own, so that a slow peer gets a large message in the end.
func (e *Env) flush(conn net.Conn, frames [][]byte) error {
	if len(frames) == 1 {
		return e.writeAll(conn, frames[0])
	}
	buf := e.buffer()
	defer e.release(buf)
	b := buf.b[:0]
	for _, f := range frames {
		if len(b) > 0 && len(b)+len(f) > cap(b) {
			if err := e.writeAll(conn, b); err != nil {
				return err
			}
			b = b[:0]
		}
		if len(f) < cap(b) {
			b = append(b, f...)
			continue
		}
		if err := e.writeAll(conn, f); err != nil {
			return err
		}
	}
	if len(b) == 0 {
		return nil
	}
	return e.writeAll(conn, b)
}

// writeAll writes b in portions that each have the whole write timeout.
func (e *Env) writeAll(conn net.Conn, b []byte) error {
	const portion = 256 << 10
	for len(b) > 0 {
		n := min(len(b), portion)
		if err := conn.SetWriteDeadline(time.Now().Add(e.writeTimeout)); err != nil {
			return err
		}
		if _, err := conn.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// end writes the last frame and ends our side of the connection. The reader
// sees the peer's end, or the deadline, and closes it.
func (e *Env) end(conn *websocket.Conn, last []byte) {
	c := conn.NetConn()
	if len(last) > 0 {
		if err := e.writeAll(c, last); err != nil {
			_ = c.Close() // the reader is told by it
			return
		}
	}
	half, ok := c.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.SetReadDeadline(time.Now().Add(lingering)) != nil {
		_ = c.Close() // the reader is told by it
	}
}
