package wire

import (
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// lingering is how long a connection that we ended may take to end its side.
// Closing at once would reset it, and the peer would lose what it has not read.
const lingering = time.Second

// Env is what all connections of a server share. Make one with NewEnv.
type Env struct {
	maxMessage   int64
	maxQueue     int
	writeTimeout time.Duration

	upgrader websocket.Upgrader
	batches  sync.Pool // *batch
	buffers  sync.Pool // *buffer
	attempts sync.Pool // *attempt

	writers writers
	parking parking

	work sync.WaitGroup
}

// Limits bound what one connection may take.
type Limits struct {
	// MaxMessage is the size of an incoming message in bytes.
	MaxMessage int64
	// MaxQueue is the number of bytes that may wait to be written. One larger
	// frame is taken if nothing else waits.
	MaxQueue int
	// WriteTimeout is how long the peer may stop reading.
	WriteTimeout time.Duration
	// HandshakeTimeout is how long writing the answer to an upgrade may take.
	HandshakeTimeout time.Duration
}

// NewEnv returns an Env with the limits.
func NewEnv(l Limits) *Env {
	e := &Env{maxMessage: l.MaxMessage, maxQueue: l.MaxQueue, writeTimeout: l.WriteTimeout}
	e.upgrader = websocket.Upgrader{
		HandshakeTimeout: l.HandshakeTimeout,
		ReadBufferSize:   1, // the connection is taken from gorilla: nothing is read by it,
		WriteBufferSize:  1, // and nothing written
		WriteBufferPool:  new(sync.Pool),
		CheckOrigin:      func(*http.Request) bool { return true },
	}
	e.writers.most = runtime.GOMAXPROCS(0)
	e.batches.New = func() any { return new(batch) }
	e.buffers.New = func() any { return &buffer{b: make([]byte, 0, bufferSize)} }
	e.attempts.New = func() any { return newAttempt(e) }
	return e
}

// Upgrade answers a WebSocket handshake and takes the connection over. After an
// error the request has been answered.
func (e *Env) Upgrade(w http.ResponseWriter, r *http.Request, header http.Header) (*Conn, error) {
	conn, err := e.upgrader.Upgrade(w, r, header)
	if err != nil {
		return nil, err
	}
	return e.newConn(conn.NetConn()), nil
}

// Wait returns when all readers and writers have ended, and all that was counted
// by Add. No new ones may be started then.
func (e *Env) Wait() { e.work.Wait() }

// Add counts something as at work, for Wait.
func (e *Env) Add() { e.work.Add(1) }

// Done ends what Add began.
func (e *Env) Done() { e.work.Done() }

// bufferSize is what one write takes of small frames, and what a reader begins
// with is a part of it.
const bufferSize = 16 << 10

type buffer struct{ b []byte }

func (e *Env) buffer() *buffer { return e.buffers.Get().(*buffer) }

// release gives a buffer back, unless a large message made it too large to keep,
// or it is none of the pool's.
func (e *Env) release(b *buffer) {
	if cap(b.b) > 4*bufferSize || cap(b.b) < bufferSize {
		return
	}
	b.b = b.b[:0]
	e.buffers.Put(b)
}

// batch is a list of frames.
type batch struct {
	frames [][]byte
	bytes  int
}

func (e *Env) recycle(b *batch) {
	if cap(b.frames) > 256 {
		return
	}
	clear(b.frames)
	b.frames, b.bytes = b.frames[:0], 0
	e.batches.Put(b)
}
