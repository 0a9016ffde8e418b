package socketio

import (
	"errors"

	"github.com/activityd/activityd/internal/realtime/engineio"
)

// Protocol is a revision of the Socket.IO packet protocol.
type Protocol int

// The revisions, and the clients that speak them.
const (
	Protocol1 Protocol = 1 // 0.9
	Protocol3 Protocol = 3 // 1.0
	Protocol4 Protocol = 4 // 1.1 to 2.x
	Protocol5 Protocol = 5 // 3.x and 4.x
)

// Reason tells why a socket ended: one of the reasons of engineio, or one of
// those below.
type Reason = engineio.Reason

// The reasons of a socket's end that leave the session below it alone.
const (
	ReasonClientDisconnect Reason = "client namespace disconnect"
	ReasonServerDisconnect Reason = "server namespace disconnect"
)

// Errors of sending. ErrClosed and ErrQueueFull may come wrapped.
var (
	// ErrClosed is a socket that is no longer connected.
	ErrClosed = errors.New("socketio: socket is closed")
	// ErrQueueFull is a peer that reads too slowly. The session is closed with
	// it, so that the client learns that it missed something.
	ErrQueueFull = errors.New("socketio: queue is full")
	// ErrReserved is an event name that belongs to the protocol.
	ErrReserved = errors.New("socketio: event name is reserved")
	// ErrTooManyAcks is a peer that owes too many acknowledgements.
	ErrTooManyAcks = errors.New("socketio: too many acknowledgements outstanding")
)

// Socket is one client's connection to one namespace. Packages socketio and
// legacy implement it.
type Socket interface {
	// ID is unpredictable and unique to this connection of this namespace.
	ID() string
	// Namespace is the path that the client sent, without its query.
	Namespace() string
	// Protocol is the revision that the client speaks.
	Protocol() Protocol
	// Handshake is the request that opened the session below.
	Handshake() *engineio.Handshake

	// Emit sends an event; each argument is one JSON value, and not kept.
	// What is emitted while ConnectFunc still decides is held, and follows the
	// acceptance. Errors: ErrClosed, ErrQueueFull, ErrReserved.
	Emit(event string, args ...[]byte) error
	// EmitPrepared sends an event whose encoding is shared with other sockets.
	EmitPrepared(p *Prepared) error
	// EmitAck is Emit with a request for an acknowledgement. ack is called at
	// most once, on the goroutine that calls the Handler, and not at all if the
	// socket ends first. Errors as of Emit, and ErrTooManyAcks.
	EmitAck(ack func(Ack), event string, args ...[]byte) error

	// Queued is the number of bytes that wait to be written to the session.
	Queued() int
	// Disconnect tells the client that it was sent away from this namespace; it
	// does not come back by itself. Other namespaces of the session go on; the
	// last one closes it.
	Disconnect()
	// Close ends the whole session, all its namespaces included, once what is
	// queued is written. The client sees a lost connection and comes back.
	Close()
}

// Handler takes what one socket receives.
type Handler interface {
	// Connected is called once, when the client has been told of the acceptance.
	Connected()
	// Event takes an event, which belongs to the handler.
	Event(*Event)
	// Drained is called when everything sent so far was handed to the network,
	// possibly on another goroutine and concurrently with the other methods. It
	// must not block.
	Drained()
	// Disconnected is called once, as the last call besides Drained, and only
	// after ConnectFunc had accepted. It may come before Connected was called.
	Disconnected(Reason)
}

// Ack is what a client answered to EmitAck.
type Ack struct {
	// Args are JSON values; they belong to the receiver.
	Args [][]byte
	// Attachments are the binary values that placeholders in Args stand for.
	Attachments [][]byte
}

// ConnectRequest is a client that asks for a namespace.
type ConnectRequest struct {
	// Namespace begins with a slash; it is exactly what the client sent,
	// without the query.
	Namespace string
	// Query is the undecoded query of the namespace (protocols 1 to 4), or "".
	Query string
	// Auth is the JSON object of the client's auth (protocol 5), or nil.
	Auth []byte
	// Implicit marks the root namespace of protocols 1, 3 and 4, which the
	// client does not ask for. A refusal is not told to it: it counts as
	// connected, and what it sends there is dropped.
	Implicit bool
}

// ConnectFunc decides about a client. It returns the handler of the socket, or
// an error: a *Refusal is told to the client, anything else as an internal one.
// Calls for different sessions are concurrent.
type ConnectFunc func(Socket, *ConnectRequest) (Handler, error)

// Refusal is the answer to a client that may not connect.
type Refusal struct {
	// Message is one sentence.
	Message string
	// Data is a JSON value with details, or nil. Protocol 5 is told
	// {"message", "data"}; protocols 3 and 4 are told Data itself, or Message as
	// a string; protocol 1 can be told neither but at its handshake.
	Data []byte
}

// Error implements error.
func (r *Refusal) Error() string { return r.Message }

// UnknownNamespace is the refusal for a namespace that does not exist.
func UnknownNamespace() *Refusal { return &Refusal{Message: "Invalid namespace"} }

// ReservedEvent reports whether an event name belongs to the protocol, so that
// neither side may send it.
func ReservedEvent(name string) bool {
	switch name {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}
