package activity

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// Cursor is a place in a user's history of changes, as clients keep it: behind
// the change of a sequence number. It is opaque and safe in a URL. It is no
// secret and allows nothing.
type Cursor string

// cursorTag is how many bytes of a cursor tell whose and of which epoch it is.
const cursorTag = 9

// NewCursor makes the cursor behind the change seq of the user; epoch is the
// history's. A user's later namesake has other cursors.
func NewCursor(epoch string, user UserID, seq Seq) Cursor {
	b := binary.AppendUvarint(historyTag(epoch, user), uint64(seq))
	return Cursor(base64.RawURLEncoding.EncodeToString(b))
}

// Seq gives the sequence number of a cursor; ok is false for one that is
// malformed, of another epoch or of another user.
func (c Cursor) Seq(epoch string, user UserID) (seq Seq, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(string(c))
	if err != nil || !bytes.HasPrefix(b, historyTag(epoch, user)) {
		return 0, false
	}
	n, length := binary.Uvarint(b[cursorTag:])
	seq = Seq(n)
	return seq, length > 0 && seq >= 0 && NewCursor(epoch, user, seq) == c
}

// historyTag tells one history from all others.
func historyTag(epoch string, user UserID) []byte {
	sum := sha256.Sum256([]byte(epoch + "\x00" + string(user)))
	return sum[:cursorTag:cursorTag]
}
