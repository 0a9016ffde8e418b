package legacy

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/engineio/wire"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

type state uint8

const (
	stateWaiting  state = iota // for its first use
	stateOpen                  // in use
	stateFarewell              // ended; the next poll is told how
	stateGone                  // ended
)

// session is one client's connection: a handshake, its one transport, and the
// sockets of its namespaces.
type session struct {
	server    *Server
	sid       string
	handshake *engineio.Handshake
	out       wire.Outbox
	entry     wire.Entry
	seen      atomic.Int64 // the wheel's time of the last packet

	busy bool // something came over the WebSocket; the reader's
	slow bool // the last pause was long; the reader's

	turn    sync.Mutex // held while handlers are called
	refused int        // namespaces; guarded by turn

	mu        sync.Mutex
	state     state
	onSocket  bool
	posting   bool // a POST is at work
	awaiting  bool // a heartbeat is not answered yet
	reason    socketio.Reason
	last      []byte        // what the last poll is told
	sockets   []*socket     // replaced, never changed
	poll      *poll         // the one that waits
	since     time.Duration // of the handshake, the last poll's end, or the last heartbeat
	lonely    time.Duration // since when there is no accepted socket; -1 if there is one
	settledBy sync.Once
}

func newSession(s *Server, h *engineio.Handshake) *session {
	now := s.wheel.Now()
	session := &session{server: s, sid: engineio.NewID(), handshake: h, since: now, lonely: now}
	session.seen.Store(int64(now))
	session.out.Init(s.env, session)
	return session
}

// open makes the session used, by its first transport. It returns false if it
// was used before, or has ended.
func (s *session) open(onSocket bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateWaiting || !s.server.use(s) {
		return false
	}
	now := s.server.wheel.Now()
	s.state, s.onSocket, s.since, s.lonely = stateOpen, onSocket, now, now
	s.seen.Store(int64(now))
	return true
}

// current returns the sockets of the session; the slice must not be changed.
func (s *session) current() []*socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sockets
}

func (s *session) find(endpoint string) *socket {
	for _, sock := range s.current() {
		if sock.endpoint == endpoint {
			return sock
		}
	}
	return nil
}

func (s *session) add(sock *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = append(slices.Clip(s.sockets), sock)
	s.lonely = -1
}

// remove takes a socket out, and reports whether it was the last one.
func (s *session) remove(sock *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := make([]*socket, 0, len(s.sockets))
	for _, other := range s.sockets {
		if other != sock {
			rest = append(rest, other)
		}
	}
	s.sockets = rest
	if len(rest) == 0 && s.lonely < 0 {
		s.lonely = s.server.wheel.Now()
		s.server.wheel.Sooner(&s.entry, s.lonely+s.server.config.ConnectTimeout)
	}
	return len(rest) == 0
}

// push queues packets, all or none.
func (s *session) push(frames ...[]byte) error {
	err := s.out.Push(frames...)
	switch {
	case errors.Is(err, wire.ErrFull):
		s.end(overflow())
		return socketio.ErrQueueFull
	case err != nil:
		return socketio.ErrClosed
	}
	return nil
}

// say queues one packet. That the session has ended is seen elsewhere.
func (s *session) say(packet []byte) { _ = s.push(wire.Frame(wire.OpText, packet)) }

// Drained implements wire.Owner.
func (s *session) Drained() {
	for _, sock := range s.current() {
		sock.handler.Drained()
	}
}

// Broken implements wire.Owner.
func (s *session) Broken(error) { s.end(transportError()) }
