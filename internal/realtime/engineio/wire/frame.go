package wire

import (
	"encoding/binary"

	"github.com/gorilla/websocket"
)

// The operation codes of data frames.
const (
	OpText   byte = websocket.TextMessage
	OpBinary byte = websocket.BinaryMessage
)

// Frame returns one final WebSocket frame of a server (unmasked) whose payload
// is the parts in a row. Frames may be shared between connections and must not
// be changed.
func Frame(op byte, parts ...[]byte) []byte {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	f := Begin(op, size)
	for _, p := range parts {
		f = append(f, p...)
	}
	return f
}

// Begin returns the head of a frame such as Frame returns, to which size bytes
// are to be appended, for which there is room.
func Begin(op byte, size int) []byte {
	var f []byte
	switch {
	case size < 126:
		f = make([]byte, 2, 2+size)
		f[1] = byte(size)
	case size <= 0xffff:
		f = make([]byte, 4, 4+size)
		f[1] = 126
		binary.BigEndian.PutUint16(f[2:], uint16(size))
	default:
		f = make([]byte, 10, 10+size)
		f[1] = 127
		binary.BigEndian.PutUint64(f[2:], uint64(size))
	}
	f[0] = final | op
	return f
}

// Payload returns the payload of a frame made by Frame.
func Payload(frame []byte) []byte {
	switch frame[1] {
	case 126:
		return frame[4:]
	case 127:
		return frame[10:]
	}
	return frame[2:]
}

// IsBinary reports whether a frame made by Frame holds binary data.
func IsBinary(frame []byte) bool { return frame[0]&opcode == OpBinary }

// CloseFrame returns the frame that ends a connection, with one of gorilla's
// close codes.
func CloseFrame(code int) []byte {
	return Frame(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""))
}
