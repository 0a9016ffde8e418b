package wire

import (
	"errors"
	"io"

	"github.com/gorilla/websocket"
)

// Receiver takes the messages of a connection.
type Receiver interface {
	// Receive takes one message, whose data is valid during the call only. It
	// returns false to read no more.
	Receive(binary bool, data []byte) bool
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

// Add counts a reader as at work, before its goroutine starts.
func (e *Env) Add() { e.work.Add(1) }

// Done ends what Add began.
func (e *Env) Done() { e.work.Done() }

// Read gives the messages of a connection to r, in order, until the connection
// ends or r wants no more. While no message is on its way it holds no buffer
// but the connection's own.
func (e *Env) Read(conn *websocket.Conn, r Receiver) error {
	for {
		op, reader, err := conn.NextReader()
		if err != nil {
			return err
		}
		more, err := e.message(op, reader, r)
		if err != nil || !more {
			return err
		}
	}
}

func (e *Env) message(op int, reader io.Reader, r Receiver) (bool, error) {
	buf := e.buffer()
	defer e.release(buf)
	b := buf.b[:0]
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
			buf.b = b
		}
		n, err := reader.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return false, err
		}
	}
	return r.Receive(op == websocket.BinaryMessage, b), nil
}

// Drain reads and drops what the peer still sends after our end, until it ends
// its side or the deadline comes, and closes the connection.
func Drain(conn *websocket.Conn) {
	c := conn.NetConn()
	_, _ = io.Copy(io.Discard, c) // any end will do
	_ = c.Close()                 // nobody is left to be told
}
