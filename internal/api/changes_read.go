package api

import (
	"context"
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// changeReader makes a page of the history, as one access sees it, within one
// unit of reading.
type changeReader struct {
	tx     storage.Tx
	access *activity.Access
	limit  int
	scopes map[activity.ChannelID]activity.Scope

	views []ChangeView
	last  map[itemKey]int // the last change told of an item, in views
	live  int             // of views; others were merged into later ones
}

type itemKey struct {
	kind    activity.Kind
	channel activity.ChannelID
	id      string
}

func (v *ChangeView) key() itemKey { return itemKey{v.Kind, v.ChannelID, v.ID} }

func newChangeReader(tx storage.Tx, access *activity.Access, limit int) *changeReader {
	return &changeReader{tx: tx, access: access, limit: limit, scopes: map[activity.ChannelID]activity.Scope{}, last: map[itemKey]int{}}
}

// read fills views with what follows since, and gives the change after which
// the next page begins. A page in which nothing can be told still leads on.
func (r *changeReader) read(ctx context.Context, since, head activity.Seq) (end activity.Seq, err error) {
	end = since
	for scanned := 0; end < head && scanned < maxScanned && r.live < r.limit; {
		changes, oldest, err := r.tx.Log(ctx, end, min(defaultChanges, maxScanned-scanned))
		if err != nil {
			return end, err
		}
		if end < oldest {
			return end, cursorExpired()
		}
		for i := range changes {
			if !r.tell(r.see(&changes[i])) {
				break
			}
			end = changes[i].Seq
		}
		if len(changes) == 0 || changes[len(changes)-1].Seq != end {
			break
		}
		scanned += len(changes)
	}
	r.views = slices.DeleteFunc(r.views, func(v ChangeView) bool { return v.Kind == "" })
	return end, nil
}

// tell adds what is seen of one change, all or, where the page is full,
// nothing.
func (r *changeReader) tell(seen []ChangeView) bool {
	if len(seen) > 0 && r.live > 0 && r.live+len(seen) > r.limit {
		return false
	}
	for _, v := range seen {
		before, known := r.last[v.key()]
		if known && merges(&r.views[before], &v) {
			if r.views[before].Action == activity.Created && v.Action == activity.Updated {
				v.Action = activity.Created
			}
			r.views[before] = ChangeView{}
			r.live--
		}
		r.last[v.key()] = len(r.views)
		r.views = append(r.views, v)
		r.live++
	}
	return true
}

// merges reports whether the later of two changes of an item stands for both.
// What happened to a folder or channel is about all below it, so only
// repetitions do.
func merges(before, v *ChangeView) bool {
	return v.Kind == activity.EventKind || v.Kind == activity.AccessKind || before.Action == v.Action
}

// see gives what the access may know of a change: nothing, the change, or, of
// folders, more.
func (r *changeReader) see(c *activity.Change) []ChangeView {
	if c.Kind == activity.AccessKind && r.access.Personal() {
		return []ChangeView{viewChange(c, c.Action)}
	}
	return seeChange(r.scope(c.Channel), c, func() *activity.Tree { return r.tx.Structure().Tree(c.Channel) })
}

// seeChange gives what the scope lets one know of a change of a channel, a
// folder or an event. Tree gives the channel's folders as they are now; it may
// be nil for a scope without folders of its own.
func seeChange(scope activity.Scope, c *activity.Change, tree func() *activity.Tree) []ChangeView {
	var action activity.Action
	switch c.Kind {
	case activity.ChannelKind, activity.EventKind, activity.FolderKind:
		action = scope.ActionOf(c)
	}
	var seen []ChangeView
	if action != "" {
		seen = append(seen, viewChange(c, action))
	}
	if c.Kind != activity.FolderKind {
		return seen
	}
	// One that goes takes others along, though it could not be seen itself.
	gone := c.After == nil
	if gone && action == "" || !gone && action == activity.Deleted {
		seen = append(seen, seeRoots(scope, c, tree)...)
	}
	return seen
}

// seeRoots gives what becomes of the folders that the access is let into by
// name when one above them goes. With one that is deleted they are too. With
// one that moves out of sight they only seem to be: they come back at once.
func seeRoots(scope activity.Scope, c *activity.Change, tree func() *activity.Tree) []ChangeView {
	roots := scope.Roots(activity.Read)
	if len(roots) == 0 {
		return nil
	}
	slices.Sort(roots)
	folders, gone := tree(), c.After == nil
	var seen []ChangeView
	for _, id := range roots {
		if _, there := folders.Folder(id); there == gone || string(id) == c.Item {
			continue
		}
		v := viewChange(c, activity.Created)
		if gone {
			v.Action = activity.Deleted
		}
		v.ID = string(id)
		seen = append(seen, v)
	}
	return seen
}

func (r *changeReader) scope(channel activity.ChannelID) activity.Scope {
	scope, known := r.scopes[channel]
	if !known {
		scope = r.access.Scope(channel)
		r.scopes[channel] = scope
	}
	return scope
}

func viewChange(c *activity.Change, action activity.Action) ChangeView {
	return ChangeView{Kind: c.Kind, Action: action, ID: c.Item, ChannelID: c.Channel, Time: c.Time, seq: c.Seq}
}
