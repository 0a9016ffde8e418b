package model

import (
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/storagetest/scopemodel"
)

// item is an event or a tombstone, and where it is or was.
type item struct {
	activity.Event
	chain activity.Chain
}

// List gives the events that q selects for the access; q.Scope is not read.
func (t *Tenant) List(q storage.EventQuery, access activity.Access) ([]activity.Event, error) {
	c := t.Channel(q.Channel)
	if c == nil {
		return nil, nil
	}
	all := c.inOrder(q)
	if q.After != nil {
		at := slices.IndexFunc(all, func(i item) bool { return i.ID == *q.After })
		if at < 0 || !sees(access, c.ID, all[at].chain) {
			return nil, storage.ErrUnknownAfter
		}
		all = all[at+1:]
	}
	var list []activity.Event
	for _, i := range all {
		if sees(access, c.ID, i.chain) && c.inFolders(q, i.chain) && (i.Deleted != nil || selects(q, i.Event)) {
			list = append(list, i.Event)
		}
	}
	list = list[min(q.Skip, len(list)):]
	if q.Limit > 0 {
		list = list[:min(q.Limit, len(list))]
	}
	return list, nil
}

// inOrder gives all events, and the tombstones that are asked for, in the
// order of the list.
func (c *Channel) inOrder(q storage.EventQuery) []item {
	var all []item
	for _, e := range c.Events {
		all = append(all, item{e, c.Chain(e.FolderID)})
	}
	for _, g := range c.Gone {
		if q.Deletions && g.Deleted > *q.ModifiedSince {
			all = append(all, item{activity.Event{ID: g.ID, ChannelID: c.ID, Time: g.Time, Modified: g.Deleted, Deleted: &g.Deleted}, g.Chain})
		}
	}
	slices.SortFunc(all, func(a, b item) int { return byTime(a.Event, b.Event) })
	if !q.Ascending {
		slices.Reverse(all)
	}
	return all
}

// sees asks the scope model in a world that has the place alone.
func sees(a activity.Access, channel activity.ChannelID, at activity.Chain) bool {
	folders, place := map[activity.FolderID]activity.FolderID{}, activity.FolderID("")
	for i := len(at) - 1; i >= 0; i-- {
		folders[at[i]], place = place, at[i]
	}
	return scopemodel.Sees(scopemodel.World{channel: folders}, a, channel, place)
}

// inFolders: folders that there are no longer select nothing, not even what
// was deleted in them.
func (c *Channel) inFolders(q storage.EventQuery, at activity.Chain) bool {
	if q.Folders == nil {
		return true
	}
	if len(at) == 0 {
		return q.Folders.NoFolder
	}
	for _, id := range q.Folders.Folders {
		if c.Folder(id) != nil && slices.Contains(at, id) {
			return true
		}
	}
	return false
}

func selects(q storage.EventQuery, e activity.Event) bool {
	if q.From != nil && e.Time < *q.From || q.To != nil && e.Time > *q.To {
		return false
	}
	for _, tag := range q.Tags {
		if !slices.Contains(e.Tags, tag) {
			return false
		}
	}
	if len(q.Types) > 0 && !slices.ContainsFunc(q.Types, func(f storage.TypeFilter) bool {
		return f.Class == e.Type.Class && (f.Format == "*" || f.Format == e.Type.Format)
	}) {
		return false
	}
	if q.Running && (e.Trashed || !e.Duration.IsRunning()) {
		return false
	}
	if q.ModifiedSince != nil && e.Modified <= *q.ModifiedSince {
		return false
	}
	switch q.State {
	case storage.TrashedState:
		return e.Trashed
	case storage.AllState:
		return true
	}
	return !e.Trashed
}
