// Package keys holds what those stores share that name channels and folders by
// integers inside: an id is free again as soon as its item is deleted, while
// what is below the old key is swept.
//
// It imports activity and storage; never a store, auth or api.
package keys

import (
	"maps"

	"github.com/activityd/activityd/internal/activity"
)

// Channels are the keys of a user's channels. They never change; With gives
// others.
type Channels map[activity.ChannelID]*Channel

// With gives the keys with others in the channel; nil removes it.
func (c Channels) With(id activity.ChannelID, in *Channel) Channels {
	next := maps.Clone(c)
	if in == nil {
		delete(next, id)
	} else {
		next[id] = in
	}
	return next
}

// Channel has the keys of a channel and of its folders. It never changes once it
// is shared; Clone gives one that may.
type Channel struct {
	Key     int64
	Folders map[activity.FolderID]int64
	IDs     map[int64]activity.FolderID
	Gone    map[int64]Gone // folders that are not swept yet
}

// Gone is a deleted folder that events still name.
type Gone struct {
	Merged bool
	To     int64              // where merged events are: a folder's key, 0 for none
	At     activity.Timestamp // when it was deleted
	Chain  activity.Chain     // where it was then
}

// New gives the keys of a channel without folders.
func New(key int64) *Channel {
	return &Channel{Key: key, Folders: map[activity.FolderID]int64{}, IDs: map[int64]activity.FolderID{}, Gone: map[int64]Gone{}}
}

// Clone gives a copy whose maps may be written.
func (c *Channel) Clone() *Channel {
	return &Channel{Key: c.Key, Folders: maps.Clone(c.Folders), IDs: maps.Clone(c.IDs), Gone: maps.Clone(c.Gone)}
}

// Add adds a folder; only to a clone.
func (c *Channel) Add(id activity.FolderID, key int64) {
	c.Folders[id], c.IDs[key] = key, id
}

// Buried is a folder that a deletion makes gone.
type Buried struct {
	Gone
	ID  activity.FolderID
	Key int64
}

// Bury gives the keys where a folder of the tree is gone with all folders below
// it, and those. merge says that their events go to its parent.
func (c *Channel) Bury(tree *activity.Tree, id activity.FolderID, merge bool, at activity.Timestamp) (next *Channel, gone []Buried) {
	next = c.Clone()
	root, _ := tree.Folder(id)
	for below := range tree.Below(id) {
		b := Buried{Gone{Merged: merge, To: c.Folders[root.ParentID], At: at, Chain: tree.Chain(below)}, below, c.Folders[below]}
		delete(next.Folders, below)
		delete(next.IDs, b.Key)
		next.Gone[b.Key] = b.Gone
		gone = append(gone, b)
	}
	return next, gone
}

// Place tells where an event is that names the folder key, 0 for none. gone is
// not nil for one that was deleted with its folder.
func (c *Channel) Place(key int64) (id activity.FolderID, gone *Gone) {
	for key != 0 {
		if id, ok := c.IDs[key]; ok {
			return id, nil
		}
		g, ok := c.Gone[key]
		if !ok || !g.Merged {
			return "", &g
		}
		key = g.To
	}
	return "", nil
}

// Knows reports whether Place can tell of the folder key.
func (c *Channel) Knows(key int64) bool {
	_, stands := c.IDs[key]
	_, gone := c.Gone[key]
	return key == 0 || stands || gone
}

// Of gives the keys by which events name one of the folders, and, where noFolder
// is set, those of gone folders whose events are in none now.
func (c *Channel) Of(folders []activity.FolderID, noFolder bool) []int64 {
	keys := make([]int64, 0, len(folders))
	wanted := make(map[activity.FolderID]bool, len(folders))
	for _, id := range folders {
		if key, ok := c.Folders[id]; ok && !wanted[id] {
			wanted[id] = true
			keys = append(keys, key)
		}
	}
	for key := range c.Gone {
		id, gone := c.Place(key)
		if gone == nil && (id == "" && noFolder || wanted[id]) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Deleted gives the keys of folders whose events were deleted with them and that
// pick accepts; nil accepts all.
func (c *Channel) Deleted(pick func(*Gone) bool) []int64 {
	var keys []int64
	for key := range c.Gone {
		if _, gone := c.Place(key); gone != nil && (pick == nil || pick(gone)) {
			keys = append(keys, key)
		}
	}
	return keys
}
