package legacy

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// separator stands before and after the length of each packet of a payload.
const separator = "\ufffd"

// encodePayload returns the body of a poll's answer. A single packet goes bare.
func encodePayload(packets [][]byte) []byte {
	if len(packets) == 1 {
		return packets[0]
	}
	size := 0
	for _, p := range packets {
		size += len(p) + 2*len(separator) + 8
	}
	b := make([]byte, 0, size)
	for _, p := range packets {
		b = append(b, separator...)
		b = strconv.AppendInt(b, int64(utf16Len(p)), 10)
		b = append(append(b, separator...), p...)
	}
	return b
}

// splitPayload calls take for each packet of a body, until one returns false.
// It reports whether the body is well-formed as far as it was read.
func splitPayload(b []byte, take func(packet []byte) bool) bool {
	if !bytes.HasPrefix(b, []byte(separator)) {
		return len(b) > 0 && (take(b) || true)
	}
	for len(b) > 0 {
		if !bytes.HasPrefix(b, []byte(separator)) {
			return false
		}
		b = b[len(separator):]
		const maxDigits = 9
		digits := 0
		for digits < len(b) && digits <= maxDigits && isDigit(b[digits]) {
			digits++
		}
		length, err := strconv.Atoi(string(b[:digits]))
		if err != nil || digits > maxDigits || !bytes.HasPrefix(b[digits:], []byte(separator)) {
			return false
		}
		b = b[digits+len(separator):]
		n := utf16Prefix(b, length)
		if n < 0 {
			return false
		}
		if !take(b[:n]) {
			return true
		}
		b = b[n:]
	}
	return true
}

// utf16Len is the length of a string in JavaScript.
func utf16Len(b []byte) int {
	n := 0
	for i := 0; i < len(b); {
		size, units := runeAt(b[i:])
		i += size
		n += units
	}
	return n
}

// utf16Prefix returns the bytes that the first n units of b take, or -1 if there
// are fewer, or a character would be cut.
func utf16Prefix(b []byte, n int) int {
	i := 0
	for n > 0 {
		if i == len(b) {
			return -1
		}
		size, units := runeAt(b[i:])
		i += size
		n -= units
	}
	if n < 0 {
		return -1
	}
	return i
}

func runeAt(b []byte) (size, units int) {
	if b[0] < utf8.RuneSelf {
		return 1, 1
	}
	_, size = utf8.DecodeRune(b)
	if size == 4 {
		return size, 2
	}
	return size, 1
}
