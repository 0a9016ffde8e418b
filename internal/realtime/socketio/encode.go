package socketio

import (
	"strconv"

	"github.com/activityd/activityd/internal/realtime/engineio"
)

// appendEvent appends the JSON array of an event's name and arguments.
func appendEvent(dst []byte, event string, args [][]byte) []byte {
	size := len(event) + 4
	for _, a := range args {
		size += len(a) + 1
	}
	if cap(dst)-len(dst) < size {
		dst = append(make([]byte, 0, len(dst)+size), dst...)
	}
	dst = AppendQuoted(append(dst, '['), event)
	for _, a := range args {
		dst = append(append(dst, ','), a...)
	}
	return append(dst, ']')
}

// appendArgs appends the JSON array of an acknowledgement's arguments.
func appendArgs(dst []byte, args [][]byte) []byte {
	dst = append(dst, '[')
	for i, a := range args {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, a...)
	}
	return append(dst, ']')
}

// encodeAck returns the frame of an acknowledgement without binary values.
func encodeAck(prefix []byte, id int64, args [][]byte) []byte {
	var room [20]byte
	digits := strconv.AppendInt(room[:0], id, 10)
	size := 1 + len(prefix) + len(digits) + len("[]") + max(len(args)-1, 0)
	for _, a := range args {
		size += len(a)
	}
	f := append(engineio.BeginText(size), byte(typeAck))
	return appendArgs(append(append(f, prefix...), digits...), args)
}

// encode returns the frames of a packet that carries data: of an event or an
// acknowledgement of the plain kind, which becomes the binary kind if there are
// attachments. prefix is the namespace with its comma, or empty.
func encode(revision int, kind packetType, prefix []byte, id int64, data []byte, attachments [][]byte) [][]byte {
	var room [24]byte
	head := room[:0]
	if len(attachments) > 0 {
		kind += typeBinaryEvent - typeEvent
		head = append(head, byte(kind))
		head = append(strconv.AppendInt(head, int64(len(attachments)), 10), '-')
	} else {
		head = append(head, byte(kind))
	}
	var number [20]byte
	digits := number[:0]
	if id != noID {
		digits = strconv.AppendInt(digits, id, 10)
	}
	frames := make([][]byte, 1, 1+len(attachments))
	frames[0] = engineio.TextFrame(head, prefix, digits, data)
	for _, a := range attachments {
		frames = append(frames, engineio.BinaryFrame(revision, a))
	}
	return frames
}

// encodeRefusal returns the frame of a refusal in the protocol's form.
func encodeRefusal(protocol Protocol, prefix []byte, r *Refusal) []byte {
	var data []byte
	switch {
	case protocol >= Protocol5:
		data = AppendQuoted(append(data, `{"message":`...), r.Message)
		if r.Data != nil {
			data = append(append(data, `,"data":`...), r.Data...)
		}
		data = append(data, '}')
	case r.Data != nil:
		data = r.Data
	default:
		data = AppendQuoted(data, r.Message)
	}
	return engineio.TextFrame([]byte{byte(typeError)}, prefix, data)
}

// encodeConnect returns the frame of an acceptance.
func encodeConnect(protocol Protocol, prefix []byte, id string) []byte {
	var data []byte
	if protocol >= Protocol5 {
		data = append(AppendQuoted(append(data, `{"sid":`...), id), '}')
	}
	return engineio.TextFrame([]byte{byte(typeConnect)}, prefix, data)
}
