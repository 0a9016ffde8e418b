package storagetest

import (
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func tombstoneCases() []testCase {
	return []testCase{
		{name: "of events deleted since", check: tombstonesSince},
		{name: "pass all filters but that of folders", check: tombstonesFilters},
		{name: "of events that the scope included", check: tombstonesScope},
		{name: "stand beside running periods, none of the trash", check: tombstonesRunning},
		{name: "of events that went with their folder", check: tombstonesOfFolders},
		{name: "stay where their folders were", check: tombstonesStay},
		{name: "stand where the events stood", check: tombstonesOrder},
		{name: "pages go on after one", check: tombstonesAfter},
	}
}

// withDeletions selects all events and tombstones since.
func withDeletions(since activity.Timestamp) storage.EventQuery {
	q := everything("c")
	q.ModifiedSince, q.Deletions, q.Ascending = &since, true, true
	return q
}

// tombstone gives what a list has of an event that was deleted at that time.
func tombstone(e activity.Event, deleted activity.Timestamp) activity.Event {
	return activity.Event{ID: e.ID, ChannelID: e.ChannelID, Modified: deleted, Deleted: &deleted}
}

// bury deletes an event and gives its tombstone.
func (u *tenant) bury(e activity.Event) activity.Event {
	u.t.Helper()
	changes := u.written(func(tx storage.Tx) error { return tx.DeleteEvent(u.t.Context(), e.ChannelID, e.ID) })
	if len(changes) != 1 {
		u.t.Fatalf("a deletion is\n%s", changeTexts(changes))
	}
	return tombstone(e, changes[0].Time)
}

func tombstonesSince(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	made := u.put(note("c", "", 1), note("c", "f", 2), note("c", "g", 3))
	first, second := u.bury(made[0]), u.bury(made[2])
	sameEvents(t, u.list(withDeletions(0)), []activity.Event{first, made[1], second})
	sameEvents(t, u.list(withDeletions(made[2].Modified)), []activity.Event{first, second})
	sameEvents(t, u.list(withDeletions(first.Modified)), []activity.Event{second}) // exclusive
	sameEvents(t, u.list(withDeletions(second.Modified)), nil)
	q := withDeletions(0)
	q.Deletions = false
	sameEvents(t, u.list(q), made[1:2])
	sameEvents(t, u.list(everything("c")), made[1:2])
}

func tombstonesFilters(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	made := u.put(note("c", "", 1), note("c", "g", 2))
	none, inG := u.bury(made[0]), u.bury(made[1])
	for i, edit := range []func(*storage.EventQuery){
		func(q *storage.EventQuery) { q.Tags = []string{"x"} },
		func(q *storage.EventQuery) { q.Types = []storage.TypeFilter{{Class: "mass", Format: "kg"}} },
		func(q *storage.EventQuery) { q.Running = true },
		func(q *storage.EventQuery) { q.State = storage.TrashedState },
		func(q *storage.EventQuery) { q.State = storage.DefaultState },
		func(q *storage.EventQuery) { q.From, q.To = at(50), at(60) },
	} {
		q := withDeletions(0)
		edit(&q)
		if got := u.list(q); texts(got) != texts([]activity.Event{none, inG}) {
			t.Errorf("filter %d:\n%s", i, texts(got))
		}
	}
	q := withDeletions(0)
	q.Folders = &storage.FolderFilter{Folders: []activity.FolderID{"f"}}
	sameEvents(t, u.list(q), []activity.Event{inG})
	q.Folders = &storage.FolderFilter{NoFolder: true}
	sameEvents(t, u.list(q), []activity.Event{none})
	q.Folders = &storage.FolderFilter{}
	sameEvents(t, u.list(q), nil)
	q.Folders, q.Skip, q.Limit = nil, 1, 1
	sameEvents(t, u.list(q), []activity.Event{inG})
}

func tombstonesScope(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	made := u.put(note("c", "", 1), note("c", "f", 2), note("c", "g", 3))
	var gone []activity.Event
	for _, e := range made {
		gone = append(gone, u.bury(e))
	}
	for _, tt := range []struct {
		folder activity.FolderID
		want   []activity.Event
	}{{"", gone[:1]}, {"f", gone[1:]}, {"g", gone[2:]}, {"nope", nil}} {
		q := withDeletions(0)
		q.Scope = inOnly(tt.folder)
		sameEvents(t, u.list(q), tt.want)
	}
}

func tombstonesRunning(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	trashed := period("c", 2, activity.Running)
	trashed.Trashed = true
	made := u.put(period("c", 1, activity.Running), trashed, note("c", "", 3), note("c", "f", 4))
	gone := u.bury(made[3])
	for state, want := range map[storage.State][]activity.Event{
		storage.DefaultState: {made[0], gone}, storage.AllState: {made[0], gone}, storage.TrashedState: {gone},
	} {
		q := withDeletions(0)
		q.Running, q.State = true, state
		sameEvents(t, u.list(q), want)
	}
}

// inOnly gives what an access to one folder may see of the channel c.
func inOnly(folder activity.FolderID) activity.Scope {
	a := activity.Access{Type: activity.AppAccess, Permissions: []activity.Permission{
		{ChannelID: "c", FolderPermissions: []activity.FolderPermission{{FolderID: folder, Level: activity.Read}}},
	}}
	return a.Scope("c")
}

func tombstonesOfFolders(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	made := u.put(note("c", "", 1), note("c", "f", 2), note("c", "g", 3), note("c", "g", 4))
	alone := u.bury(made[3])
	changes := u.deleteFolder("f", false)
	if len(changes) != 1 {
		t.Fatalf("the changes are\n%s", changeTexts(changes))
	}
	deleted := changes[0].Time
	gone := []activity.Event{tombstone(made[1], deleted), tombstone(made[2], deleted), alone}
	for range 2 { // right after the deletion, and after the sweep
		sameEvents(t, u.list(withDeletions(0)), append(made[:1:1], gone...))
		sameEvents(t, u.list(withDeletions(alone.Modified)), gone[:2])
		sameEvents(t, u.list(withDeletions(deleted)), nil)
		q := withDeletions(0)
		q.Scope = inOnly("g")
		sameEvents(t, u.list(q), gone[1:])
		q.Scope, q.Folders = activity.WholeScope(activity.Read), &storage.FolderFilter{Folders: []activity.FolderID{"f"}}
		sameEvents(t, u.list(q), nil) // there is no such folder now
		q.Folders, q.After = nil, &gone[0].ID
		sameEvents(t, u.list(q), gone[1:])
		u.settle()
	}
}

// tombstonesStay: a folder that moves later takes no tombstone with it.
func tombstonesStay(t *testing.T, s storage.Store) {
	u := nested(t, s) // p > a > b, z
	gone := u.bury(u.put(note("c", "b", 1))[0])
	u.do(func(tx storage.Tx) error {
		return tx.UpdateFolder(t.Context(), &activity.Folder{ID: "a", ChannelID: "c", ParentID: "z", Name: "a"})
	})
	for folder, seen := range map[activity.FolderID]bool{"p": true, "a": true, "b": true, "z": false} {
		byScope, byFilter := withDeletions(0), withDeletions(0)
		byScope.Scope = inOnly(folder)
		byFilter.Folders = &storage.FolderFilter{Folders: []activity.FolderID{folder}}
		for _, q := range []storage.EventQuery{byScope, byFilter} {
			if got := u.list(q); (len(got) == 1) != seen || seen && got[0].ID != gone.ID {
				t.Errorf("in %s there is %s", folder, texts(got))
			}
		}
	}
}

// graveyard makes n events, so many at each time, deletes each nth of them, and
// gives them in order.
func (u *tenant) graveyard(n, together, nth int) []activity.Event {
	u.t.Helper()
	var events []activity.Event
	for i := range n {
		events = append(events, note("c", "f", activity.Timestamp(i/together)))
	}
	made := u.put(events...)
	slices.SortFunc(made, ascending)
	for i := range made {
		if i%nth == 0 {
			made[i] = u.bury(made[i])
		}
	}
	return made
}

func tombstonesOrder(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	want := u.graveyard(30, 5, 3)
	q := withDeletions(0)
	sameEvents(t, u.list(q), want)
	slices.Reverse(want)
	q.Ascending = false
	sameEvents(t, u.list(q), want)
}

func tombstonesAfter(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	want := u.graveyard(20, 3, 2)
	for i := range want {
		q := withDeletions(0)
		q.After = &want[i].ID
		sameEvents(t, u.list(q), want[i+1:])
	}
}
