package socketio

import (
	"bytes"
	"strconv"
)

// Placeholder reports which attachment a JSON value stands for. ok is false if
// the value is no placeholder.
func Placeholder(value []byte) (attachment int, ok bool) {
	s := scanner{b: value}
	s.kinds = s.near[:]
	n, kind := s.placeholder()
	return n, kind == placeholderGood && s.finish() == nil
}

// AppendPlaceholder appends the JSON value that stands for an attachment.
func AppendPlaceholder(dst []byte, attachment int) []byte {
	dst = append(dst, `{"_placeholder":true,"num":`...)
	return append(strconv.AppendInt(dst, int64(attachment), 10), '}')
}

type placeholderKind uint8

const (
	placeholderNot placeholderKind = iota
	placeholderGood
	placeholderBad // says that it is one, and names no attachment
)

// placeholdersFit reports whether all placeholders in checked JSON name one of
// n attachments.
func placeholdersFit(text []byte, n int) bool {
	s := scanner{b: text}
	s.kinds = s.near[:]
	for s.i < len(text) {
		j := bytes.IndexAny(text[s.i:], `"{`)
		if j < 0 {
			return true
		}
		s.i += j
		if text[s.i] == '"' {
			if !s.text() {
				return false
			}
			continue
		}
		start := s.i
		num, kind := s.placeholder()
		if kind == placeholderBad || kind == placeholderGood && num >= n {
			return false
		}
		if kind == placeholderNot {
			s.i = start + 1
		}
	}
	return true
}

// placeholder reads an object of at most the two members of a placeholder, in
// any order. It reads nothing nested, so that looking at each object in a text
// takes time in proportion to the text.
func (s *scanner) placeholder() (num int, kind placeholderKind) {
	num = -1
	marked := false
	if !s.lead('{') {
		return 0, placeholderNot
	}
	for range 2 {
		s.space()
		switch {
		case s.word(`"_placeholder"`):
			if !s.lead(':') {
				return 0, placeholderNot
			}
			s.space()
			if !s.word("true") {
				return 0, placeholderNot
			}
			marked = true
		case s.word(`"num"`):
			if !s.lead(':') {
				return 0, placeholderNot
			}
			s.space()
			num = s.index()
		default:
			return 0, kindOf(marked, placeholderBad)
		}
		if num < 0 && !marked {
			return 0, placeholderNot
		}
		if s.lead('}') {
			break
		}
		if !s.lead(',') {
			return 0, kindOf(marked, placeholderBad)
		}
	}
	if num < 0 || s.b[s.i-1] != '}' {
		return 0, kindOf(marked, placeholderBad)
	}
	return num, kindOf(marked, placeholderGood)
}

func kindOf(marked bool, kind placeholderKind) placeholderKind {
	if !marked {
		return placeholderNot
	}
	return kind
}

// index reads a small number, or returns -1.
func (s *scanner) index() int {
	start := s.i
	if n := s.digits(); n == 0 || n > 3 || n > 1 && s.b[start] == '0' {
		return -1
	}
	num, err := strconv.Atoi(string(s.b[start:s.i]))
	if err != nil || s.i < len(s.b) && (s.b[s.i] == '.' || s.b[s.i]|0x20 == 'e') {
		return -1
	}
	return num
}
