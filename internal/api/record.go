package api

import (
	"bytes"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/go-json-experiment/json/jsontext"
)

// Record is what an item shows of its history. A client that sends back what
// it read may leave it in: modified makes the update conditional.
type Record struct {
	Created  *activity.Timestamp `json:"created" doc:"Read-only."`
	Modified *activity.Timestamp `json:"modified" doc:"As it was read: the update then fails if the item has changed since."`
	Path     params.Fixed
}

// check refuses to change an item that has changed since it was read, then
// every read-only parameter with another value than the item has: more says
// which further ones those are. A stale item's read-only parts differ for that
// reason, so CodeItemChanged comes first.
func (r Record) check(c *Call, created, modified activity.Timestamp, more ...*activity.Fault) error {
	if err := c.Unchanged(r.Modified, modified); err != nil {
		return err
	}
	more = append(more, same("created", r.Created, created))
	for i := range r.Path {
		more = append(more, &r.Path[i])
	}
	return readOnly(more...)
}

// same gives the fault of a read-only parameter that is given with another
// value than the item has; nil when it is absent or equal.
func same[T comparable](name string, given *T, stored T) *activity.Fault {
	if given == nil || *given == stored {
		return nil
	}
	return changed(name)
}

// sameJSON is same for values that are equal as JSON.
func sameJSON(name string, given, stored activity.Value) *activity.Fault {
	if given == nil || bytes.Equal(canonical(given), canonical(stored)) {
		return nil
	}
	return changed(name)
}

func changed(name string) *activity.Fault {
	return &activity.Fault{Path: name, Code: "read-only", Message: "This is read-only: leave it out, or send it back as it was read."}
}

func canonical(v activity.Value) []byte {
	text := jsontext.Value(bytes.Clone(v))
	if err := text.Canonicalize(); err != nil {
		return v // cannot be: it is valid JSON
	}
	return text
}

// Ignored is what answers carry and updates may send back in vain.
type Ignored struct {
	Children  vain `json:"children" doc:"Ignored."`
	TimeCount vain `json:"timeCount" doc:"Ignored."`
}

// vain takes any JSON value and keeps nothing: a tree of folders may nest
// deeper than values may.
type vain struct{}

// UnmarshalJSON reads nothing.
func (*vain) UnmarshalJSON([]byte) error { return nil }

// asGiven gives the client data of a new item: as it was sent, null members
// too, which mean removal in an update only.
func asGiven(o activity.Object) activity.Object {
	if string(o) == "{}" {
		return nil
	}
	return o
}

// readOnly makes the error of the faults that same found.
func readOnly(found ...*activity.Fault) error {
	var faults []activity.Fault
	for _, f := range found {
		if f != nil {
			faults = append(faults, *f)
		}
	}
	return activity.FaultsError(faults)
}
