package main

import (
	"sync"

	"github.com/activityd/activityd/internal/realtime/socketio"
)

// room is where all sockets are.
type room struct {
	mu      sync.RWMutex
	members []*member
}

// member is one socket.
type member struct {
	room   *room
	socket socketio.Socket
	place  int // in members
}

func (r *room) connect(s socketio.Socket, _ *socketio.ConnectRequest) (socketio.Handler, error) {
	return &member{room: r, socket: s}, nil
}

// Connected implements socketio.Handler.
func (m *member) Connected() {
	m.room.mu.Lock()
	defer m.room.mu.Unlock()
	m.place = len(m.room.members)
	m.room.members = append(m.room.members, m)
}

// Event implements socketio.Handler. An error ends the socket, so it is not
// looked at.
func (m *member) Event(e *socketio.Event) {
	switch e.Name {
	case "echo":
		_ = e.Ack(e.Args...)
	case "all":
		m.room.tell(socketio.Prepare("news", e.Args...))
	}
}

// Drained implements socketio.Handler.
func (m *member) Drained() {}

// Disconnected implements socketio.Handler.
func (m *member) Disconnected(socketio.Reason) {
	r := m.room
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.members) - 1
	if m.place > last || r.members[m.place] != m {
		return // it was never in
	}
	r.members[m.place] = r.members[last]
	r.members[m.place].place = m.place
	r.members[last] = nil
	r.members = r.members[:last]
}

// tell sends news to all.
func (r *room) tell(news *socketio.Prepared) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, m := range r.members {
		_ = m.socket.EmitPrepared(news) // an error ends that socket
	}
}
