package socketio

import (
	"sync"
)

// maxForms bounds the encodings that a Prepared remembers.
const maxForms = 16

// Prepared is an event to be sent to many sockets: it is encoded once for each
// form and namespace, and the bytes are shared.
type Prepared struct {
	event       string
	args        [][]byte
	data        []byte // the array of name and arguments, as protocols 3 to 5 send it
	attachments [][]byte

	mu    sync.Mutex
	forms []encoded
}

type encoded struct {
	form      Form
	namespace string
	frames    [][]byte
}

// Form tells encodings of one event for one namespace apart.
type Form string

// Prepare returns an event for EmitPrepared; each argument is one JSON value.
// The arguments must not be changed afterwards.
func Prepare(event string, args ...[]byte) *Prepared {
	return PrepareBinary(event, nil, args...)
}

// PrepareBinary is Prepare with binary values, which placeholders in args stand
// for. Clients of protocol 1 get null in their place.
func PrepareBinary(event string, attachments [][]byte, args ...[]byte) *Prepared {
	return &Prepared{event: event, args: args, attachments: attachments, data: appendEvent(nil, event, args)}
}

// Event returns the event's name.
func (p *Prepared) Event() string { return p.event }

// Args returns the arguments, which must not be changed.
func (p *Prepared) Args() [][]byte { return p.args }

// Attachments returns the binary values, which must not be changed.
func (p *Prepared) Attachments() [][]byte { return p.attachments }

// Frames returns the encoding for a form and a namespace, made by encode the
// first time. Only packages that implement Socket need it. The result must not
// be changed.
func (p *Prepared) Frames(form Form, namespace string, encode func() [][]byte) [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.forms {
		if p.forms[i].form == form && p.forms[i].namespace == namespace {
			return p.forms[i].frames
		}
	}
	frames := encode()
	if len(p.forms) < maxForms {
		p.forms = append(p.forms, encoded{form, namespace, frames})
	}
	return frames
}
