package api

import (
	"errors"

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

// isCode reports whether the error is an activity.Error of the code.
func isCode(err error, code activity.Code) bool {
	var e *activity.Error
	return errors.As(err, &e) && e.Code == code
}
