package model

import (
	"slices"

	"github.com/activityd/activityd/internal/activity"
)

// Folder gives the folder of that id, nil for none.
func (c *Channel) Folder(id activity.FolderID) *activity.Folder {
	for i := range c.Folders {
		if c.Folders[i].ID == id {
			return &c.Folders[i]
		}
	}
	return nil
}

// Chain gives where something in the folder is, from the inside out.
func (c *Channel) Chain(id activity.FolderID) activity.Chain {
	chain := activity.Chain{}
	for f := c.Folder(id); f != nil; f = c.Folder(f.ParentID) {
		chain = append(chain, f.ID)
	}
	return chain
}

// CreateFolder adds f.
func (t *Tenant) CreateFolder(f activity.Folder) (refused []activity.Code) {
	c := t.Channel(f.ChannelID)
	if c == nil {
		return []activity.Code{activity.CodeUnknownChannel}
	}
	if c.Folder(f.ID) != nil {
		refused = append(refused, activity.CodeItemIDAlreadyExists)
	}
	refused = append(refused, c.misplaced(f)...)
	if refused == nil {
		c.Folders = append(c.Folders, f)
		t.changed(activity.FolderKind, activity.Created, string(f.ID), c.ID, nil, c.Chain(f.ID))
	}
	return refused
}

// UpdateFolder puts f in the place of the one that has its id.
func (t *Tenant) UpdateFolder(f activity.Folder) (refused []activity.Code) {
	c := t.Channel(f.ChannelID)
	if c == nil {
		return []activity.Code{activity.CodeUnknownChannel}
	}
	old := c.Folder(f.ID)
	if old == nil {
		refused = append(refused, activity.CodeUnknownFolder)
	}
	refused = append(refused, c.misplaced(f)...)
	if refused == nil {
		before := c.Chain(f.ID)
		f.Created = old.Created
		*old = f
		t.changed(activity.FolderKind, activity.Updated, string(f.ID), c.ID, before, c.Chain(f.ID))
	}
	return refused
}

func (c *Channel) misplaced(f activity.Folder) (refused []activity.Code) {
	if f.ParentID != "" && c.Folder(f.ParentID) == nil {
		refused = append(refused, activity.CodeUnknownFolder)
	}
	if f.ParentID == f.ID || slices.Contains(c.Chain(f.ParentID), f.ID) {
		refused = append(refused, activity.CodeInvalidOperation)
	}
	if len(c.Chain(f.ParentID))+c.height(f.ID) > 64 {
		refused = append(refused, activity.CodeInvalidOperation)
	}
	for _, other := range c.Folders {
		if other.ID != f.ID && other.ParentID == f.ParentID && other.Name == f.Name {
			refused = append(refused, activity.CodeItemNameAlreadyExists)
		}
	}
	return refused
}

// height gives how many levels the folder and those below it make.
func (c *Channel) height(id activity.FolderID) int {
	levels := 1
	for _, f := range c.Folders {
		if chain := c.Chain(f.ID); slices.Contains(chain, id) {
			levels = max(levels, slices.Index(chain, id)+1)
		}
	}
	return levels
}

// DeleteFolder removes the folder and all below it; their events go to its
// parent, if merge is set, else with it. It gives the events that moved: each
// of them gets a change of its own, which the caller looks for.
func (t *Tenant) DeleteFolder(channel activity.ChannelID, id activity.FolderID, merge bool) (refused []activity.Code, moved []activity.EventID) {
	c := t.Channel(channel)
	if c == nil {
		return []activity.Code{activity.CodeUnknownChannel}, nil
	}
	gone := c.Folder(id)
	if gone == nil {
		return []activity.Code{activity.CodeUnknownFolder}, nil
	}
	parent, before := gone.ParentID, c.Chain(id)
	var left []activity.Event
	for _, e := range c.Events {
		chain := c.Chain(e.FolderID)
		switch {
		case !slices.Contains(chain, id):
			left = append(left, e)
		case merge:
			e.FolderID = parent
			moved = append(moved, e.ID)
			left = append(left, e)
		default:
			c.Gone = append(c.Gone, Gone{ID: e.ID, Time: e.Time, Chain: chain})
		}
	}
	c.Events = left
	chains := map[activity.FolderID]activity.Chain{}
	for _, f := range c.Folders {
		chains[f.ID] = c.Chain(f.ID)
	}
	c.Folders = slices.DeleteFunc(c.Folders, func(f activity.Folder) bool { return slices.Contains(chains[f.ID], id) })
	t.changed(activity.FolderKind, activity.Deleted, string(id), channel, before, nil)
	return nil, moved
}

// HasEvents reports whether an event is linked to one of the folders.
func (c *Channel) HasEvents(folders []activity.FolderID) bool {
	return slices.ContainsFunc(c.Events, func(e activity.Event) bool {
		return e.FolderID != "" && slices.Contains(folders, e.FolderID)
	})
}
