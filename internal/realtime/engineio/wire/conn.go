package wire

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

// Receiver takes the messages of a connection. Its methods are called one at a
// time.
type Receiver interface {
	// Receive takes one message, whose data is valid during the call only, and
	// reports whether more are wanted.
	Receive(binary bool, data []byte) bool
	// Quiet reports whether the next message is likely to let itself wait for.
	Quiet() bool
	// Ended is called once, when nothing more is read: with an error, or nil if
	// no more was wanted. A close frame, and an end without one, is a
	// *websocket.CloseError; a message that is too large is
	// websocket.ErrReadLimit. Afterwards the connection is drained and closed.
	Ended(error)
}

// Conn is one WebSocket, after its handshake. Until Start it is its owner's
// alone; afterwards only its outbox is to be used.
//
// While nothing comes it has neither a buffer nor, where the system allows, a
// goroutine: see parking.
type Conn struct {
	env  *Env
	conn net.Conn
	// raw is the connection as the system knows it, with which reads and writes
	// are tried and waiting is left to parking; nil where neither can be.
	raw      syscall.RawConn
	sealed   bool // TLS is above raw: nothing can be tried
	out      *Outbox
	receiver Receiver
	in       *buffer   // what was read and not taken yet, or nil
	partial  *fragment // a message of several frames, or nil
	place    place     // among those that are parked
	leaving  atomic.Bool
}

// fragment is the beginning of a message of several frames.
type fragment struct {
	binary bool
	b      []byte
}

func (e *Env) newConn(conn net.Conn) *Conn {
	c := &Conn{env: e, conn: conn}
	plain := conn
	if t, ok := conn.(*tls.Conn); ok {
		c.sealed, plain = true, t.NetConn()
	}
	var err error
	switch t := plain.(type) {
	case *net.TCPConn:
		c.raw, err = t.SyscallConn()
	case *net.UnixConn:
		c.raw, err = t.SyscallConn()
	}
	if err != nil || !canTry {
		c.raw = nil
	}
	return c
}

// tries tells whether reads and writes can be tried.
func (c *Conn) tries() bool { return c.raw != nil && !c.sealed }

// Close closes a connection that was not started.
func (c *Conn) Close() error { return c.conn.Close() }

// SetDeadline bounds the calls of Next and Write; the zero time takes that back,
// which must happen before Start.
func (c *Conn) SetDeadline(t time.Time) error { return c.conn.SetDeadline(t) }

// Write writes a frame before Start.
func (c *Conn) Write(frame []byte) error {
	_, err := c.conn.Write(frame)
	return err
}

// Next returns the next message before Start; data is valid until the next call.
// Pings are not answered.
func (c *Conn) Next() (binary bool, data []byte, err error) {
	one := new(single)
	c.receiver = one
	for !one.taken {
		if c.in == nil || one.looked {
			err = c.fetch()
		}
		if err == nil {
			_, err = c.take()
		}
		if err != nil {
			return false, nil, err
		}
		one.looked = true
	}
	return one.binary, one.data, nil
}

// single takes one message.
type single struct {
	binary bool
	data   []byte
	taken  bool
	looked bool // at what had been read before
}

func (s *single) Receive(binary bool, data []byte) bool {
	s.binary, s.data, s.taken = binary, append([]byte(nil), data...), true
	return false
}

func (s *single) Quiet() bool { return false }

func (s *single) Ended(error) {}

// Start begins to read. The caller must not be able to be the last that Wait
// waits for. What the peer's control frames ask for goes through the outbox, so
// that there is one writer.
func (c *Conn) Start(out *Outbox, receiver Receiver) {
	c.out, c.receiver = out, receiver
	c.env.work.Add(1)
	c.env.parking.enter()
	if c.in != nil {
		go c.work(nil)
		return
	}
	c.rest()
}

// rest waits for the next message with nothing held but the connection.
func (c *Conn) rest() {
	if c.sealed && c.raw != nil {
		if err := c.unseal(); !errors.Is(err, os.ErrDeadlineExceeded) {
			go c.work(err)
			return
		}
	}
	if !c.env.parking.park(c) {
		go c.wait()
	}
}

// wait waits with as little above it on the stack as can be: so its goroutine
// keeps the smallest stack there is. Work on a message makes it grow, and where
// quiet follows, the connection rests again.
func (c *Conn) wait() {
	err := c.fetch()
	c.work(err)
}

//go:noinline
func (c *Conn) work(err error) {
	for err == nil {
		if len(c.in.b) == 1 && !c.tries() {
			if err = c.second(); err != nil {
				break
			}
		}
		var more bool
		more, err = c.take()
		c.out.Flush()
		if err != nil || !more {
			break
		}
		if c.shrink() && c.receiver.Quiet() {
			c.rest()
			return
		}
		err = c.fetch()
	}
	if c.in != nil {
		c.env.release(c.in)
		c.in = nil
	}
	c.partial = nil
	c.end(err)
}

// shrink gives the buffer back, and reports false if it holds too much for that.
// The beginning of a frame is kept in as little as it needs: its end may never
// come.
func (c *Conn) shrink() bool {
	const little = 512
	in := c.in
	if len(in.b) > little {
		return false
	}
	c.in = nil
	if len(in.b) > 0 {
		c.in = &buffer{bytes.Clone(in.b)}
	}
	c.env.release(in)
	return true
}

// end tells the receiver, and ends the connection.
func (c *Conn) end(err error) {
	defer c.env.work.Done()
	defer c.env.parking.exit()
	var closed *websocket.CloseError
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		c.out.Finish(CloseFrame(websocket.CloseMessageTooBig))
	case errors.Is(err, io.EOF):
		err = &websocket.CloseError{Code: websocket.CloseAbnormalClosure, Text: io.ErrUnexpectedEOF.Error()}
	case errors.As(err, &closed) && closed.Code == websocket.CloseNoStatusReceived:
		c.out.Finish(CloseFrame(websocket.CloseNormalClosure))
	case errors.As(err, &closed):
		c.out.Finish(CloseFrame(closed.Code))
	}
	c.receiver.Ended(err)
	// What the peer still sends is dropped until it ends its side, or the
	// deadline comes that the writer sets.
	_, _ = io.Copy(io.Discard, c.conn) // any end will do
	c.out.Abort()
}
