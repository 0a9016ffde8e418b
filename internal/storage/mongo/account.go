package mongo

import (
	"strconv"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
)

// account is what is cached of a user. It never changes; units of work make
// others of it.
type account struct {
	revision  int64 // rises with every other account of the user
	keys      int64 // the last key that was given to a channel or folder
	structure *storage.Structure
	channels  keys.Channels
}

// head is where a user's history stands.
type head struct {
	seq      activity.Seq
	modified activity.Timestamp
}

// known is a user as the store was at one moment.
type known struct {
	account *account
	head    head
	at      time.Time // that moment; zero where the head is not the newest any more
}

// with gives the account of the next revision.
func (a *account) with(s *storage.Structure) *account {
	next := *a
	next.revision++
	next.structure = s
	return &next
}

// withKey gives the account with one more key given, and the key.
func (a *account) withKey() (*account, int64) {
	next := *a
	next.keys++
	return &next, next.keys
}

// keyText tells keys apart in texts.
func keyText(key int64) string { return strconv.FormatInt(key, 10) }

// withChannel gives the account with other keys in the channel; nil removes
// them.
func (a *account) withChannel(id activity.ChannelID, c *keys.Channel) *account {
	next := *a
	next.channels = a.channels.With(id, c)
	return &next
}
