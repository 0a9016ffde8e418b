package wire

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

// fetch reads what comes next, behind what is left.
func (c *Conn) fetch() error {
	if c.in == nil {
		return c.first()
	}
	b := c.in.b
	if len(b) == cap(b) {
		b = append(b, 0)[:len(b)]
	}
	n, err := c.conn.Read(b[len(b):cap(b)])
	c.in.b = b[:len(b)+n]
	if n > 0 {
		return nil // an error comes again
	}
	return err
}

// first waits without a buffer. Where nothing can be tried it reads one byte.
func (c *Conn) first() error {
	if c.tries() {
		a := c.env.attempts.Get().(*attempt)
		err := a.receive(c.raw)
		c.in = a.in
		a.in = nil
		c.env.attempts.Put(a)
		return err
	}
	var one [1]byte
	n, err := c.conn.Read(one[:])
	if n == 0 {
		return err
	}
	c.in = c.env.buffer()
	c.in.b = append(c.in.b, one[0])
	return nil
}

// second reads what follows the byte that first has read: no frame is that short.
func (c *Conn) second() error {
	if !c.sealed {
		return c.fetch()
	}
	if err := c.unseal(); !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return nil
}

// unseal reads what TLS has taken from the system and not handed over yet, of
// which parking would not be told. os.ErrDeadlineExceeded says that there is
// nothing.
func (c *Conn) unseal() error {
	if err := c.conn.SetReadDeadline(time.Unix(1, 0)); err != nil { // long ago: nothing is waited for
		return err
	}
	err := c.fetch()
	_ = c.conn.SetReadDeadline(time.Time{}) // of a closed one there is none
	if c.leaving.Load() {
		_ = c.conn.SetReadDeadline(time.Now().Add(lingering)) // it may just have been set
	}
	return err
}

// take takes all frames that have come as a whole, and reports whether more are
// wanted. What is left stays in c.in.
func (c *Conn) take() (more bool, err error) {
	b := c.in.b
	for more = true; more && err == nil && len(b) > 0; {
		limit := c.env.maxMessage
		if c.partial != nil {
			limit -= int64(len(c.partial.b))
		}
		var h head
		var tooBig bool
		if h, tooBig, err = parseHead(b, limit); err != nil {
			break
		}
		if tooBig {
			err = websocket.ErrReadLimit
			break
		}
		if h.length == 0 || len(b)-h.length < h.size {
			break
		}
		payload := b[h.length : h.length+h.size]
		b = b[h.length+h.size:]
		unmask(payload, h.key)
		more, err = c.frame(h, payload)
	}
	c.in.b = c.in.b[:copy(c.in.b, b)]
	return more, err
}

// frame takes one frame.
func (c *Conn) frame(h head, payload []byte) (more bool, err error) {
	switch {
	case h.op == websocket.PingMessage:
		if c.out == nil {
			return true, nil
		}
		// A peer that floods without reading fills its queue and is cut.
		return true, c.out.Push(Frame(websocket.PongMessage, payload))
	case h.op == websocket.PongMessage:
		return true, nil
	case h.op == websocket.CloseMessage:
		closed, err := closeOf(payload)
		if err != nil {
			return false, err
		}
		return false, closed
	case (h.op == opContinuation) != (c.partial != nil):
		return false, protocolError("bad continuation")
	case h.final && c.partial == nil:
		return c.receiver.Receive(h.op == OpBinary, payload), nil
	case c.partial == nil:
		c.partial = &fragment{binary: h.op == OpBinary}
	}
	c.partial.b = append(c.partial.b, payload...)
	if !h.final {
		return true, nil
	}
	whole := c.partial
	c.partial = nil
	return c.receiver.Receive(whole.binary, whole.b), nil
}

// attempt is one system call that is tried on a connection, with the functions
// that RawConn asks for made once.
type attempt struct {
	env *Env
	in  *buffer // what was read
	out []byte  // what is to be written
	n   int     // bytes written
	err error

	read, write func(fd uintptr) bool
}

func newAttempt(e *Env) *attempt {
	a := &attempt{env: e}
	a.read, a.write = a.tryRead, a.tryWrite
	return a
}

// receive waits until something has come, and reads it.
func (a *attempt) receive(raw rawConn) error {
	if err := raw.Read(a.read); err != nil {
		return err
	}
	if a.in == nil && a.err == nil {
		return io.EOF
	}
	err := a.err
	a.err = nil
	return err
}

// send writes what can be written without waiting.
func (a *attempt) send(raw rawConn, b []byte) (int, error) {
	a.out, a.n = b, 0
	err := raw.Write(a.write)
	if err == nil {
		err = a.err
	}
	a.out, a.err = nil, nil
	return a.n, err
}

// rawConn is the part of syscall.RawConn that is used.
type rawConn interface {
	Read(f func(fd uintptr) (done bool)) error
	Write(f func(fd uintptr) (done bool)) error
}
