package legacy

import (
	"bytes"
	"strings"

	"github.com/activityd/activityd/internal/realtime/socketio"

	"github.com/gorilla/websocket"
)

// begin connects the root namespace, which clients do not ask for.
func (s *session) begin() {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.join("", true)
}

// receive takes one packet, and reports whether more are wanted. The turn is
// held.
func (s *session) receive(data []byte) bool {
	p, err := parsePacket(data)
	if err == nil {
		err = s.dispatch(p)
	}
	if err != nil {
		s.end(parseError(websocket.CloseProtocolError))
		return false
	}
	return !s.ended()
}

func (s *session) dispatch(p packet) error {
	switch p.kind {
	case typeDisconnect:
		s.disconnected(p.endpoint)
	case typeConnect:
		return s.connect(p)
	case typeMessage, typeJSON, typeEvent:
		return s.event(p)
	case typeAck:
		return s.acknowledged(p)
	case typeHeartbeat, typeError, typeNoop:
		// That the client lives is all that they say.
	}
	return nil
}

// disconnected leaves a namespace, or the session with the root namespace.
func (s *session) disconnected(endpoint string) {
	if endpoint == "" {
		s.end(clientLeft())
		return
	}
	if sock := s.find(endpoint); sock != nil {
		s.remove(sock)
		sock.gone(socketio.ReasonClientDisconnect)
	}
}

// connect joins a namespace. A client that reconnects may ask twice for one.
func (s *session) connect(p packet) error {
	if p.endpoint == "" || s.find(p.endpoint) != nil {
		return nil
	}
	if !strings.HasPrefix(p.endpoint, "/") {
		s.refuse(p.endpoint)
		return nil
	}
	if len(s.current()) >= s.server.config.MaxNamespaces {
		return errPacket
	}
	s.join(p.endpoint, false)
	if s.refused > s.server.config.MaxNamespaces {
		return errPacket
	}
	return nil
}

// join lets the application decide about a namespace.
func (s *session) join(endpoint string, implicit bool) {
	sock := newSocket(s, endpoint)
	_, query, _ := strings.Cut(endpoint, "?")
	h, err := s.server.config.Connect(sock, &socketio.ConnectRequest{
		Namespace: sock.Namespace(), Query: query, Implicit: implicit,
	})
	if err == nil && sock.accept(h) {
		return
	}
	sock.shut()
	if err == nil {
		sock.gone(socketio.ReasonServerDisconnect)
	}
	if implicit {
		s.say(connectPacket(endpoint)) // without it the client would not go on
		return
	}
	s.refuse(endpoint)
}

func (s *session) refuse(endpoint string) {
	s.refused++
	s.say(refusalPacket(endpoint))
}

// event gives an event or message to its socket. A client may have sent events
// to a namespace before it learns that it is refused; those are dropped.
func (s *session) event(p packet) error {
	name, args, err := contentOf(p.kind, bytes.Clone(p.data))
	if err != nil {
		return err
	}
	sock := s.find(p.endpoint)
	if sock == nil || !sock.open() || socketio.ReservedEvent(name) {
		return nil
	}
	id := string(p.id)
	var reply func(attachments, args [][]byte) error
	switch {
	case p.dataAck:
		reply = sock.replier(id)
	case id != "":
		s.say(ackPacket(p.endpoint, id, false, nil))
	}
	sock.handler.Event(socketio.NewEvent(name, args, nil, reply))
	return nil
}

// contentOf reads the data of an event or message, which the result keeps.
func contentOf(kind packetType, data []byte) (name string, args [][]byte, err error) {
	switch kind {
	case typeMessage:
		return "message", [][]byte{socketio.AppendQuoted(nil, string(data))}, nil
	case typeJSON:
		if len(data) == 0 {
			data = []byte("null") // JavaScript's undefined
		}
		wrapped := append(append([]byte{'['}, data...), ']')
		args, err = socketio.SplitArray(wrapped)
		if err != nil || len(args) != 1 {
			return "", nil, errPacket
		}
		return "message", args, nil
	}
	return parseEvent(data)
}

// acknowledged gives an answer to whoever waits for it. Unknown ones are late,
// and dropped.
func (s *session) acknowledged(p packet) error {
	id, args, err := parseAck(bytes.Clone(p.data))
	if err != nil {
		return err
	}
	sock := s.find(p.endpoint)
	if sock == nil {
		return nil
	}
	if ack := sock.answered(id); ack != nil {
		ack(socketio.Ack{Args: args})
	}
	return nil
}
