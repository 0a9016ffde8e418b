package keys

import (
	"encoding/hex"

	"github.com/activityd/activityd/internal/activity"
)

// UUIDSize is the size of an event's id as it is stored: 16 bytes for the 36
// letters of a UUID, in the same order.
const UUIDSize = 16

// uuidGroups are where the five groups of hexadecimal digits begin in the text.
var uuidGroups = [...]int{0, 9, 14, 19, 24, 37} //nolint:gochecknoglobals // never changed

// PackID gives an id's bytes; false for what is no lower-case UUID.
func PackID(id activity.EventID) ([]byte, bool) {
	if len(id) != 36 {
		return nil, false
	}
	var digits [2 * UUIDSize]byte
	n := 0
	for i := range len(uuidGroups) - 1 {
		end := uuidGroups[i+1] - 1
		n += copy(digits[n:], id[uuidGroups[i]:end])
		if end < len(id) && id[end] != '-' {
			return nil, false
		}
	}
	b := make([]byte, UUIDSize)
	if _, err := hex.Decode(b, digits[:]); err != nil || UnpackID(b) != id {
		return nil, false
	}
	return b, true
}

// UnpackID gives the id of bytes that PackID made.
func UnpackID(b []byte) activity.EventID {
	var digits [2 * UUIDSize]byte
	hex.Encode(digits[:], b[:UUIDSize])
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
