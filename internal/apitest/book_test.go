package apitest_test

import (
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/storagetest/scopemodel"
)

// book is what an account holds, in the plainest way, and what may be done to
// it: written from api.md, without a thought of speed. Its methods give the
// error ids that a request may get, every one that applies; none when it must
// succeed, and then it is done.
type book struct {
	channels map[string]*bookChannel
	accesses map[string]*activity.Access // by name; deleted ones are gone
}

type bookChannel struct {
	name    string
	trashed bool
	folders map[string]*bookFolder
	events  map[string]*bookEvent
	gone    map[string]bool // ids of deleted events
}

type bookFolder struct {
	name, parent    string // "" for none
	hidden, trashed bool
}

type bookEvent struct {
	folder  string
	value   string // JSON
	time    float64
	trashed bool
}

func newBook() *book {
	return &book{channels: map[string]*bookChannel{}, accesses: map[string]*activity.Access{}}
}

func (b *book) world() scopemodel.World {
	w := scopemodel.World{}
	for id, c := range b.channels {
		folders := map[activity.FolderID]activity.FolderID{}
		for f, folder := range c.folders {
			folders[activity.FolderID(f)] = activity.FolderID(folder.parent)
		}
		w[activity.ChannelID(id)] = folders
	}
	return w
}

// actor is an access and what it may do in one channel.
type actor struct {
	*book
	access  activity.Access
	id      string       // of the channel
	channel *bookChannel // nil where there is none
}

func (b *book) actor(a activity.Access, channel string) actor {
	return actor{b, a, channel, b.channels[channel]}
}

func (a actor) personal() bool { return a.access.Type == activity.PersonalAccess }

// level is what it may do in a folder, "" for events without one.
func (a actor) level(folder string) activity.Level {
	return scopemodel.Level(a.world(), a.access, activity.ChannelID(a.id), activity.FolderID(folder))
}

// whole is what it may do everywhere in the channel; highest, somewhere.
func (a actor) whole() (whole, highest activity.Level) {
	if a.personal() {
		return activity.Manage, activity.Manage
	}
	for _, p := range a.access.Permissions {
		if p.ChannelID != activity.AllChannels && string(p.ChannelID) != a.id {
			continue
		}
		if p.FolderPermissions == nil {
			whole, highest = max(whole, p.Level), max(highest, p.Level)
		}
		for _, f := range p.FolderPermissions {
			highest = max(highest, f.Level)
		}
	}
	return whole, highest
}

// enter is what stops every request in a channel, writing ones first.
func (a actor) enter(writes bool) []string {
	_, highest := a.whole()
	if writes && highest < activity.Contribute {
		return []string{"forbidden"}
	}
	if scopemodel.ChannelLevel(a.access, activity.ChannelID(a.id)) < activity.Read {
		return []string{"forbidden"}
	}
	if a.channel != nil {
		return nil
	}
	if a.personal() || scopemodel.ChannelLevel(a.access, "no-channel-is-called-so") >= activity.Read {
		return []string{"unknown-channel"}
	}
	return []string{"forbidden"}
}

// absent is what an id that is not there is answered with.
func (a actor) absent(unknown string) []string {
	if whole, _ := a.whole(); whole >= activity.Read {
		return []string{unknown}
	}
	return []string{"forbidden"}
}

// into is what stops something from being put into a folder.
func (a actor) into(folder string, level activity.Level) []string {
	if _, known := a.channel.folders[folder]; folder != "" && !known {
		return a.absent("unknown-folder")
	}
	if a.level(folder) < level {
		return []string{"forbidden"}
	}
	if a.channel.inTrash(folder) {
		return []string{"invalid-operation"}
	}
	return nil
}

// asParent is into for folders: at the root only who manages the channel may.
func (a actor) asParent(folder string) []string {
	if whole, _ := a.whole(); folder == "" && whole < activity.Manage {
		return []string{"forbidden"}
	}
	return a.into(folder, activity.Manage)
}

func (c *bookChannel) chain(folder string) (ids []string) {
	for folder != "" {
		ids = append(ids, folder)
		folder = c.folders[folder].parent
	}
	return ids
}

func (c *bookChannel) inTrash(folder string) bool {
	return slices.ContainsFunc(c.chain(folder), func(id string) bool { return c.folders[id].trashed })
}

// named reports whether a sibling has the name.
func (c *bookChannel) named(name, parent, but string) bool {
	for id, f := range c.folders {
		if id != but && f.parent == parent && f.name == name {
			return true
		}
	}
	return false
}

// deleteFolder removes a folder with all below; its events move or go.
func (c *bookChannel) deleteFolder(id string, merge bool) {
	parent := c.folders[id].parent
	for event, e := range c.events {
		switch below := slices.Contains(c.chain(e.folder), id); {
		case below && merge:
			e.folder = parent
		case below:
			delete(c.events, event)
			c.gone[event] = true
		}
	}
	var gone []string
	for f := range c.folders {
		if slices.Contains(c.chain(f), id) {
			gone = append(gone, f)
		}
	}
	for _, f := range gone {
		delete(c.folders, f)
	}
}
