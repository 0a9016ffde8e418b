package legacy

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/engineio/wire"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// preparedForm is the one encoding that protocol 1 has of an event.
const preparedForm socketio.Form = "1"

type standing uint8

const (
	pending  standing = iota // ConnectFunc decides
	accepted                 // connected
	closed                   // refused, or no longer connected
)

// socket implements socketio.Socket.
type socket struct {
	session  *session
	id       string
	endpoint string // as the client wrote it; "" is the root namespace
	handler  socketio.Handler
	told     bool // Disconnected was called; guarded by the session's turn

	mu       sync.Mutex
	standing standing
	held     [][]byte // what was emitted while pending
	heldSize int
	acks     map[uint64]func(socketio.Ack)
	lastAck  uint64
}

func newSocket(s *session, endpoint string) *socket {
	return &socket{session: s, id: engineio.NewID(), endpoint: endpoint}
}

// ID implements socketio.Socket. It is not the session's id, which is a secret.
func (k *socket) ID() string { return k.id }

// Namespace implements socketio.Socket.
func (k *socket) Namespace() string {
	path, _, _ := strings.Cut(k.endpoint, "?")
	if path == "" {
		return "/"
	}
	return path
}

// Protocol implements socketio.Socket.
func (k *socket) Protocol() socketio.Protocol { return socketio.Protocol1 }

// Handshake implements socketio.Socket.
func (k *socket) Handshake() *engineio.Handshake { return k.session.handshake }

// Queued implements socketio.Socket.
func (k *socket) Queued() int { return k.session.out.Queued() }

// Emit implements socketio.Socket.
func (k *socket) Emit(event string, args ...[]byte) error {
	if socketio.ReservedEvent(event) {
		return socketio.ErrReserved
	}
	return k.send(wire.Frame(wire.OpText, eventPacket("", k.endpoint, event, false, args)))
}

// EmitPrepared implements socketio.Socket.
func (k *socket) EmitPrepared(p *socketio.Prepared) error {
	if socketio.ReservedEvent(p.Event()) {
		return socketio.ErrReserved
	}
	return k.send(p.Frames(preparedForm, k.endpoint, func() [][]byte {
		packet := eventPacket("", k.endpoint, p.Event(), len(p.Attachments()) > 0, p.Args())
		return [][]byte{wire.Frame(wire.OpText, packet)}
	})...)
}

// EmitAck implements socketio.Socket.
func (k *socket) EmitAck(ack func(socketio.Ack), event string, args ...[]byte) error {
	if socketio.ReservedEvent(event) {
		return socketio.ErrReserved
	}
	id, err := k.expect(ack)
	if err != nil {
		return err
	}
	packet := eventPacket(strconv.FormatUint(id, 10), k.endpoint, event, false, args)
	if err := k.send(wire.Frame(wire.OpText, packet)); err != nil {
		k.answered(id)
		return err
	}
	return nil
}

// expect gives an acknowledgement its id.
func (k *socket) expect(ack func(socketio.Ack)) (uint64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.standing == closed:
		return 0, socketio.ErrClosed
	case len(k.acks) >= k.session.server.config.MaxAcks:
		return 0, socketio.ErrTooManyAcks
	case k.acks == nil:
		k.acks = make(map[uint64]func(socketio.Ack))
	}
	k.lastAck++
	k.acks[k.lastAck] = ack
	return k.lastAck, nil
}

// answered returns who waits for an acknowledgement, once, or nil.
func (k *socket) answered(id uint64) func(socketio.Ack) {
	k.mu.Lock()
	defer k.mu.Unlock()
	ack := k.acks[id]
	delete(k.acks, id)
	return ack
}

// send queues frames, or holds them until the socket is accepted.
func (k *socket) send(frames ...[]byte) error {
	k.mu.Lock()
	standing := k.standing
	if standing == pending {
		defer k.mu.Unlock()
		for _, f := range frames {
			k.heldSize += len(f)
		}
		if k.heldSize > k.session.server.config.MaxQueue {
			return socketio.ErrQueueFull
		}
		k.held = append(k.held, frames...)
		return nil
	}
	k.mu.Unlock()
	if standing == closed {
		return socketio.ErrClosed
	}
	return k.session.push(frames...)
}

// replier returns what answers an event of the client, once.
func (k *socket) replier(id string) func(attachments, args [][]byte) error {
	var done atomic.Bool
	return func(attachments, args [][]byte) error {
		if !done.CompareAndSwap(false, true) {
			return nil
		}
		return k.send(wire.Frame(wire.OpText, ackPacket(k.endpoint, id, len(attachments) > 0, args)))
	}
}

// accept tells the client that it is connected, and lets go what was held. It
// reports whether the socket was not sent away before. The turn is held.
func (k *socket) accept(h socketio.Handler) bool {
	k.handler = h
	k.mu.Lock()
	if k.standing == closed {
		k.held = nil
		k.mu.Unlock()
		return false
	}
	frames := append([][]byte{wire.Frame(wire.OpText, connectPacket(k.endpoint))}, k.held...)
	full := k.heldSize > k.session.server.config.MaxQueue
	err := k.session.push(frames...)
	k.standing, k.held = accepted, nil
	k.mu.Unlock()
	if full {
		k.session.end(overflow())
	}
	k.session.add(k)
	if err == nil {
		h.Connected()
	}
	return true
}

// shut lets the socket send and receive no more.
func (k *socket) shut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.standing, k.held, k.acks = closed, nil, nil
}

// open reports whether the socket may receive.
func (k *socket) open() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.standing == accepted
}

// gone tells the handler, once, that the socket is no longer connected. The turn
// is held.
func (k *socket) gone(reason socketio.Reason) {
	k.shut()
	if k.told {
		return
	}
	k.told = true
	k.handler.Disconnected(reason)
}

// Disconnect implements socketio.Socket. Of the root namespace it ends the whole
// session, since that is how clients take it.
func (k *socket) Disconnect() {
	s := k.session
	k.mu.Lock()
	before := k.standing
	k.standing, k.acks = closed, nil
	if before == accepted {
		s.server.env.Add() // the session is not settled while it has an accepted socket
	}
	k.mu.Unlock()
	if before != accepted {
		return
	}
	last := s.remove(k)
	if k.endpoint != "" {
		s.say(disconnectPacket(k.endpoint))
	}
	if last || k.endpoint == "" {
		s.end(serverLeft())
	}
	go func() { // a handler may be what disconnects
		defer s.server.env.Done()
		s.turn.Lock()
		defer s.turn.Unlock()
		k.gone(socketio.ReasonServerDisconnect)
	}()
}

// Close implements socketio.Socket.
func (k *socket) Close() { k.session.end(forced()) }
