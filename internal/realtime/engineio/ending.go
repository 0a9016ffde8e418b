package engineio

import (
	"github.com/activityd/activityd/internal/realtime/engineio/wire"

	"github.com/gorilla/websocket"
)

// manner is how a session is ended.
type manner uint8

const (
	// abrupt drops what is queued; nothing more is told to the client but to a
	// poll that waits.
	abrupt manner = iota
	// graceful writes what is queued first.
	graceful
	// answering answers the close packet of the client.
	answering
	// spent leaves a WebSocket on which nothing more can be said.
	spent
)

// end ends the session once. The handler is told on a goroutine of its own, since
// it may be the handler that ends it; a spent WebSocket's reader tells it itself.
func (s *Session) end(reason Reason, how manner) {
	s.mu.Lock()
	if s.state != stateOpen {
		s.mu.Unlock()
		return
	}
	s.state = stateClosed
	switch {
	case how == answering:
		s.farewell = '6'
	case reason == ReasonForcedClose, reason == ReasonShutdown:
		s.farewell = 0 // a client in Python would not come back after a close packet
	default:
		s.farewell = '1'
	}
	if !s.onSocket && s.wake == nil && how != abrupt {
		s.state = stateFarewell
	}
	state, upgrading := s.state, s.upgrading
	if s.wake != nil {
		wakeUp(s.wake)
	}
	s.server.endings.Add(1) // the session is registered, so Close still waits
	s.mu.Unlock()

	if upgrading != nil {
		_ = upgrading.Close() // its reader is told by it
	}
	s.hangUp(reason, how)
	if state == stateFarewell {
		s.server.wheel.Sooner(&s.entry, s.server.wheel.Now()+farewellTime)
	} else {
		s.server.unregister(s)
	}
	if how == spent {
		s.closed(reason)
		return
	}
	go s.closed(reason)
}

// closed tells the handler.
func (s *Session) closed(reason Reason) {
	defer s.server.endings.Done()
	s.receiving.Lock()
	defer s.receiving.Unlock()
	s.handler.Closed(reason)
}

// Run calls f while nothing else is called on the session's handler, on a
// goroutine that Server.Close waits for. A session that has ended runs nothing.
func (s *Session) Run(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateOpen {
		return
	}
	s.server.endings.Add(1) // the session is registered, so Close still waits
	go func() {
		defer s.server.endings.Done()
		s.receiving.Lock()
		defer s.receiving.Unlock()
		f()
	}()
}

// hangUp ends the outbox.
func (s *Session) hangUp(reason Reason, how manner) {
	switch {
	case how == abrupt, how == answering && !s.onSocket:
		s.out.Abort()
	case how == spent, !s.onSocket:
		s.out.Finish(nil) // of polling, what is queued waits for the poll
	default:
		s.out.Finish(wire.CloseFrame(closeCode(reason)))
	}
}

func closeCode(reason Reason) int {
	switch reason {
	case ReasonParseError:
		return websocket.CloseProtocolError
	case ReasonShutdown:
		return websocket.CloseGoingAway
	}
	return websocket.CloseNormalClosure
}

// shutdown ends the session with the server. A session that waits for its last
// poll is dropped.
func (s *Session) shutdown() {
	s.end(ReasonShutdown, graceful)
	s.mu.Lock()
	farewell := s.state == stateFarewell
	if farewell {
		s.state = stateClosed
	}
	s.mu.Unlock()
	if farewell {
		s.out.Abort()
		s.server.unregister(s)
	}
}

// wakeUp wakes a poll; the channel has room for one value.
func wakeUp(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}
