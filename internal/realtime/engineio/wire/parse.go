package wire

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// The bits of a frame's first two bytes.
const (
	final    = 0x80
	reserved = 0x70
	opcode   = 0x0f
	masked   = 0x80
)

// opContinuation continues a message.
const opContinuation byte = 0

// head is what stands before the payload of a client's frame.
type head struct {
	final  bool
	op     byte
	length int // of the head in bytes
	size   int // of the payload
	key    [4]byte
}

func (h head) control() bool { return h.op >= websocket.CloseMessage }

// parseHead reads the head of a frame; a length of 0 is a head that has not come
// as a whole. size is at most limit, except that of a frame that is refused with
// tooBig.
func parseHead(b []byte, limit int64) (h head, tooBig bool, err error) {
	if len(b) < 2 {
		return h, false, nil
	}
	h.final, h.op = b[0]&final != 0, b[0]&opcode
	switch {
	case b[0]&reserved != 0:
		return h, false, protocolError("reserved bits")
	case b[1]&masked == 0:
		return h, false, protocolError("not masked")
	case h.op > websocket.BinaryMessage && h.op < websocket.CloseMessage || h.op > websocket.PongMessage:
		return h, false, protocolError("unknown opcode")
	case h.control() && (!h.final || b[1]&^masked > 125):
		return h, false, protocolError("bad control frame")
	}
	length, size := 6, uint64(b[1]&^masked)
	switch size {
	case 126:
		if length = 8; len(b) < length {
			return h, false, nil
		}
		size = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if length = 14; len(b) < length {
			return h, false, nil
		}
		size = binary.BigEndian.Uint64(b[2:])
	}
	if !h.control() && size > uint64(max(limit, 0)) {
		return h, true, nil
	}
	if len(b) < length {
		return h, false, nil
	}
	h.length, h.size = length, int(size)
	copy(h.key[:], b[length-4:])
	return h, false, nil
}

// unmask takes the mask off a payload, in its place.
func unmask(b []byte, key [4]byte) {
	k := uint64(binary.LittleEndian.Uint32(key[:]))
	k |= k << 32
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= key[i&3]
	}
}

func protocolError(text string) error {
	return &websocket.CloseError{Code: websocket.CloseProtocolError, Text: text}
}

// closeOf reads the payload of a close frame.
func closeOf(payload []byte) (*websocket.CloseError, error) {
	if len(payload) == 0 {
		return &websocket.CloseError{Code: websocket.CloseNoStatusReceived}, nil
	}
	if len(payload) == 1 {
		return nil, protocolError("bad close frame")
	}
	code, text := int(binary.BigEndian.Uint16(payload)), payload[2:]
	known := code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000 && code <= 4999
	if !known || !utf8.Valid(text) {
		return nil, protocolError("bad close frame")
	}
	return &websocket.CloseError{Code: code, Text: string(text)}, nil
}
