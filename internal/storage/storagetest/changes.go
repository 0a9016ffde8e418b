package storagetest

import (
	"fmt"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func changeCases() []testCase {
	return []testCase{
		{name: "every kind of write appends its one", check: changesOfWrites},
		{name: "time, user and origin", check: changesRecord},
		{name: "the time is the item's modified", check: changesTimes},
		{name: "chains of events", check: changesOfEvents},
		{name: "chains of folders", check: changesOfFolders},
		{name: "chains are those of the moment", check: changesOfTheMoment},
		{name: "in the order of the writes", check: changesOrder},
	}
}

func eventChange(action activity.Action, id activity.EventID, before, after activity.Chain) activity.Change {
	return activity.Change{Kind: activity.EventKind, Action: action, Item: string(id), Channel: "c", Before: before, After: after}
}

func folderChange(action activity.Action, id activity.FolderID, before, after activity.Chain) activity.Change {
	return activity.Change{Kind: activity.FolderKind, Action: action, Item: string(id), Channel: "c", Before: before, After: after}
}

func changesOfWrites(t *testing.T, s storage.Store) {
	u, e := furnished(t, s)
	wanted := []struct {
		kind          activity.Kind
		action        activity.Action
		item, channel string // an item "" stands for one that the write made up
	}{
		{activity.ChannelKind, activity.Created, "new", "new"},
		{activity.ChannelKind, activity.Updated, "old", "old"},
		{activity.FolderKind, activity.Created, "new", "old"},
		{activity.FolderKind, activity.Updated, "old", "old"},
		{activity.EventKind, activity.Created, "", "old"},
		{activity.EventKind, activity.Updated, string(e.ID), "old"},
		{activity.EventKind, activity.Deleted, string(e.ID), "old"},
		{activity.FolderKind, activity.Deleted, "old", "old"},
		{activity.ChannelKind, activity.Deleted, "old", "old"},
		{activity.AccessKind, activity.Created, "new", ""},
		{activity.AccessKind, activity.Updated, "new", ""},
		{activity.AccessKind, activity.Deleted, "new", ""},
		{activity.SessionKind, activity.Created, "", ""},
		{activity.SessionKind, activity.Deleted, "", ""},
		{activity.ProfileKind, activity.Updated, "public", ""},
		{activity.UserKind, activity.Updated, string(u.user.ID), ""},
	}
	for i, write := range writesOfEachKind(t.Context(), e) {
		changes, want := u.written(write), wanted[i]
		if len(changes) != 1 {
			t.Errorf("write %d appended\n%s", i, changeTexts(changes))
			continue
		}
		c := changes[0]
		if want.kind == activity.ProfileKind && c.Action == activity.Created {
			want.action = activity.Created // of a first profile either is true
		}
		if c.Kind != want.kind || c.Action != want.action || string(c.Channel) != want.channel || c.Item != want.item && want.item != "" || c.Item == "" {
			t.Errorf("write %d appended %s, want %+v", i, changeText(c), want)
		}
		if placed := c.Kind == activity.EventKind || c.Kind == activity.FolderKind; !placed && (c.Before != nil || c.After != nil) {
			t.Errorf("write %d appended %s, which has a place", i, changeText(c))
		}
	}
}

func changesRecord(t *testing.T, s storage.Store) {
	u, e := furnished(t, s)
	for i, origin := range []activity.Origin{
		{}, {Access: "a"}, {Access: "a", Session: "s"}, {Access: "a", Session: "s", Socket: "k"}, {Socket: "k"},
	} {
		head := u.head()
		if err := u.Update(t.Context(), origin, func(tx storage.Tx) error {
			changed := e
			if err := tx.PutProfile(t.Context(), "public", counter(i)); err != nil {
				return err
			}
			return tx.UpdateEvent(t.Context(), &changed)
		}); err != nil {
			t.Fatal(err)
		}
		changes := u.log(head)
		if len(changes) != 2 {
			t.Fatalf("the changes are\n%s", changeTexts(changes))
		}
		checkSequence(t, u.user.ID, head, changes)
		for _, c := range changes {
			if c.Origin != origin {
				t.Errorf("origin %+v, want %+v", c.Origin, origin)
			}
		}
	}
}

func changesTimes(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	head := u.head()
	c := u.channel("c")
	f := u.folder("c", "", "f")
	e := u.put(note("c", "f", 1))[0]
	a := u.access(richAccess("a"))
	v := u.session(activity.Session{ID: "s", Expires: farFuture})
	times := []activity.Timestamp{c.Modified, f.Modified, e.Modified, a.Modified, v.Created}
	e = u.change(e)
	a = u.changeAccess(a)
	times = append(times, e.Modified, a.Modified)
	changes := u.log(head)
	for i, want := range times {
		if changes[i].Time != want {
			t.Errorf("%s is of %v, its item of %v", changeText(changes[i]), changes[i].Time, want)
		}
	}
	if len(changes) != len(times) {
		t.Errorf("the changes are\n%s", changeTexts(changes))
	}
}

func changesOfEvents(t *testing.T, s storage.Store) {
	u := nested(t, s) // p > a > b, z
	none, inA := note("c", "", 1), note("c", "a", 2)
	head := u.head()
	u.put(none, inA)
	inA.FolderID = "b"
	u.change(inA)
	inA.Tags = []string{"x"}
	u.change(inA)
	inA.Trashed = true
	u.change(inA)
	inA.FolderID = ""
	u.change(inA)
	none.FolderID = "z"
	u.change(none)
	u.remove(none)
	u.remove(inA)
	inB := activity.Chain{"b", "a", "p"}
	sameChanges(t, u.log(head),
		eventChange(activity.Created, none.ID, nil, activity.Chain{}),
		eventChange(activity.Created, inA.ID, nil, activity.Chain{"a", "p"}),
		eventChange(activity.Updated, inA.ID, activity.Chain{"a", "p"}, inB),
		eventChange(activity.Updated, inA.ID, inB, inB),
		eventChange(activity.Updated, inA.ID, inB, inB),
		eventChange(activity.Updated, inA.ID, inB, activity.Chain{}),
		eventChange(activity.Updated, none.ID, activity.Chain{}, activity.Chain{"z"}),
		eventChange(activity.Deleted, none.ID, activity.Chain{"z"}, nil),
		eventChange(activity.Deleted, inA.ID, activity.Chain{}, nil))
}

func changesOfFolders(t *testing.T, s storage.Store) {
	u := nested(t, s) // p > a > b, z
	head := u.head()
	update := func(id, parent activity.FolderID, name string) {
		u.do(func(tx storage.Tx) error {
			return tx.UpdateFolder(t.Context(), &activity.Folder{ID: id, ChannelID: "c", ParentID: parent, Name: name})
		})
	}
	u.folder("c", "b", "new")
	update("new", "b", "renamed")
	update("new", "", "renamed")
	update("a", "z", "a")
	update("z", "new", "z")
	u.deleteFolder("z", false)
	u.deleteFolder("new", true)
	sameChanges(t, u.log(head),
		folderChange(activity.Created, "new", nil, activity.Chain{"new", "b", "a", "p"}),
		folderChange(activity.Updated, "new", activity.Chain{"new", "b", "a", "p"}, activity.Chain{"new", "b", "a", "p"}),
		folderChange(activity.Updated, "new", activity.Chain{"new", "b", "a", "p"}, activity.Chain{"new"}),
		folderChange(activity.Updated, "a", activity.Chain{"a", "p"}, activity.Chain{"a", "z"}),
		folderChange(activity.Updated, "z", activity.Chain{"z"}, activity.Chain{"z", "new"}),
		folderChange(activity.Deleted, "z", activity.Chain{"z", "new"}, nil),
		folderChange(activity.Deleted, "new", activity.Chain{"new"}, nil))
}

// changesOfTheMoment: what was logged stays as it was when folders move.
func changesOfTheMoment(t *testing.T, s storage.Store) {
	u := nested(t, s)
	head := u.head()
	e := u.put(note("c", "b", 1))[0]
	u.do(func(tx storage.Tx) error {
		if err := tx.UpdateFolder(t.Context(), &activity.Folder{ID: "a", ChannelID: "c", ParentID: "z", Name: "a"}); err != nil {
			return err
		}
		changed := e
		return tx.UpdateEvent(t.Context(), &changed)
	})
	u.do(func(tx storage.Tx) error { return tx.DeleteChannel(t.Context(), "c") })
	moved := activity.Chain{"b", "a", "z"}
	sameChanges(t, u.log(head),
		eventChange(activity.Created, e.ID, nil, activity.Chain{"b", "a", "p"}),
		folderChange(activity.Updated, "a", activity.Chain{"a", "p"}, activity.Chain{"a", "z"}),
		eventChange(activity.Updated, e.ID, moved, moved),
		activity.Change{Kind: activity.ChannelKind, Action: activity.Deleted, Item: "c", Channel: "c"})
}

func changesOrder(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	changes := u.written(func(tx storage.Tx) error {
		for i := range 20 {
			id := fmt.Sprint("c", (i*7)%20)
			if err := tx.CreateChannel(t.Context(), &activity.Channel{ID: activity.ChannelID(id), Name: id}); err != nil {
				return err
			}
		}
		return nil
	})
	if len(changes) != 20 {
		t.Fatalf("the changes are\n%s", changeTexts(changes))
	}
	for i, c := range changes {
		if c.Item != fmt.Sprint("c", (i*7)%20) {
			t.Errorf("change %d is %s", i, changeText(c))
		}
	}
}
