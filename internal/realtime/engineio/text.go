package engineio

import (
	"encoding/base64"
	"unicode/utf8"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"
)

// Clients of the 1.x line encode text as UTF-8, and then each byte of that as
// a character once more.

// encodeTwice returns text with each byte as a character of UTF-8.
func encodeTwice(text []byte) []byte {
	high := 0
	for _, c := range text {
		if c >= utf8.RuneSelf {
			high++
		}
	}
	if high == 0 {
		return text
	}
	out := make([]byte, 0, len(text)+high)
	for _, c := range text {
		out = utf8.AppendRune(out, rune(c))
	}
	return out
}

// decodeTwice undoes encodeTwice. Text that was not made by it is returned as
// it is: a client may be of another line than it seems.
func decodeTwice(text []byte) []byte {
	if isASCII(text) {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r > 0xff {
			return text
		}
		out = append(out, byte(r))
		i += n
	}
	if !utf8.Valid(out) {
		return text
	}
	return out
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// units returns the length of text in UTF-16 code units.
func units(text []byte) int {
	n := 0
	for _, c := range text {
		switch {
		case c >= 0xf0:
			n += 2 // begins a character outside the basic plane
		case c&0xc0 != 0x80:
			n++
		}
	}
	return n
}

// socketForm is how frames for one WebSocket differ from the canonical ones.
type socketForm uint8

const (
	// formTwice encodes text twice (revision 2).
	formTwice socketForm = 1 << iota
	// formBase64 sends binary as text.
	formBase64
)

func socketFormOf(q query) socketForm {
	var f socketForm
	if q.revision == 2 {
		f |= formTwice
	}
	if q.base64 && q.revision < 4 {
		f |= formBase64
	}
	return f
}

// convert returns frames in the form; it changes none of them.
func (f socketForm) convert(frames [][]byte) [][]byte {
	if f == 0 {
		return frames
	}
	out := make([][]byte, len(frames))
	for i, frame := range frames {
		switch p := wire.Payload(frame); {
		case wire.IsBinary(frame) && f&formBase64 != 0:
			out[i] = wire.Frame(wire.OpText, appendBase64(nil, "b4", p[1:]))
		case !wire.IsBinary(frame) && f&formTwice != 0:
			out[i] = wire.Frame(wire.OpText, encodeTwice(p))
		default:
			out[i] = frame
		}
	}
	return out
}

func appendBase64(dst []byte, prefix string, data []byte) []byte {
	return base64.StdEncoding.AppendEncode(append(dst, prefix...), data)
}
