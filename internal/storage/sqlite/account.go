package sqlite

import (
	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
)

// account is what is cached of a user. It never changes; units of work make
// others of it.
type account struct {
	key       int64
	revision  int64 // rises with every other account of the user
	structure *storage.Structure
	channels  keys.Channels
}

// follows reports whether the account is a newer one than old.
func (a *account) follows(old *account) bool { return a.revision > old.revision }

// with gives the account of the next revision.
func (a *account) with(s *storage.Structure) *account {
	next := *a
	next.revision++
	next.structure = s
	return &next
}

// withChannel gives the account with other keys in the channel; nil removes
// them.
func (a *account) withChannel(id activity.ChannelID, c *keys.Channel) *account {
	next := *a
	next.channels = a.channels.With(id, c)
	return &next
}
