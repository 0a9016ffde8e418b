package api

import (
	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/storage"
	"github.com/google/uuid"
)

// channel gives a channel and what the access may do in it. An access that
// cannot know of the channel gets CodeForbidden whether it exists or not.
func (c *Call) channel(tx storage.Tx, id activity.ChannelID) (activity.Channel, activity.Scope, error) {
	scope := c.Access.Scope(id)
	ch, ok := tx.Structure().Channel(id)
	switch {
	case !scope.Channel():
		return ch, scope, activity.Forbidden()
	case !ok && !c.Access.Personal() && !c.Access.Scope(activity.AllChannels).Channel():
		return ch, scope, activity.Forbidden()
	case !ok:
		return ch, scope, activity.NewError(activity.CodeUnknownChannel, "There is no such channel: see channels.get for those there are.")
	}
	return ch, scope, nil
}

// givenOrNew parses the id that the client chose, or makes one.
func givenOrNew[ID ~string](given params.Optional[string], parse func(string) (ID, error)) (ID, error) {
	if given.Set {
		return parse(given.Value)
	}
	return ID(newID()), nil
}

// newID makes an id that sorts by the time of its making.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// Record is what an item shows of its history. A client that sends back what
// it read may leave it in: modified makes the update conditional.
type Record struct {
	Created  *activity.Timestamp `json:"created" doc:"Read-only."`
	Modified *activity.Timestamp `json:"modified" doc:"As it was read: the update then fails if the item has changed since."`
}

// check refuses a changed created, and an item that has changed since.
func (r Record) check(c *Call, created, modified activity.Timestamp) error {
	if err := readOnly(same("created", r.Created, created)); err != nil {
		return err
	}
	return c.Unchanged(r.Modified, modified)
}

// same gives the fault of a read-only parameter that is given with another
// value than the item has; nil when it is absent or equal.
func same[T comparable](name string, given *T, stored T) *activity.Fault {
	if given == nil || *given == stored {
		return nil
	}
	return &activity.Fault{Path: name, Code: "read-only", Message: "This is read-only: leave it out, or send it back as it was read."}
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

// Ignored is what answers carry and updates may send back in vain.
type Ignored struct {
	Children  activity.Value `json:"children" doc:"Ignored."`
	TimeCount activity.Value `json:"timeCount" doc:"Ignored."`
}
