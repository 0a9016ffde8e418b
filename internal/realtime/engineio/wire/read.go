package wire

import (
	"errors"
	"io"

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
	// no more was wanted. The connection is still to be closed; Reader.Drain
	// does it.
	Ended(error)
}

// Prepare sets a new connection's limits; answers to the peer's control frames
// go through the outbox, so that there is one writer.
func (o *Outbox) Prepare(conn *websocket.Conn) {
	conn.SetReadLimit(o.env.maxMessage)
	conn.SetPingHandler(func(data string) error {
		// A peer that floods without reading fills its queue and is cut.
		return o.Push(Frame(websocket.PongMessage, []byte(data)))
	})
	conn.SetPongHandler(func(string) error { return nil })
	conn.SetCloseHandler(func(code int, _ string) error {
		if code == websocket.CloseNoStatusReceived {
			code = websocket.CloseNormalClosure
		}
		o.Finish(CloseFrame(code))
		return nil
	})
}

// Reader reads a connection with one goroutine. While no message is on its way
// it holds no buffer but the connection's own.
type Reader struct {
	env      *Env
	conn     *websocket.Conn
	receiver Receiver
}

// Start begins to read conn. The caller must not be able to be the last that
// Wait waits for.
func (r *Reader) Start(env *Env, conn *websocket.Conn, receiver Receiver) {
	r.env, r.conn, r.receiver = env, conn, receiver
	env.work.Add(1)
	go r.wait()
}

// wait waits for the next message, with as little above it on the stack as can
// be: so the goroutine keeps the smallest stack there is. Work on a message
// makes it grow, and where quiet follows, a new one waits in its place.
func (r *Reader) wait() {
	op, body, err := r.conn.NextReader()
	r.work(op, body, err)
}

//go:noinline
func (r *Reader) work(op int, body io.Reader, err error) {
	for err == nil {
		var more bool
		if more, err = r.message(op, body); !more {
			break
		}
		if r.receiver.Quiet() {
			go r.wait()
			return
		}
		op, body, err = r.conn.NextReader()
	}
	defer r.env.work.Done()
	r.receiver.Ended(err)
}

// message hands one message over.
func (r *Reader) message(op int, body io.Reader) (more bool, err error) {
	buf := r.env.buffer()
	defer r.env.release(buf)
	b := buf.b[:0]
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
			buf.b = b
		}
		n, err := body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if errors.Is(err, io.EOF) {
			return r.receiver.Receive(op == websocket.BinaryMessage, b), nil
		}
		if err != nil {
			return false, err
		}
	}
}

// Drain reads and drops what the peer still sends after our end, until it ends
// its side or the deadline comes, and closes the connection.
func (r *Reader) Drain() {
	c := r.conn.NetConn()
	_, _ = io.Copy(io.Discard, c) // any end will do
	_ = c.Close()                 // nobody is left to be told
}
