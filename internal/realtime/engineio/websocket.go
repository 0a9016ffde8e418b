package engineio

import (
	"net/http"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"

	"github.com/gorilla/websocket"
)

// openWebSocket opens a session on a WebSocket. It returns at once: a handler
// that stays would keep the buffers of net/http.
func (s *Server) openWebSocket(w http.ResponseWriter, r *http.Request, q query) {
	h := NewHandshake(r, s.config.KeepHeaders)
	conn, err := s.env.Upgrade(w, r, nil)
	if err != nil {
		return // answered
	}
	session := s.newSession(h, q)
	if session == nil {
		_ = conn.Close() // the server is closing
		return
	}
	if !session.out.Attach(conn) {
		_ = conn.Close() // the application has ended the session at once
		return
	}
	session.out.Flush()
	session.startReader(conn)
}

// startReader reads the session's WebSocket. If the session has ended
// meanwhile, the reader finds a closed connection.
func (s *Session) startReader(conn *wire.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateOpen {
		conn.Start(&s.out, s)
		return
	}
	s.out.Abort()
}

// Ended implements wire.Receiver.
func (s *Session) Ended(err error) {
	reason := ReasonTransportError
	if _, ok := err.(*websocket.CloseError); ok { //nolint:errorlint // it comes bare
		reason = ReasonTransportClose
	}
	s.end(reason, spent)
}

// quiet is a pause between messages after which the next pause is taken to be
// long.
const quiet = 100 * time.Millisecond

// Quiet implements wire.Receiver.
func (s *Session) Quiet() bool { return s.slow || !s.busy }

// Receive implements wire.Receiver.
func (s *Session) Receive(binary bool, data []byte) bool {
	if s.socketForm&formTwice != 0 && !binary {
		data = decodeTwice(data)
	}
	before := s.seen.Load()
	more, err := s.receive(binary, data)
	if err != nil {
		s.end(ReasonParseError, graceful)
		return false
	}
	s.slow = !s.busy || time.Duration(s.seen.Load()-before) > quiet
	s.busy = true
	return more
}

// upgrade takes a WebSocket for a session that polls. A second one is closed;
// the session goes on.
func (s *Session) upgrade(w http.ResponseWriter, r *http.Request, q query) {
	s.mu.Lock()
	refused := s.onSocket || s.probing || s.state != stateOpen
	if !refused {
		s.probing = true
	}
	s.mu.Unlock()
	conn, err := s.server.env.Upgrade(w, r, nil)
	if err != nil || refused {
		if err == nil {
			_ = conn.Close() // there is nothing to be said
		}
		if !refused {
			s.endProbe()
		}
		return
	}
	s.mu.Lock()
	s.upgrading = conn
	open := s.state == stateOpen
	if open {
		s.server.env.Add() // the session is registered
	}
	s.mu.Unlock()
	if !open {
		_ = conn.Close() // the session has just ended
		return
	}
	go s.probe(conn, q)
}

// endProbe gives the upgrade up.
func (s *Session) endProbe() {
	s.mu.Lock()
	s.probing, s.probed, s.upgrading = false, false, nil
	s.mu.Unlock()
}

// probe leads the upgrade, and serves the WebSocket once it is the transport.
func (s *Session) probe(conn *wire.Conn, q query) {
	if !s.probeUntilUpgraded(conn, q) {
		s.endProbe()
		_ = conn.Close() // the client stays with polling
		s.server.env.Done()
		return
	}
	s.out.Flush()
	s.startReader(conn)
	s.server.env.Done()
}

// probeUntilUpgraded answers the client's probe, and reports whether the client
// then made the WebSocket its transport.
func (s *Session) probeUntilUpgraded(conn *wire.Conn, q query) bool {
	if conn.SetDeadline(time.Now().Add(s.server.config.UpgradeTimeout)) != nil {
		return false
	}
	for {
		binary, data, err := conn.Next()
		if err != nil || binary {
			return false
		}
		switch string(data) {
		case "2probe":
			if conn.Write(wire.Frame(wire.OpText, []byte("3probe"))) != nil {
				return false
			}
			s.mu.Lock()
			s.probed = true
			if s.wake != nil {
				wakeUp(s.wake)
			}
			s.mu.Unlock()
		case "5":
			return s.switchTo(conn, q)
		default:
			return false
		}
	}
}

// switchTo makes conn the transport.
func (s *Session) switchTo(conn *wire.Conn, q query) bool {
	if conn.SetDeadline(time.Time{}) != nil {
		return false
	}
	s.touch()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateOpen {
		return false
	}
	s.onSocket, s.probing, s.probed, s.upgrading = true, false, false, nil
	s.socketForm = socketFormOf(q)
	if s.wake != nil {
		wakeUp(s.wake)
	}
	if s.socketForm != 0 {
		if frames := s.out.Take(nil); frames != nil {
			if s.out.Push(s.socketForm.convert(frames)...) != nil {
				return false
			}
		}
	}
	return s.out.Attach(conn)
}
