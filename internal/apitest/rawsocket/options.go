package rawsocket

import (
	"encoding/json"
	"net"
	"net/url"
)

// Generation is a generation of the official client, by its wire protocol.
type Generation string

// The generations.
const (
	V09 Generation = "0.9" // protocol 1
	V2  Generation = "2.x" // Engine.IO 3
	V4  Generation = "4.x" // Engine.IO 4
)

// Form is how a client talks.
type Form struct {
	Generation Generation
	Polling    bool // instead of WebSocket
}

// String gives the form's name.
func (f Form) String() string {
	if f.Polling {
		return string(f.Generation) + " polling"
	}
	return string(f.Generation) + " websocket"
}

// Forms gives all forms.
func Forms() []Form {
	return []Form{{V4, false}, {V4, true}, {V2, false}, {V2, true}, {V09, false}, {V09, true}}
}

// Options say where a client connects and as whom.
type Options struct {
	Form
	Address   string                   // host and port to dial
	Dial      func() (net.Conn, error) // in place of dialing; nil for none
	Host      string                   // of the requests; Address when empty
	Namespace string                   // such as "/alice"
	Token     string                   // "" for none

	NotOwn bool // own=false
	Items  bool // changes=items
	ByURL  bool // token and wishes stand in the connection's URL; 0.9 knows no other way

	// Small keeps the kernel's buffers small, so that a client that stops
	// reading is noticed by the server after some ten kilobytes.
	Small bool

	// Event, if not nil, is called for each event, in order, by the goroutine
	// that reads: while it does not return the client does not read.
	Event func(name string, args []json.RawMessage)
}

func (o *Options) wishes() url.Values {
	q := url.Values{}
	if o.Token != "" {
		q.Set("auth", o.Token)
	}
	if o.NotOwn {
		q.Set("own", "false")
	}
	if o.Items {
		q.Set("changes", "items")
	}
	return q
}

// Refusal is the error of a client that was not let in.
type Refusal struct {
	Object json.RawMessage // the API's error object; nil where the protocol tells none
}

// Error gives the error object.
func (r *Refusal) Error() string { return "refused: " + string(r.Object) }
