package model

import (
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/storagetest/scopemodel"
)

// World gives the folders as the scope model takes them.
func (t *Tenant) World() scopemodel.World {
	w := scopemodel.World{}
	for _, c := range t.Channels {
		w[c.ID] = map[activity.FolderID]activity.FolderID{}
		for _, f := range c.Folders {
			w[c.ID][f.ID] = f.ParentID
		}
	}
	return w
}

// List gives the events that q selects for the access; q.Scope is not read.
// Tombstones stand among them where the contract is plain about them: of
// events that were deleted alone, whose folder stands where it stood.
func (t *Tenant) List(q storage.EventQuery, access activity.Access) ([]activity.Event, error) {
	c := t.Channel(q.Channel)
	if c == nil {
		return nil, nil
	}
	w := t.World()
	all := slices.Clone(c.Events)
	for _, g := range c.Gone {
		if q.Deletions && g.Deleted > *q.ModifiedSince && !c.Doubtful(g.ID) {
			all = append(all, activity.Event{
				ID: g.ID, ChannelID: c.ID, Time: g.Time, FolderID: g.folder(), Modified: g.Deleted, Deleted: &g.Deleted,
			})
		}
	}
	slices.SortFunc(all, byTime)
	if !q.Ascending {
		slices.Reverse(all)
	}
	if q.After != nil {
		at := slices.IndexFunc(all, func(e activity.Event) bool { return e.ID == *q.After })
		if at < 0 || !scopemodel.Sees(w, access, c.ID, all[at].FolderID) {
			return nil, storage.ErrUnknownAfter
		}
		all = all[at+1:]
	}
	all = slices.DeleteFunc(all, func(e activity.Event) bool {
		return !scopemodel.Sees(w, access, c.ID, e.FolderID) || !inFolders(w, q, e.FolderID) || e.Deleted == nil && !selects(q, e)
	})
	all = all[min(q.Skip, len(all)):]
	if q.Limit > 0 {
		all = all[:min(q.Limit, len(all))]
	}
	return all, nil
}

// Doubtful reports whether the contract leaves open which lists have the
// tombstone of the event: it went with its folder, or its folder moved since.
func (c *Channel) Doubtful(id activity.EventID) bool {
	for _, g := range c.Gone {
		if g.ID == id {
			return g.WithFolder || !slices.Equal(c.Chain(g.folder()), g.Chain)
		}
	}
	return false
}

func (g Gone) folder() activity.FolderID {
	if len(g.Chain) == 0 {
		return ""
	}
	return g.Chain[0]
}

func inFolders(w scopemodel.World, q storage.EventQuery, folder activity.FolderID) bool {
	if q.Folders == nil {
		return true
	}
	if folder == "" {
		return q.Folders.NoFolder
	}
	for _, top := range q.Folders.Folders {
		if w.InOrBelow(q.Channel, folder, top) {
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
	if q.Running && !(e.Duration.IsRunning() && !e.Trashed) {
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
