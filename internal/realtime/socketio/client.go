package socketio

import (
	"errors"
	"sync"

	"github.com/activityd/activityd/internal/realtime/engineio"
)

type socketState uint8

const (
	// stateDeciding is a socket about which the application still decides.
	stateDeciding socketState = iota
	stateConnected
	// stateAway is a socket that we disconnected; what the client sent before
	// it knew is dropped.
	stateAway
	stateGone
)

// socket implements Socket over a session of the engine.
type socket struct {
	conn      *conn
	id        string
	namespace string
	prefix    []byte // of packets: the namespace and a comma; empty for the root

	mu      sync.Mutex
	state   socketState
	handler Handler
	held    [][]byte // frames sent while the application decides
	acks    []owed
	nextAck int64
}

// owed is an acknowledgement that the client owes.
type owed struct {
	id  int64
	ack func(Ack)
}

func newSocket(c *conn, namespace string) *socket {
	s := &socket{conn: c, id: engineio.NewID(), namespace: namespace}
	if namespace != "/" {
		s.prefix = append([]byte(namespace), ',')
	}
	return s
}

func (s *socket) ID() string                     { return s.id }
func (s *socket) Namespace() string              { return s.namespace }
func (s *socket) Protocol() Protocol             { return s.conn.protocol() }
func (s *socket) Handshake() *engineio.Handshake { return s.conn.session.Handshake() }
func (s *socket) Queued() int                    { return s.conn.session.Queued() }

func (s *socket) inUse() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == stateDeciding || s.state == stateConnected && s.handler != nil
}

func (s *socket) Emit(event string, args ...[]byte) error {
	if ReservedEvent(event) {
		return ErrReserved
	}
	return s.send(false, engineio.TextFrame([]byte{byte(typeEvent)}, s.prefix, appendEvent(nil, event, args)))
}

// The frames of text are the same for all revisions; binary ones differ.
const (
	formAny    Form = "eio"
	formBefore Form = "eio<4"
)

func (s *socket) EmitPrepared(p *Prepared) error {
	if ReservedEvent(p.event) {
		return ErrReserved
	}
	form, revision := formAny, s.conn.session.Revision()
	if len(p.attachments) > 0 && revision < 4 {
		form = formBefore
	}
	return s.send(false, p.Frames(form, s.namespace, func() [][]byte {
		return encode(revision, typeEvent, s.prefix, noID, p.data, p.attachments)
	})...)
}

func (s *socket) EmitAck(ack func(Ack), event string, args ...[]byte) error {
	if ReservedEvent(event) {
		return ErrReserved
	}
	s.mu.Lock()
	if len(s.acks) >= s.conn.server.config.MaxAcks {
		s.mu.Unlock()
		return ErrTooManyAcks
	}
	id := s.nextAck
	s.nextAck++
	s.acks = append(s.acks, owed{id, ack})
	s.mu.Unlock()
	err := s.send(false, encode(s.conn.session.Revision(), typeEvent, s.prefix, id, appendEvent(nil, event, args), nil)...)
	if err != nil {
		s.owed(id)
	}
	return err
}

// send sends frames, or holds them until the application has decided. With hold
// the session's Flush is still to be called.
func (s *socket) send(hold bool, frames ...[]byte) error {
	s.mu.Lock()
	switch s.state {
	case stateDeciding:
		defer s.mu.Unlock()
		s.held = append(s.held, frames...)
		return nil
	case stateAway, stateGone:
		s.mu.Unlock()
		return ErrClosed
	case stateConnected:
	}
	s.mu.Unlock()
	send := s.conn.session.Send
	if hold {
		send = s.conn.session.Hold
	}
	switch err := send(frames...); {
	case err == nil:
		return nil
	case errors.Is(err, engineio.ErrQueueFull):
		return ErrQueueFull
	}
	return ErrClosed
}

// accept tells the client that it is connected. handler is nil for a root that
// nobody asked for. It is called where the session flushes afterwards.
func (s *socket) accept(handler Handler) {
	s.mu.Lock()
	frames := append([][]byte{encodeConnect(s.Protocol(), s.prefix, s.id)}, s.held...)
	s.held = nil
	s.handler = handler
	if s.state == stateDeciding { // else it was disconnected while deciding
		s.state = stateConnected
	}
	_ = s.conn.session.Hold(frames...) // an error ends the session, which tells the handler
	away := s.state == stateAway
	s.mu.Unlock()
	if away {
		s.sendAway()
	}
	if handler != nil {
		handler.Connected()
	}
}

// abandon ends a socket that was refused.
func (s *socket) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.held, s.acks = stateGone, nil, nil
}

// event hands an event to the handler.
func (s *socket) event(e *Event, id int64) {
	s.mu.Lock()
	handler, connected := s.handler, s.state == stateConnected
	s.mu.Unlock()
	if handler == nil || !connected {
		return
	}
	if id == noID {
		handler.Event(e)
		return
	}
	e.socket, e.id = s, id
	e.handling.Store(true)
	handler.Event(e)
	e.handling.Store(false)
}

// answer acknowledges an event.
func (s *socket) answer(e *Event, attachments, args [][]byte) error {
	var err error
	if len(attachments) == 0 {
		err = s.send(true, encodeAck(s.prefix, e.id, args))
	} else {
		err = s.send(true, encode(s.conn.session.Revision(), typeAck, s.prefix, e.id, appendArgs(nil, args), attachments)...)
	}
	if err == nil && !e.handling.Load() {
		s.conn.session.Flush()
	}
	return err
}

// owed takes an acknowledgement off those that the client owes; nil if it owes
// none of that id.
func (s *socket) owed(id int64) func(Ack) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, o := range s.acks {
		if o.id == id {
			last := len(s.acks) - 1
			s.acks[i] = s.acks[last]
			s.acks[last] = owed{}
			s.acks = s.acks[:last]
			return o.ack
		}
	}
	return nil
}

func (s *socket) acknowledged(id int64, a Ack) {
	if ack := s.owed(id); ack != nil {
		ack(a)
	}
}

func (s *socket) drained() {
	s.mu.Lock()
	handler, connected := s.handler, s.state == stateConnected
	s.mu.Unlock()
	if handler != nil && connected {
		handler.Drained()
	}
}

func (s *socket) Disconnect() {
	s.mu.Lock()
	before := s.state
	if before == stateDeciding || before == stateConnected {
		s.state = stateAway
	}
	s.mu.Unlock()
	if before == stateConnected {
		s.sendAway()
	}
}

// sendAway tells the client, and the handler; the last namespace takes the
// session with it.
func (s *socket) sendAway() {
	_ = s.conn.session.Send(engineio.TextFrame([]byte{byte(typeDisconnect)}, s.prefix)) // an error ends the session
	s.conn.session.Run(func() {
		s.leave(ReasonServerDisconnect)
		if !s.conn.othersInUse(s) {
			s.conn.session.Close(engineio.ReasonForcedClose)
		}
	})
}

func (s *socket) Close() { s.conn.session.Close(engineio.ReasonForcedClose) }

// leave ends the socket and tells the handler, once. A socket that was sent away
// stays known, for what the client sends before it knows.
func (s *socket) leave(reason Reason) {
	s.mu.Lock()
	handler := s.handler
	s.handler, s.acks, s.held = nil, nil, nil
	if s.state != stateAway || reason != ReasonServerDisconnect {
		s.state = stateGone
	}
	s.mu.Unlock()
	if handler != nil {
		handler.Disconnected(reason)
	}
}
