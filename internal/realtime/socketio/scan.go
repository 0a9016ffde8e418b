package socketio

import (
	"encoding/json"
	"errors"
)

// errJSON is text that is no JSON, nested too deeply or in too many parts.
var errJSON = errors.New("socketio: invalid JSON")

// maxDepth bounds the nesting of JSON that is passed through; the usual decoders
// go no deeper either.
const maxDepth = 10_000

// maxElements bounds the arguments of a packet: each costs more memory than the
// two bytes that it may have in the text.
const maxElements = 1000

// scanner checks JSON without recursion and without decoding it.
type scanner struct {
	b     []byte
	i     int
	depth int
	// kinds has a bit for each open level: set for an object.
	kinds []uint64
	near  [8]uint64
}

// SplitArray splits the JSON array that text is into its elements, which are
// parts of text, at most a thousand. It checks all of the text.
func SplitArray(text []byte) ([][]byte, error) { return splitArray(nil, text) }

// splitArray appends the elements.
func splitArray(elements [][]byte, text []byte) ([][]byte, error) {
	var s scanner
	s.b = text
	s.kinds = s.near[:]
	if !s.lead('[') {
		return nil, errJSON
	}
	if s.lead(']') {
		return elements, s.finish()
	}
	for {
		s.space()
		start := s.i
		if !s.value() {
			return nil, errJSON
		}
		elements = append(elements, text[start:s.i:s.i])
		if s.lead(']') {
			return elements, s.finish()
		}
		if !s.lead(',') || len(elements) == maxElements {
			return nil, errJSON
		}
	}
}

// isObject reports whether text is one JSON object.
func isObject(text []byte) bool {
	var s scanner
	s.b = text
	s.kinds = s.near[:]
	s.space()
	return s.i < len(text) && text[s.i] == '{' && s.value() && s.finish() == nil
}

func (s *scanner) finish() error {
	s.space()
	if s.i != len(s.b) {
		return errJSON
	}
	return nil
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// lead skips space and then c, if it is next.
func (s *scanner) lead(c byte) bool {
	s.space()
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

func (s *scanner) push(object bool) bool {
	if s.depth >= maxDepth {
		return false
	}
	word, bit := s.depth/64, uint64(1)<<(s.depth%64)
	if word == len(s.kinds) {
		s.kinds = append(s.kinds, 0)
	}
	s.kinds[word] &^= bit
	if object {
		s.kinds[word] |= bit
	}
	s.depth++
	return true
}

func (s *scanner) inObject() bool {
	d := s.depth - 1
	return s.kinds[d/64]>>(d%64)&1 == 1
}

// value skips one value, from which space was skipped.
func (s *scanner) value() bool {
	base := s.depth
	for {
		s.space()
		opened, ok := s.begin()
		if !ok {
			return false
		}
		if opened {
			continue
		}
		// A value is complete: go on with what encloses it.
		for {
			if s.depth == base {
				return true
			}
			closing := byte(']')
			if s.inObject() {
				closing = '}'
			}
			if s.lead(closing) {
				s.depth--
				continue
			}
			if !s.lead(',') || s.inObject() && !s.key() {
				return false
			}
			break
		}
	}
}

// begin skips a scalar or an empty container, or the beginning of another one.
func (s *scanner) begin() (opened, ok bool) {
	if s.i >= len(s.b) {
		return false, false
	}
	switch c := s.b[s.i]; c {
	case '{':
		s.i++
		if s.lead('}') {
			return false, s.depth < maxDepth
		}
		return true, s.push(true) && s.key()
	case '[':
		s.i++
		if s.lead(']') {
			return false, s.depth < maxDepth
		}
		return true, s.push(false)
	case '"':
		return false, s.text()
	case 't':
		return false, s.word("true")
	case 'f':
		return false, s.word("false")
	case 'n':
		return false, s.word("null")
	}
	return false, s.number()
}

// key skips a member's name and its colon.
func (s *scanner) key() bool {
	s.space()
	return s.i < len(s.b) && s.b[s.i] == '"' && s.text() && s.lead(':')
}

func (s *scanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return false
	}
	s.i += len(w)
	return true
}

// text skips a string, whose quote is next.
func (s *scanner) text() bool {
	for i := s.i + 1; i < len(s.b); i++ {
		switch c := s.b[i]; {
		case c == '"':
			s.i = i + 1
			return true
		case c < ' ':
			return false
		case c == '\\':
			n := escape(s.b[i:])
			if n == 0 {
				return false
			}
			i += n - 1
		}
	}
	return false
}

// escape returns the length of the escape that b begins with, 0 if it is none.
func escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) < 6 {
			return 0
		}
		for _, c := range b[2:6] {
			if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return 0
			}
		}
		return 6
	}
	return 0
}

func (s *scanner) number() bool {
	s.skip('-')
	if !s.skip('0') && s.digits() == 0 {
		return false
	}
	if s.skip('.') && s.digits() == 0 {
		return false
	}
	if s.skip('e') || s.skip('E') {
		if !s.skip('+') {
			s.skip('-')
		}
		return s.digits() > 0
	}
	return true
}

func (s *scanner) skip(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

func (s *scanner) digits() int {
	start := s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i - start
}

// Unquote returns the text of a JSON string that was checked before; ok is
// false if text is another value.
func Unquote(text []byte) (value string, ok bool) {
	if len(text) < 2 || text[0] != '"' {
		return "", false
	}
	for _, c := range text {
		if c == '\\' {
			return value, json.Unmarshal(text, &value) == nil
		}
	}
	return string(text[1 : len(text)-1]), true
}

// AppendQuoted appends text as a JSON string.
func AppendQuoted(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range text { // invalid UTF-8 becomes U+FFFD
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&0xf])
		default:
			dst = append(dst, string(r)...)
		}
	}
	return append(dst, '"')
}
