package socketio

// Mux is a Handler made of functions, for applications that keep nothing more
// per socket. It is shared by all sockets of a namespace: Bind gives the Handler
// of one. Functions must be set before the first Bind.
type Mux struct {
	connected    func(Socket)
	disconnected func(Socket, Reason)
	events       map[string]func(Socket, *Event)
}

// OnConnect sets what is called when a client has been told that it is connected.
func (m *Mux) OnConnect(f func(Socket)) { m.connected = f }

// OnDisconnect sets what is called at the end of a socket.
func (m *Mux) OnDisconnect(f func(Socket, Reason)) { m.disconnected = f }

// On sets what is called for an event. Events without a function are dropped.
func (m *Mux) On(event string, f func(Socket, *Event)) {
	if m.events == nil {
		m.events = make(map[string]func(Socket, *Event))
	}
	m.events[event] = f
}

// Bind returns the Handler of one socket.
func (m *Mux) Bind(s Socket) Handler { return bound{m, s} }

type bound struct {
	mux    *Mux
	socket Socket
}

func (b bound) Connected() {
	if b.mux.connected != nil {
		b.mux.connected(b.socket)
	}
}

func (b bound) Event(e *Event) {
	if f := b.mux.events[e.Name]; f != nil {
		f(b.socket, e)
	}
}

func (b bound) Drained() {}

func (b bound) Disconnected(r Reason) {
	if b.mux.disconnected != nil {
		b.mux.disconnected(b.socket, r)
	}
}
