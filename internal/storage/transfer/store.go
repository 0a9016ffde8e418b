package transfer

import (
	"context"
	"iter"

	"github.com/activityd/activityd/internal/activity"
)

// Source is a store that is read. It is never changed. Its methods may be called
// at the same time.
type Source interface {
	// Epoch names the store: no two have the same.
	Epoch() string
	// Size gives about how many users and events there are, to show how far a
	// copy is.
	Size(ctx context.Context) (users, events int64, err error)
	// Shared gives what the users have in common, each list in the order of its
	// first field.
	Shared(ctx context.Context) (*Shared, error)
	// Users gives the ids of all users, in order. An error is the last element.
	Users(ctx context.Context) iter.Seq2[activity.UserID, error]
	// User gives a user as of one moment, and the user's events by channel, time
	// and id, in pieces. An event is valid until the next one; an error is the
	// last element. CodeUnknownUser.
	User(ctx context.Context, id activity.UserID) (*Account, iter.Seq2[*Event, error], error)
}

// Target is a store that is being filled. Until Finish nobody can open it as a
// store. As a Source it is what it has been given. PutUser, Mark and Marked may
// be called at the same time for different users.
type Target interface {
	Source

	// Begin makes the store the target of a migration from the store of that
	// epoch, or goes on with one that was not finished: then resumed is true. It
	// refuses a store that has anything else.
	Begin(ctx context.Context, epoch string) (resumed bool, err error)
	// PutUser stores a user of whom nothing is there.
	PutUser(ctx context.Context, a *Account, events iter.Seq2[*Event, error]) error
	// Mark keeps a note on a user who is whole.
	Mark(ctx context.Context, id activity.UserID, note string) error
	// Marked gives the note; "" for a user who is not whole.
	Marked(ctx context.Context, id activity.UserID) (note string, err error)
	// Clear removes the user, whole or not, and the note.
	Clear(ctx context.Context, id activity.UserID) error
	// PutShared stores what the users have in common, in the place of what there
	// is.
	PutShared(ctx context.Context, s *Shared) error
	// Finish makes it a store.
	Finish(ctx context.Context) error
}
