package mongo

import (
	"maps"
	"strconv"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// account is what is cached of a user. It never changes; units of work make
// others of it.
type account struct {
	revision  int64 // rises with every other account of the user
	keys      int64 // the last key that was given to a channel or folder
	structure *storage.Structure
	channels  map[activity.ChannelID]*container
}

// container has the keys of a channel.
type container struct {
	key     int64
	folders map[activity.FolderID]int64
	ids     map[int64]activity.FolderID
	gone    map[int64]goneFolder // those that are not swept yet
}

// goneFolder is a deleted folder whose rows of events still name it.
type goneFolder struct {
	merged bool
	to     int64              // where merged events are: a folder's key, 0 for none
	at     activity.Timestamp // when it was deleted
	chain  activity.Chain     // where it was then
}

// place tells where an event is whose row names the folder key, 0 for none.
// gone is not nil for one that was deleted with its folder.
func (c *container) place(key int64) (id activity.FolderID, gone *goneFolder) {
	for key != 0 {
		if id, ok := c.ids[key]; ok {
			return id, nil
		}
		g, ok := c.gone[key]
		if !ok || !g.merged {
			return "", &g
		}
		key = g.to
	}
	return "", nil
}

// keysOf gives the keys by which rows name one of the folders, and, where
// noFolder is set, those of gone folders whose events are in none now.
func (c *container) keysOf(folders []activity.FolderID, noFolder bool) []int64 {
	keys := make([]int64, 0, len(folders))
	wanted := make(map[activity.FolderID]bool, len(folders))
	for _, id := range folders {
		if key, ok := c.folders[id]; ok && !wanted[id] {
			wanted[id] = true
			keys = append(keys, key)
		}
	}
	for key := range c.gone {
		id, gone := c.place(key)
		if gone == nil && (id == "" && noFolder || wanted[id]) {
			keys = append(keys, key)
		}
	}
	return keys
}

// deletedKeys gives the keys of folders whose events were deleted with them and
// that pick accepts; nil accepts all.
func (c *container) deletedKeys(pick func(*goneFolder) bool) []int64 {
	var keys []int64
	for key := range c.gone {
		if _, gone := c.place(key); gone != nil && (pick == nil || pick(gone)) {
			keys = append(keys, key)
		}
	}
	return keys
}

// clone gives a copy whose maps may be written.
func (c *container) clone() *container {
	return &container{key: c.key, folders: maps.Clone(c.folders), ids: maps.Clone(c.ids), gone: maps.Clone(c.gone)}
}

func newContainer(key int64) *container {
	return &container{key: key, folders: map[activity.FolderID]int64{}, ids: map[int64]activity.FolderID{}, gone: map[int64]goneFolder{}}
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
func (a *account) withChannel(id activity.ChannelID, c *container) *account {
	next := *a
	next.channels = maps.Clone(a.channels)
	if c == nil {
		delete(next.channels, id)
	} else {
		next.channels[id] = c
	}
	return &next
}
