package engineio

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"
)

// Errors of sending.
var (
	// ErrClosed is a session that has ended.
	ErrClosed = errors.New("engineio: session is closed")
	// ErrQueueFull is a peer that reads too slowly; its session is closed.
	ErrQueueFull = errors.New("engineio: queue is full")
)

// farewellTime is how long a session that ended between two polls is kept, so
// that the next one is told how.
const farewellTime = 3 * time.Second

type state uint8

const (
	stateOpen state = iota
	stateFarewell
	stateClosed
)

// Session is one client's connection, over whatever transports. Its methods may
// be called from any goroutine.
type Session struct {
	server    *Server
	id        string
	handshake *Handshake
	handler   Handler
	out       wire.Outbox
	entry     wire.Entry
	seen      atomic.Int64 // the wheel's time of the last packet
	revision  uint8
	busy      bool // something came over the WebSocket; the reader's
	slow      bool // the last pause was long; the reader's

	receiving sync.Mutex // held while the handler is called

	mu         sync.Mutex
	state      state
	onSocket   bool          // the transport is WebSocket
	posting    bool          // a POST is being read
	legacyText bool          // text of polling is encoded twice
	textOnly   bool          // the handshake asked for binary as base64
	probed     bool          // the upgrade's probe was answered
	awaiting   bool          // a ping is not answered yet
	socketForm socketForm    // what the WebSocket needs that is not canonical
	farewell   byte          // the packet that the last poll is answered with; 0 for none
	wake       chan struct{} // of the poll that waits
	upgrading  *wire.Conn    // not yet the transport
	probing    bool          // an upgrade is under way
	pingAt     time.Duration // of the last ping, or the opening
	deadline   time.Duration // of ExpectWithin; 0 for none
}

// newSession makes a session, lets the application open it and registers it.
// It returns nil if the server is closed.
func (s *Server) newSession(h *Handshake, q query) *Session {
	session := &Session{server: s, id: NewID(), handshake: h, revision: q.revision, onSocket: q.websocket, textOnly: q.base64}
	session.out.Init(s.env, session)
	now := s.wheel.Now()
	session.seen.Store(int64(now))
	session.pingAt = now
	if q.websocket {
		session.socketForm = socketFormOf(q)
	}
	// Held from here on, so that the handler is there when its end is told.
	session.receiving.Lock()
	if !s.register(session) {
		return nil
	}
	_ = session.out.Push(wire.Frame(wire.OpText, []byte{'0'}, session.openData())) // the first frame always fits
	session.handler = s.config.Open(session)
	session.receiving.Unlock()
	s.wheel.Add(&session.entry, session, session.firstDue(now))
	session.mu.Lock()
	ended := session.state == stateClosed
	session.mu.Unlock()
	if ended {
		s.wheel.Remove(&session.entry)
	}
	return session
}

// openData is the data of the open packet.
func (s *Session) openData() []byte {
	c := &s.server.config
	b := append(make([]byte, 0, 160), `{"sid":"`...)
	b = append(append(b, s.id...), `","upgrades":[`...)
	if !s.onSocket {
		b = append(b, `"websocket"`...)
	}
	b = strconv.AppendInt(append(b, `],"pingInterval":`...), c.PingInterval.Milliseconds(), 10)
	b = strconv.AppendInt(append(b, `,"pingTimeout":`...), c.PingTimeout.Milliseconds(), 10)
	b = strconv.AppendInt(append(b, `,"maxPayload":`...), c.MaxPayload, 10)
	return append(b, '}')
}

// ID returns the session id. Whoever knows it can take the session over.
func (s *Session) ID() string { return s.id }

// Revision is the client's revision of Engine.IO: 2, 3 or 4.
func (s *Session) Revision() int { return int(s.revision) }

// Handshake returns the request that opened the session.
func (s *Session) Handshake() *Handshake { return s.handshake }

// Queued returns the number of bytes that wait to be written.
func (s *Session) Queued() int { return s.out.Queued() }

// TextFrame encodes a text message, whose parts are put in a row, for Send. It
// fits every session.
func TextFrame(parts ...[]byte) []byte {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	f := BeginText(size)
	for _, p := range parts {
		f = append(f, p...)
	}
	return f
}

// BeginText returns the beginning of what TextFrame returns, to which the size
// bytes of the message are to be appended, for which there is room.
func BeginText(size int) []byte { return append(wire.Begin(wire.OpText, 1+size), '4') }

// BinaryFrame encodes a binary message for the sessions of a revision.
func BinaryFrame(revision int, data []byte) []byte {
	if revision >= 4 {
		return wire.Frame(wire.OpBinary, data)
	}
	return wire.Frame(wire.OpBinary, []byte{4}, data)
}

// Send queues messages made by TextFrame and BinaryFrame, all or none, with
// nothing in between. The frames may be shared and must not be changed. Errors:
// ErrClosed; ErrQueueFull, which closes the session.
func (s *Session) Send(frames ...[]byte) error { return s.send(frames, false) }

// Hold is Send for who calls Flush in a moment, or is called by Handler.Message,
// after which the session calls it: so no writer needs to be woken.
func (s *Session) Hold(frames ...[]byte) error { return s.send(frames, true) }

// Flush writes what is queued on the goroutine that calls it, as far as that
// goes without waiting. Drained may be called before it returns.
func (s *Session) Flush() { s.out.Flush() }

func (s *Session) send(frames [][]byte, hold bool) error {
	err := s.push(frames, hold)
	switch {
	case errors.Is(err, wire.ErrFull):
		s.end(ReasonOverflow, abrupt)
		return ErrQueueFull
	case err != nil:
		return ErrClosed
	}
	return nil
}

func (s *Session) push(frames [][]byte, hold bool) error {
	if s.revision <= 3 {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.onSocket {
			frames = s.socketForm.convert(frames)
		}
	}
	if hold {
		return s.out.Hold(frames...)
	}
	return s.out.Push(frames...)
}

// ExpectWithin closes the session with ReasonConnectTimeout after d, and the time
// of a pong for what is on its way, to the precision of the heartbeat; 0 takes
// that back.
func (s *Session) ExpectWithin(d time.Duration) {
	s.mu.Lock()
	s.deadline = 0
	if d > 0 {
		s.deadline = s.server.wheel.Now() + d
	}
	at := s.deadline
	s.mu.Unlock()
	if at > 0 {
		s.server.wheel.Sooner(&s.entry, at)
	}
}

// Close ends the session once what is queued is written.
func (s *Session) Close(reason Reason) { s.end(reason, graceful) }

// Drained implements wire.Owner.
func (s *Session) Drained() { s.handler.Drained() }

// Broken implements wire.Owner.
func (s *Session) Broken(error) { s.end(ReasonTransportError, abrupt) }
