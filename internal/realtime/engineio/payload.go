package engineio

import (
	"bytes"
	"strconv"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"
)

// framing is how several packets share one body of long polling.
type framing uint8

const (
	framingSeparated framing = iota // revision 4: text, with a separator
	framingText                     // revisions 2 and 3: a length in characters before each
	framingTwice                    // the same, and text encoded twice
	framingBinary                   // revisions 2 and 3: bytes, a length before each
)

const separator = 0x1e

// next takes the first packet off a body. binary tells a packet in the form of
// a WebSocket's binary message.
func (f framing) next(body []byte) (packet []byte, binary bool, rest []byte, err error) {
	switch f {
	case framingSeparated:
		packet, rest, _ = bytes.Cut(body, []byte{separator})
		if len(rest) == 0 && len(packet) < len(body) {
			return nil, false, nil, errPacket // a separator that separates nothing
		}
	case framingText, framingTwice:
		packet, rest, err = nextCounted(body)
		if err == nil && f == framingTwice {
			packet = decodeTwice(packet)
		}
	case framingBinary:
		packet, binary, rest, err = nextBytes(body)
	}
	if err == nil && len(packet) == 0 {
		err = errPacket
	}
	return packet, binary, rest, err
}

// maxDigits is what a length may have: no body reaches a length of eight.
const maxDigits = 8

// nextCounted reads <length in UTF-16 units>:<packet>.
func nextCounted(body []byte) (packet, rest []byte, err error) {
	colon := bytes.IndexByte(body[:min(len(body), maxDigits+1)], ':')
	if colon < 1 {
		return nil, nil, errPacket
	}
	want := 0
	for _, c := range body[:colon] {
		if c < '0' || c > '9' {
			return nil, nil, errPacket
		}
		want = want*10 + int(c-'0')
	}
	body = body[colon+1:]
	if want > len(body) {
		return nil, nil, errPacket
	}
	end := 0
	for end < len(body) && want > 0 {
		size, wide := sizeOf(body[end])
		want -= wide
		end += size
	}
	if want != 0 || end > len(body) {
		return nil, nil, errPacket
	}
	return body[:end], body[end:], nil
}

// sizeOf returns the bytes and the UTF-16 units of the character that begins
// with c.
func sizeOf(c byte) (size, wide int) {
	switch {
	case c >= 0xf0:
		return 4, 2
	case c >= 0xe0:
		return 3, 1
	case c >= 0xc0:
		return 2, 1
	}
	return 1, 1
}

// nextBytes reads <0 text, 1 binary><digits of the length in bytes>ff<packet>.
func nextBytes(body []byte) (packet []byte, binary bool, rest []byte, err error) {
	if len(body) < 3 || body[0] > 1 {
		return nil, false, nil, errPacket
	}
	binary = body[0] == 1
	end := bytes.IndexByte(body[:min(len(body), maxDigits+2)], 0xff)
	if end < 2 {
		return nil, false, nil, errPacket
	}
	want := 0
	for _, c := range body[1:end] {
		if c > 9 {
			return nil, false, nil, errPacket
		}
		want = want*10 + int(c)
	}
	body = body[end+1:]
	if want > len(body) {
		return nil, false, nil, errPacket
	}
	return body[:want], binary, body[want:], nil
}

// encode puts frames into one body.
func (f framing) encode(frames [][]byte) []byte {
	size := 0
	for _, frame := range frames {
		size += len(frame) + 12
		if wire.IsBinary(frame) {
			size += len(frame)/2 + 4
		}
	}
	body := make([]byte, 0, size)
	for i, frame := range frames {
		packet, binary := wire.Payload(frame), wire.IsBinary(frame)
		switch f {
		case framingSeparated:
			if i > 0 {
				body = append(body, separator)
			}
			if binary {
				body = appendBase64(body, "b", packet)
			} else {
				body = append(body, packet...)
			}
		case framingText, framingTwice:
			body = f.appendCounted(body, packet, binary)
		case framingBinary:
			body = appendBytes(body, packet, binary)
		}
	}
	return body
}

func (f framing) appendCounted(body, packet []byte, binary bool) []byte {
	if binary {
		packet = appendBase64(nil, "b4", packet[1:])
	} else if f == framingTwice {
		packet = encodeTwice(packet)
	}
	body = strconv.AppendInt(body, int64(units(packet)), 10)
	return append(append(body, ':'), packet...)
}

func appendBytes(body, packet []byte, binary bool) []byte {
	if binary {
		body = append(body, 1)
	} else {
		body = append(body, 0)
	}
	at := len(body)
	body = strconv.AppendInt(body, int64(len(packet)), 10)
	for i := range body[at:] {
		body[at+i] -= '0'
	}
	return append(append(body, 0xff), packet...)
}
