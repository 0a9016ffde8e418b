package legacy

import (
	"errors"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"

	"github.com/gorilla/websocket"
)

// serveWebSocket gives a session its WebSocket. It returns at once: a handler
// that stays would keep the buffers of net/http.
func (s *Server) serveWebSocket(w http.ResponseWriter, r *http.Request, sid string) {
	if !websocket.IsWebSocketUpgrade(r) {
		answerText(w, http.StatusBadRequest, "Not a WebSocket handshake.")
		return
	}
	conn, err := s.env.Upgrade(w, r, nil)
	if err != nil {
		return // answered
	}
	session := s.find(sid)
	if session == nil || !session.open(true) {
		if session != nil {
			session.abandonPolling()
		}
		s.refuseWebSocket(conn)
		return
	}
	if !session.out.Attach(conn) {
		_ = conn.Close() // the session has just ended
		session.settle()
		return
	}
	s.wheel.Sooner(&session.entry, s.wheel.Now()+min(s.config.HeartbeatInterval, s.config.ConnectTimeout))
	session.begin()
	session.out.Flush()
	conn.Start(&session.out, session) // the session is not settled
}

// refuseWebSocket tells a client without a session to come back with one.
func (s *Server) refuseWebSocket(conn *wire.Conn) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		_ = conn.Close() // the client comes back by itself
		return
	}
	r := &refusedConn{}
	r.out.Init(s.env, r)
	r.out.Attach(conn)
	conn.Start(&r.out, r) // Close waits for the lock before it waits for readers
	r.out.Finish(append(wire.Frame(wire.OpText, []byte(reconnect)), wire.CloseFrame(websocket.CloseNormalClosure)...))
}

// refusedConn is a WebSocket that is told one thing.
type refusedConn struct {
	out wire.Outbox
}

// Drained implements wire.Owner.
func (r *refusedConn) Drained() {}

// Broken implements wire.Owner.
func (r *refusedConn) Broken(error) {}

// Receive implements wire.Receiver.
func (r *refusedConn) Receive(bool, []byte) bool { return false }

// Quiet implements wire.Receiver.
func (r *refusedConn) Quiet() bool { return false }

// Ended implements wire.Receiver.
func (r *refusedConn) Ended(error) {}

// Ended implements wire.Receiver.
func (s *session) Ended(err error) {
	s.end(endingOf(err))
	s.settle()
}

// endingOf tells why reading ended. If the session has ended already, for
// another reason, nobody asks.
func endingOf(err error) ending {
	var closed *websocket.CloseError
	switch {
	case errors.As(err, &closed):
		return transportClose()
	case errors.Is(err, websocket.ErrReadLimit):
		return parseError(0) // wire has said why
	}
	return transportError()
}

// quiet is a pause between messages after which the next pause is taken to be
// long.
const quiet = 100 * time.Millisecond

// Quiet implements wire.Receiver.
func (s *session) Quiet() bool { return s.slow || !s.busy }

// Receive implements wire.Receiver: on WebSocket a message is a packet.
func (s *session) Receive(binary bool, data []byte) bool {
	s.turn.Lock()
	defer s.turn.Unlock()
	switch {
	case s.ended():
		return false
	case binary:
		s.end(parseError(websocket.CloseUnsupportedData))
		return false
	case !utf8.Valid(data):
		s.end(parseError(websocket.CloseInvalidFramePayloadData))
		return false
	}
	before := s.seen.Load()
	s.touch()
	s.slow = !s.busy || time.Duration(s.seen.Load()-before) > quiet
	s.busy = true
	return s.receive(data)
}
