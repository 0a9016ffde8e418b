package legacy

import (
	"errors"
	"net/http"
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
	session.out.Prepare(conn)
	attached := session.out.Attach(conn)
	s.env.Add() // the session is not settled
	s.wheel.Sooner(&session.entry, s.wheel.Now()+min(s.config.HeartbeatInterval, s.config.ConnectTimeout))
	go session.read(conn, attached)
}

// refuseWebSocket tells a client without a session to come back with one.
func (s *Server) refuseWebSocket(conn *websocket.Conn) {
	s.mu.RLock()
	closed := s.closed
	if !closed {
		s.env.Add()
	}
	s.mu.RUnlock()
	if closed {
		_ = conn.Close() // the client comes back by itself
		return
	}
	go func() {
		defer s.env.Done()
		var out wire.Outbox
		out.Init(s.env, nobody{})
		out.Attach(conn)
		out.Finish(append(wire.Frame(wire.OpText, []byte(reconnect)), wire.CloseFrame(websocket.CloseNormalClosure)...))
		wire.Drain(conn)
		out.Abort()
	}()
}

// nobody owns the outbox of a connection that is refused.
type nobody struct{}

func (nobody) Drained()     {}
func (nobody) Broken(error) {}

// read serves the WebSocket until its end.
func (s *session) read(conn *websocket.Conn, attached bool) {
	defer s.server.env.Done()
	if attached {
		s.begin()
		s.end(endingOf(s.server.env.Read(conn, s)))
	}
	s.settle()
	wire.Drain(conn)
	s.out.Abort()
}

// endingOf tells why reading ended. If the session has ended already, for
// another reason, nobody asks.
func endingOf(err error) ending {
	var closed *websocket.CloseError
	switch {
	case errors.As(err, &closed):
		return transportClose()
	case errors.Is(err, websocket.ErrReadLimit):
		return parseError(0) // gorilla has said why
	}
	return transportError()
}

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
	s.touch()
	return s.receive(data)
}
