package socketio

import (
	"bytes"
	"errors"
	"sync"

	"github.com/activityd/activityd/internal/realtime/engineio"
)

// conn is one session of the engine with its namespaces. Its methods but those
// of sending are called by the engine, one at a time.
type conn struct {
	server  *Server
	session *engineio.Session

	mu      sync.Mutex
	sockets []*socket // few, so that no map is needed; those sent away included
	partial *partial
}

// partial is a binary event that waits for its attachments.
type partial struct {
	packet      packet
	attachments [][]byte
	bytes       int
}

func (c *conn) protocol() Protocol {
	switch c.session.Revision() {
	case 2:
		return Protocol3
	case 3:
		return Protocol4
	}
	return Protocol5
}

// find returns the socket of a namespace, or nil.
func (c *conn) find(namespace []byte) *socket {
	if namespace == nil {
		namespace = []byte{'/'}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sockets {
		if string(namespace) == s.namespace {
			return s
		}
	}
	return nil
}

// remove forgets a socket and returns how many are left in use.
func (c *conn) remove(gone *socket) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := c.sockets[:0]
	inUse := 0
	for _, s := range c.sockets {
		if s == gone {
			continue
		}
		left = append(left, s)
		if s.inUse() {
			inUse++
		}
	}
	clear(c.sockets[len(left):])
	c.sockets = left
	return inUse
}

// othersInUse reports whether any other namespace is connected.
func (c *conn) othersInUse(but *socket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sockets {
		if s != but && s.inUse() {
			return true
		}
	}
	return false
}

// Message implements engineio.Handler.
func (c *conn) Message(data []byte, binary bool) {
	if err := c.take(data, binary); err != nil {
		c.session.Close(engineio.ReasonParseError)
	}
}

func (c *conn) take(data []byte, binary bool) error {
	if binary != (c.partial != nil) {
		return errPacket // binary without an announcement, or text in place of it
	}
	if binary {
		return c.attach(data)
	}
	p, err := parsePacket(data, c.server.config.MaxAttachments)
	if err != nil {
		return err
	}
	switch p.kind {
	case typeConnect:
		return c.takeConnect(p)
	case typeDisconnect:
		return c.takeDisconnect(p)
	case typeEvent, typeAck:
		return c.dispatch(p, nil)
	case typeBinaryEvent, typeBinaryAck:
		own := bytes.Clone(data) // the parts of p are parts of data
		if p, err = parsePacket(own, c.server.config.MaxAttachments); err != nil {
			return err
		}
		c.partial = &partial{packet: p, bytes: len(own)}
		return nil
	case typeError:
	}
	return errPacket
}

// attach takes an attachment of the event under way. Room is made as they come:
// the number that the client announced costs nothing.
func (c *conn) attach(data []byte) error {
	w := c.partial
	if w.bytes += len(data); w.bytes > c.server.config.MaxPacket {
		return errPacket
	}
	w.attachments = append(w.attachments, bytes.Clone(data))
	if len(w.attachments) < w.packet.attachments {
		return nil
	}
	c.partial = nil
	if !placeholdersFit(w.packet.data, len(w.attachments)) {
		return errPacket
	}
	return c.dispatch(w.packet, w.attachments)
}

func (c *conn) takeConnect(p packet) error {
	old := c.find(p.namespace)
	if old != nil && old.inUse() {
		return errPacket
	}
	r := &ConnectRequest{Namespace: "/", Query: string(p.query)}
	if p.namespace != nil {
		r.Namespace = string(p.namespace)
	}
	if c.protocol() >= Protocol5 && len(p.data) > 0 {
		if !isObject(p.data) {
			return errPacket
		}
		r.Auth = bytes.Clone(p.data)
	}
	if old != nil {
		c.remove(old)
	}
	c.mu.Lock()
	full := len(c.sockets) >= c.server.config.MaxNamespaces
	c.mu.Unlock()
	if full {
		return errPacket
	}
	c.connect(r)
	return nil
}

// connect lets the application decide, and tells the client.
func (c *conn) connect(r *ConnectRequest) {
	s := newSocket(c, r.Namespace)
	c.mu.Lock()
	c.sockets = append(c.sockets, s)
	c.mu.Unlock()
	handler, err := c.server.config.Connect(s, r)
	if err == nil {
		c.session.ExpectWithin(0)
		s.accept(handler)
		return
	}
	if r.Implicit {
		c.session.ExpectWithin(c.server.config.ConnectTimeout)
		s.accept(nil)
		return
	}
	s.abandon()
	c.remove(s)
	refusal := new(Refusal)
	if !errors.As(err, &refusal) {
		refusal = &Refusal{Message: "internal error"}
	}
	_ = c.session.Hold(encodeRefusal(c.protocol(), s.prefix, refusal)) // an error ends the session, which tells all
}

func (c *conn) takeDisconnect(p packet) error {
	s := c.find(p.namespace)
	if s == nil || len(p.data) > 0 {
		return errPacket
	}
	s.leave(ReasonClientDisconnect)
	if c.remove(s) == 0 {
		c.session.ExpectWithin(c.server.config.ConnectTimeout)
	}
	return nil
}

// dispatch hands an event or an acknowledgement to its socket.
func (c *conn) dispatch(p packet, attachments [][]byte) error {
	s := c.find(p.namespace)
	if s == nil {
		return errPacket
	}
	data := p.data
	if attachments == nil {
		data = bytes.Clone(data)
	}
	e := &Event{Attachments: attachments}
	args, err := splitArray(e.room[:0], data)
	if err != nil {
		return err
	}
	if p.kind == typeAck || p.kind == typeBinaryAck {
		s.acknowledged(p.id, Ack{Args: args, Attachments: attachments})
		return nil
	}
	if len(args) == 0 {
		return errPacket
	}
	var ok bool
	if e.Name, ok = Unquote(args[0]); !ok || ReservedEvent(e.Name) {
		return errPacket
	}
	e.Args = args[1:]
	s.event(e, p.id)
	return nil
}

// Drained implements engineio.Handler.
func (c *conn) Drained() {
	c.mu.Lock()
	var room [4]*socket
	all := append(room[:0], c.sockets...)
	c.mu.Unlock()
	for _, s := range all {
		s.drained()
	}
}

// Closed implements engineio.Handler.
func (c *conn) Closed(reason Reason) {
	c.mu.Lock()
	all := c.sockets
	c.sockets = nil
	c.mu.Unlock()
	for _, s := range all {
		s.leave(reason)
	}
}
