package mongo

import (
	"encoding/hex"

	"github.com/activityd/activityd/internal/activity"
)

// uuidSize is the size of an event's id in the file: 16 bytes for the 36
// letters of a UUID, in the same order.
const uuidSize = 16

// uuidGroups are where the five groups of hexadecimal digits begin in the text.
var uuidGroups = [...]int{0, 9, 14, 19, 24, 37} //nolint:gochecknoglobals // never changed

// packID gives an id's bytes; false for what is no lower-case UUID.
func packID(id activity.EventID) ([]byte, bool) {
	if len(id) != 36 {
		return nil, false
	}
	var digits [2 * uuidSize]byte
	n := 0
	for i := range len(uuidGroups) - 1 {
		end := uuidGroups[i+1] - 1
		n += copy(digits[n:], id[uuidGroups[i]:end])
		if end < len(id) && id[end] != '-' {
			return nil, false
		}
	}
	b := make([]byte, uuidSize)
	if _, err := hex.Decode(b, digits[:]); err != nil || unpackID(b) != id {
		return nil, false
	}
	return b, true
}

func unpackID(b []byte) activity.EventID {
	var digits [2 * uuidSize]byte
	hex.Encode(digits[:], b[:uuidSize])
	text := make([]byte, 0, 36)
	n := 0
	for i := range len(uuidGroups) - 1 {
		if i > 0 {
			text = append(text, '-')
		}
		size := uuidGroups[i+1] - uuidGroups[i] - 1
		text = append(text, digits[n:n+size]...)
		n += size
	}
	return activity.EventID(text)
}
