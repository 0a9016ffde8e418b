package legacy

import (
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/engineio/wire"
	"github.com/activityd/activityd/internal/realtime/socketio"

	"github.com/gorilla/websocket"
)

// farewellTime is how long a session that ended between two polls is kept, so
// that the next one gets what was queued.
const farewellTime = 3 * time.Second

// reconnect tells a client that its session is unknown and that it should come
// back: "client not handshaken", advice "reconnect".
const reconnect = "7:::1+0"

// ending is how and why a session ends.
type ending struct {
	reason socketio.Reason
	// abrupt drops what is queued, and cuts the connection.
	abrupt bool
	// code is that of the WebSocket's close frame; 0 says nothing more.
	code int
	// last is the packet that follows what is queued, or nil. A poll that has
	// no other news is told to reconnect.
	last []byte
}

func transportClose() ending { return ending{reason: engineio.ReasonTransportClose} }
func transportError() ending { return ending{reason: engineio.ReasonTransportError, abrupt: true} }
func pingTimeout() ending    { return ending{reason: engineio.ReasonPingTimeout, abrupt: true} }
func overflow() ending       { return ending{reason: engineio.ReasonOverflow, abrupt: true} }

func parseError(code int) ending { return ending{reason: engineio.ReasonParseError, code: code} }

// connectTimeout sends the client away for good: it would come back as lonely.
func connectTimeout() ending {
	return ending{
		reason: engineio.ReasonConnectTimeout, code: websocket.CloseNormalClosure, last: disconnectPacket(""),
	}
}

func clientLeft() ending {
	return ending{reason: socketio.ReasonClientDisconnect, code: websocket.CloseNormalClosure}
}

func serverLeft() ending {
	return ending{
		reason: socketio.ReasonServerDisconnect, code: websocket.CloseNormalClosure, last: disconnectPacket(""),
	}
}

func forced() ending {
	return ending{reason: engineio.ReasonForcedClose, code: websocket.CloseNormalClosure}
}

func shutdown() ending {
	return ending{reason: engineio.ReasonShutdown, code: websocket.CloseGoingAway}
}

// end ends the session once.
func (s *session) end(e ending) {
	s.mu.Lock()
	if s.state > stateOpen {
		s.mu.Unlock()
		return
	}
	unused := s.state == stateWaiting
	s.state, s.reason, s.last = stateGone, e.reason, []byte(reconnect)
	if e.last != nil {
		s.last = e.last
	}
	polling := !unused && !s.onSocket
	if polling && s.poll == nil && !e.abrupt && e.reason != engineio.ReasonShutdown {
		s.state = stateFarewell
	}
	state := s.state
	if s.poll != nil {
		s.poll.nudge()
	}
	s.mu.Unlock()

	s.hangUp(e, polling)
	if state == stateFarewell {
		s.server.wheel.Sooner(&s.entry, s.server.wheel.Now()+farewellTime)
	} else {
		s.server.forget(s, unused)
	}
	if polling {
		// On WebSocket the reader settles; here it may be a handler that ends.
		go s.settle()
	}
}

// hangUp ends the outbox.
func (s *session) hangUp(e ending, polling bool) {
	switch {
	case e.abrupt:
		s.out.Abort()
	case polling, e.code == 0:
		s.out.Finish(nil) // what is queued waits for the poll
	default:
		last := wire.CloseFrame(e.code)
		if e.last != nil {
			last = append(wire.Frame(wire.OpText, e.last), last...)
		}
		s.out.Finish(last)
	}
}

// settle tells the handlers of a session that has ended.
func (s *session) settle() {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	reason := s.reason
	s.mu.Unlock()
	for _, sock := range s.current() {
		sock.gone(reason)
	}
	s.settledBy.Do(s.server.settled)
}

// ended reports whether the session has ended.
func (s *session) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state > stateOpen
}

// endedBy reports whether the session has ended for a reason.
func (s *session) endedBy(reason socketio.Reason) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state > stateOpen && s.reason == reason
}
