package socketio

import "sync/atomic"

// Event is one event from a client. It owns its bytes.
type Event struct {
	// Name is the event's name, unescaped.
	Name string
	// Args are the arguments after the name, each one JSON value.
	Args [][]byte
	// Attachments are the binary values that placeholders in Args stand for;
	// see Placeholder. Nil for most events.
	Attachments [][]byte

	ack func(attachments [][]byte, args [][]byte) error // of another package's socket

	socket   *socket // that of ours the client waits on, or nil
	id       int64
	answered atomic.Bool
	handling atomic.Bool // its handler is at work, and what it holds is flushed then
	room     [4][]byte   // for the name and Args
}

// NewEvent returns an event. ack answers it, and is nil if the client asked for
// no answer; it must tolerate to be called more than once. Only packages that
// implement Socket need it.
func NewEvent(name string, args, attachments [][]byte, ack func(attachments, args [][]byte) error) *Event {
	return &Event{Name: name, Args: args, Attachments: attachments, ack: ack}
}

// WantsAck reports whether the client waits for an acknowledgement.
func (e *Event) WantsAck() bool { return e.ack != nil || e.socket != nil }

// Ack answers the event; each argument is one JSON value, and not kept. Only the
// first call counts; without a client that waits it does nothing. The answer is
// written once Handler.Event returns; later, by the goroutine that calls, on
// which Handler.Drained may be called before Ack returns. Errors: ErrClosed,
// ErrQueueFull.
func (e *Event) Ack(args ...[]byte) error { return e.AckBinary(nil, args...) }

// AckBinary is Ack with binary values, which placeholders in args stand for.
func (e *Event) AckBinary(attachments [][]byte, args ...[]byte) error {
	switch {
	case e.ack != nil:
		return e.ack(attachments, args)
	case e.socket == nil || e.answered.Swap(true):
		return nil
	}
	return e.socket.answer(e, attachments, args)
}
