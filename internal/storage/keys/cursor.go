package keys

import (
	"bytes"
	"math"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// Cursor is a place in the order of a list: after the event of that time and
// packed id.
type Cursor struct {
	Time activity.Timestamp
	ID   []byte
}

// before and behind all events of one time.
var (
	firstID = []byte{}                               //nolint:gochecknoglobals // never changed
	lastID  = bytes.Repeat([]byte{0xff}, 1+UUIDSize) //nolint:gochecknoglobals // never changed
)

// Start gives the cursor before a list's first event; its ID is no event's.
func Start(q *storage.EventQuery) Cursor {
	first, sign, id := q.To, 1, lastID
	if q.Ascending {
		first, sign, id = q.From, -1, firstID
	}
	if q.Deletions {
		first = nil // the bounds are not for tombstones
	}
	return Cursor{Bound(first, sign), id}
}

// End gives the cursor behind all events.
func End() Cursor { return Cursor{activity.Timestamp(math.Inf(1)), lastID} }

// Later gives the one of two cursors that is further on in the list.
func Later(a, b Cursor, ascending bool) Cursor {
	aFirst := a.Time < b.Time || a.Time == b.Time && bytes.Compare(a.ID, b.ID) < 0
	if aFirst == ascending {
		return b
	}
	return a
}

// Bound gives the time, or for none the infinity of that sign.
func Bound(t *activity.Timestamp, sign int) activity.Timestamp {
	if t == nil {
		return activity.Timestamp(math.Inf(sign))
	}
	return *t
}
