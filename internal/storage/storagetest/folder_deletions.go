package storagetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func folderDeletionCases() []testCase {
	return []testCase{
		{name: "with their events", check: folderDeleted},
		{name: "with their events, by thousands", check: folderDeletedBig},
		{name: "merged into the parent", check: folderMerged},
		{name: "merged into the parent, by thousands", check: folderMergedBig},
		{name: "a root merged into no folder", check: folderMergedToRoot},
		{name: "merged, then the parent merged", check: folderMergedTwice},
		{name: "merged, then the parent deleted", check: folderMergedThenDeleted},
		{name: "events that were merged can be moved at once", check: folderMergedThenMoved},
		{name: "events move away while the sweep runs", check: folderMergedWhileMoving},
		{name: "ids are free right after the deletion", check: folderIDReused},
		{name: "ids of events deleted so stay taken", check: folderDeletedEventIDs},
		{name: "without events", check: folderDeletedEmpty},
		{name: "unknown ones", check: folderDeletedUnknown},
	}
}

// nested makes the channel c with the folders p, a in p, b in a, and z beside.
func nested(t *testing.T, s storage.Store) *tenant {
	t.Helper()
	u := newTenant(t, s)
	u.channel("c")
	for _, f := range [][2]activity.FolderID{{"", "p"}, {"p", "a"}, {"a", "b"}, {"", "z"}} {
		u.folder("c", f[0], f[1])
	}
	return u
}

func (u *tenant) deleteFolder(id activity.FolderID, merge bool) []activity.Change {
	u.t.Helper()
	return u.written(func(tx storage.Tx) error { return tx.DeleteFolder(u.t.Context(), "c", id, merge) })
}

func folderDeletion(id activity.FolderID, chain ...activity.FolderID) activity.Change {
	return activity.Change{Kind: activity.FolderKind, Action: activity.Deleted, Item: string(id), Channel: "c", Before: chain}
}

// folders gives the ids of all folders of the channel c.
func (u *tenant) folders() []activity.FolderID {
	u.t.Helper()
	var all []activity.FolderID
	tree := u.structure().Tree("c")
	for _, root := range tree.Children("") {
		all = slices.AppendSeq(all, tree.Below(root))
	}
	return all
}

func folderDeleted(t *testing.T, s storage.Store) {
	u := nested(t, s)
	trashed := note("c", "b", 3)
	trashed.Trashed = true
	made := u.put(note("c", "a", 1), note("c", "b", 2), trashed, note("c", "p", 4), note("c", "", 5), note("c", "z", 6))
	sameChanges(t, u.deleteFolder("a", false), folderDeletion("a", "a", "p"))
	if got := u.folders(); !slices.Equal(got, []activity.FolderID{"p", "z"}) {
		t.Errorf("folders left: %v", got)
	}
	sameIDs(t, u.list(everything("c")), made[5], made[4], made[3])
	for _, e := range made[:3] {
		u.noEvent("c", e.ID)
	}
	u.settle()
	sameEvents(t, u.list(everything("c")), []activity.Event{made[5], made[4], made[3]})
}

func folderDeletedBig(t *testing.T, s storage.Store) {
	u := nested(t, s)
	kept := u.put(note("c", "p", 1), note("c", "", 2))
	gone := u.many("c", "b", 3000)
	sameChanges(t, u.deleteFolder("a", false), folderDeletion("a", "a", "p"))
	sameEvents(t, u.list(everything("c")), []activity.Event{kept[1], kept[0]})
	u.noEvent("c", gone[0].ID)
	u.noEvent("c", gone[2999].ID)
	u.fails(activity.CodeUnknownEvent, func(tx storage.Tx) error {
		e := gone[1500]
		e.FolderID = "p"
		return tx.UpdateEvent(t.Context(), &e)
	})
	u.fails(activity.CodeUnknownEvent, func(tx storage.Tx) error { return tx.DeleteEvent(t.Context(), "c", gone[1500].ID) })
	u.settle()
	sameEvents(t, u.list(everything("c")), []activity.Event{kept[1], kept[0]})
}

func folderMerged(t *testing.T, s storage.Store) {
	u := nested(t, s)
	trashed := note("c", "b", 3)
	trashed.Trashed = true
	made := u.put(note("c", "a", 1), note("c", "b", 2), trashed, note("c", "p", 4))
	from, head := position(t, s), u.head()
	u.do(func(tx storage.Tx) error {
		if err := tx.DeleteFolder(t.Context(), "c", "a", true); err != nil {
			return err
		}
		for _, e := range made[:3] {
			if got, err := tx.Event(t.Context(), "c", e.ID); err != nil || got.FolderID != "p" {
				t.Errorf("within the unit: %s, %v", text(got), err)
			}
		}
		return nil
	})
	if got := u.folders(); !slices.Equal(got, []activity.FolderID{"p", "z"}) {
		t.Errorf("folders left: %v", got)
	}
	if got := u.countIn(everything("c"), "p"); got != 4 {
		t.Errorf("%d events are there right after the deletion", got)
	}
	told := u.awaitMoves(from, ids(made[:3]))
	changes := u.log(head)
	sameChanges(t, changes[:1], folderDeletion("a", "a", "p"))
	if len(changes) != 4 {
		t.Errorf("the changes are\n%s", changeTexts(changes))
	}
	before := []activity.Chain{{"a", "p"}, {"b", "a", "p"}, {"b", "a", "p"}}
	for i, e := range made[:3] {
		sameChanges(t, []activity.Change{told[e.ID]}, activity.Change{
			Kind: activity.EventKind, Action: activity.Updated, Item: string(e.ID), Channel: "c", Before: before[i], After: activity.Chain{"p"},
		})
		if told[e.ID].Origin != u.origin {
			t.Errorf("origin %+v, want that of the deletion, %+v", told[e.ID].Origin, u.origin)
		}
		got := u.event("c", e.ID)
		if got.Modified != told[e.ID].Time || got.Modified <= made[3].Modified {
			t.Errorf("modified %v, its change is of %v", got.Modified, told[e.ID].Time)
		}
		e.FolderID, e.Modified, e.ModifiedBy = "p", got.Modified, got.ModifiedBy
		sameEvent(t, got, e)
	}
	sameEvent(t, u.event("c", made[3].ID), made[3])
}

func folderMergedBig(t *testing.T, s storage.Store) {
	u := nested(t, s)
	made := append(u.many("c", "b", 2000), u.many("c", "a", 1000)...)
	from, head := position(t, s), u.head()
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "a", true) })
	q := everything("c")
	q.Folders = &storage.FolderFilter{Folders: []activity.FolderID{"p"}}
	if got := u.countIn(q, "p"); got != 3000 {
		t.Errorf("%d events are in the parent at once", got)
	}
	u.read(func(tx storage.Tx) error {
		has, err := tx.HasEvents(t.Context(), "c", []activity.FolderID{"p"})
		if err == nil && !has {
			t.Error("the parent has no events")
		}
		return err
	})
	u.put(note("c", "z", 1)) // others may write meanwhile
	told := u.awaitMoves(from, ids(made))
	if got := u.countIn(q, "p"); got != 3000 || len(told) != 3000 {
		t.Errorf("%d events are in the parent in the end, %d were told of", got, len(told))
	}
	changes := u.log(head)
	if len(changes) != 3002 {
		t.Errorf("%d changes, want 3002", len(changes))
	}
	checkSequence(t, u.user.ID, head, changes)
}

// countIn counts the events of a list while the tenant is not at rest; all must
// be in the folder, none twice.
func (u *tenant) countIn(q storage.EventQuery, folder activity.FolderID) int {
	u.t.Helper()
	events, err := collect(u.Events(u.t.Context(), q))
	if err != nil {
		u.t.Fatal(err)
	}
	seen := map[activity.EventID]bool{}
	for _, e := range events {
		if e.FolderID != folder || seen[e.ID] {
			u.t.Errorf("not in %q, or twice: %s", folder, text(e))
		}
		seen[e.ID] = true
	}
	return len(events)
}

func folderMergedToRoot(t *testing.T, s storage.Store) {
	u := nested(t, s)
	made := u.put(note("c", "p", 1), note("c", "b", 2))
	from := position(t, s)
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "p", true) })
	q := everything("c")
	q.Folders = &storage.FolderFilter{NoFolder: true}
	if got := u.countIn(q, ""); got != 2 {
		t.Errorf("%d events are in no folder at once", got)
	}
	for _, c := range u.awaitMoves(from, ids(made)) {
		if c.After == nil || len(c.After) != 0 {
			t.Errorf("moved to no folder it is %s", changeText(c))
		}
	}
	sameIDs(t, u.list(q), made[1], made[0])
}

func folderMergedTwice(t *testing.T, s storage.Store) {
	u := nested(t, s)
	made := u.many("c", "b", 600)
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "b", true) })
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "a", true) })
	if got := u.countIn(everything("c"), "p"); got != 600 {
		t.Errorf("%d events are there after two merges", got)
	}
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "p", true) })
	q := everything("c")
	q.Folders = &storage.FolderFilter{NoFolder: true}
	if got := u.countIn(q, ""); got != 600 {
		t.Errorf("%d events are there after three merges", got)
	}
	u.settle()
	if got := u.countIn(q, ""); got != 600 {
		t.Errorf("%d events are there in the end", got)
	}
	if e := u.event("c", made[300].ID); e.FolderID != "" {
		t.Errorf("one is %s", text(e))
	}
}

func folderMergedThenDeleted(t *testing.T, s storage.Store) {
	u := nested(t, s)
	gone, kept := u.many("c", "a", 600), u.put(note("c", "z", 1))
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "a", true) })
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "p", false) })
	for range 2 {
		if events, err := collect(u.Events(t.Context(), everything("c"))); err != nil || len(events) != 1 || events[0].ID != kept[0].ID {
			t.Errorf("%d events are left, %v", len(events), err)
		}
		u.noEvent("c", gone[500].ID)
		u.settle()
	}
}

func folderMergedThenMoved(t *testing.T, s storage.Store) {
	u := nested(t, s)
	made := u.many("c", "a", 1500)
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "a", true) })
	moved, edited, removed := made[1499], made[1], made[1498]
	moved.FolderID = "z"
	edited.FolderID, edited.Time = "p", 1e6
	moved, edited = u.change(moved), u.change(edited)
	u.remove(removed)
	u.folder("c", "", "a")
	again := u.put(note("c", "a", 2e6))[0]
	for range 2 {
		sameEvent(t, u.event("c", moved.ID), moved)
		if got := u.event("c", edited.ID); got.FolderID != "p" || got.Time != 1e6 {
			t.Errorf("edited it is %s", text(got))
		}
		u.noEvent("c", removed.ID)
		sameEvent(t, u.event("c", again.ID), again)
		u.settle()
	}
	if events, err := collect(u.Events(t.Context(), everything("c"))); err != nil || len(events) != 1500 {
		t.Errorf("there are %d events, %v", len(events), err)
	}
}

// folderMergedWhileMoving moves events out of the parent while the sweep is at
// work on them: it must not touch those that have left.
func folderMergedWhileMoving(t *testing.T, s storage.Store) {
	const n, movers = 1500, 4
	u := nested(t, s)
	made := u.many("c", "a", n)
	head := u.head()
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "a", true) })
	left := make([]activity.Event, n)
	errs := atOnce(movers, func(m int) error {
		for i := m; i < n; i += 3 * movers {
			if err := u.Update(t.Context(), u.origin, func(tx storage.Tx) error {
				e := made[i]
				e.FolderID = "z"
				err := tx.UpdateEvent(t.Context(), &e)
				left[i] = e
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	u.settle()
	moves := map[string]int{}
	for _, c := range u.log(head) {
		if c.Kind == activity.EventKind && c.Channel == "c" {
			if c.Before == nil || c.After == nil {
				t.Fatalf("a move is %s", changeText(c))
			}
			if moves[c.Item] > 0 && slices.Equal(c.Before, c.After) {
				t.Fatalf("the sweep reached what had left: %s", changeText(c))
			}
			moves[c.Item]++
		}
	}
	for i, e := range made {
		if left[i].ID != "" {
			sameEvent(t, u.event("c", e.ID), left[i])
		} else if moves[string(e.ID)] != 1 {
			t.Fatalf("%d changes tell of the move of one event", moves[string(e.ID)])
		}
	}
}

func folderIDReused(t *testing.T, s storage.Store) {
	u := nested(t, s)
	old := u.many("c", "a", 800)
	u.deleteFolder("a", false)
	u.folder("c", "z", "a")
	sameIDs(t, u.list(everything("c")))
	u.noEvent("c", old[0].ID)
	u.read(func(tx storage.Tx) error {
		has, err := tx.HasEvents(t.Context(), "c", []activity.FolderID{"a"})
		if has {
			t.Error("a folder of an old id has events")
		}
		return err
	})
	made := u.put(note("c", "a", 1), note("c", "a", 2))
	sameEvents(t, u.list(everything("c")), []activity.Event{made[1], made[0]})
	u.settle()
	sameEvents(t, u.list(everything("c")), []activity.Event{made[1], made[0]})
	u.deleteFolder("a", false)
	u.folder("c", "", "a")
	u.settle()
	sameIDs(t, u.list(everything("c")))
	u.noEvent("c", made[0].ID)
}

func folderDeletedEventIDs(t *testing.T, s storage.Store) {
	u := nested(t, s)
	e := u.put(note("c", "a", 1))[0]
	u.deleteFolder("a", false)
	again := note("c", "p", 2)
	again.ID = e.ID
	for range 2 {
		u.fails(activity.CodeItemIDAlreadyExists, func(tx storage.Tx) error {
			made := again
			return tx.CreateEvent(t.Context(), &made, nil)
		})
		u.settle()
	}
}

func folderDeletedEmpty(t *testing.T, s storage.Store) {
	u := nested(t, s)
	sameChanges(t, u.deleteFolder("a", true), folderDeletion("a", "a", "p"))
	sameChanges(t, u.deleteFolder("p", false), folderDeletion("p", "p"))
	if got := u.folders(); !slices.Equal(got, []activity.FolderID{"z"}) {
		t.Errorf("folders left: %v", got)
	}
}

func folderDeletedUnknown(t *testing.T, s storage.Store) {
	u := nested(t, s)
	for _, merge := range []bool{true, false} {
		u.fails(activity.CodeUnknownChannel, func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "nope", "a", merge) })
		u.fails(activity.CodeUnknownFolder, func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "nope", merge) })
		u.fails(activity.CodeUnknownFolder, func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "", merge) })
	}
}
