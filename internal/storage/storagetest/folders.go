package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func folderCases() []testCase {
	return []testCase{
		{name: "created as given", check: folderCreated},
		{name: "updated and moved", check: folderUpdated},
		{name: "what cannot be is refused", check: folderRefused},
		{name: "trees are at most 64 deep", check: folderDepth},
		{name: "ids are apart by channel", check: folderChannels},
		{name: "children stand by name", check: folderOrder},
		{name: "events follow the folder that they are in", check: folderMovesEvents},
		{name: "thousands of them", check: folderMany},
	}
}

func folderCreated(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	u.folder("c", "", "parent")
	given := activity.Folder{
		ID: "f-1", ChannelID: "c", Name: oddText, ParentID: "parent", Hidden: true, ClientData: activity.Object(oddObject), Trashed: true, Created: 5, Modified: 6,
	}
	var made activity.Folder
	u.do(func(tx storage.Tx) error {
		made = given
		return tx.CreateFolder(t.Context(), &made)
	})
	if made.Created != made.Modified || made.Modified <= 6 {
		t.Errorf("created %v, modified %v", made.Created, made.Modified)
	}
	given.Created, given.Modified = made.Created, made.Modified
	tree := u.structure().Tree("c")
	if got, ok := tree.Folder("f-1"); !ok || folderText(got) != folderText(given) {
		t.Errorf("folder %s, want %s", folderText(got), folderText(given))
	}
	if got := tree.Chain("f-1"); !slices.Equal(got, activity.Chain{"f-1", "parent"}) {
		t.Errorf("chain %v", got)
	}
}

func folderUpdated(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	u.folder("c", "", "a")
	made := u.folder("c", "a", "b")
	below := u.folder("c", "b", "d")
	sibling := u.folder("c", "", "e")
	want := activity.Folder{ID: "b", ChannelID: "c", Name: "B", ParentID: "e", Hidden: true, ClientData: activity.Object(oddObject), Trashed: true, Created: 7}
	u.do(func(tx storage.Tx) error {
		given := want
		err := tx.UpdateFolder(t.Context(), &given)
		want.Modified = given.Modified
		return err
	})
	want.Created = made.Created
	if want.Modified <= sibling.Modified {
		t.Errorf("modified %v after %v", want.Modified, sibling.Modified)
	}
	tree := u.structure().Tree("c")
	if got, _ := tree.Folder("b"); folderText(got) != folderText(want) {
		t.Errorf("folder %s, want %s", folderText(got), folderText(want))
	}
	if got := tree.Chain("d"); !slices.Equal(got, activity.Chain{"d", "b", "e"}) {
		t.Errorf("what is below is now at %v", got)
	}
	for _, unmoved := range []activity.Folder{below, sibling} {
		if got, _ := tree.Folder(unmoved.ID); folderText(got) != folderText(unmoved) {
			t.Errorf("another folder is %s, want %s", folderText(got), folderText(unmoved))
		}
	}
	u.do(func(tx storage.Tx) error {
		return tx.UpdateFolder(t.Context(), &activity.Folder{ID: "b", ChannelID: "c", Name: "B"})
	})
	if got := u.structure().Tree("c").Chain("d"); !slices.Equal(got, activity.Chain{"d", "b"}) {
		t.Errorf("moved to the root it is at %v", got)
	}
}

func folderRefused(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	u.folder("c", "", "a")
	u.folder("c", "a", "b")
	u.folder("c", "b", "d")
	u.do(func(tx storage.Tx) error {
		return tx.CreateFolder(t.Context(), &activity.Folder{ID: "e", ChannelID: "c", Name: "e", Trashed: true})
	})
	before := u.state()
	for name, tt := range map[string]struct {
		f      activity.Folder
		update bool
		code   activity.Code
	}{
		"an id that is taken":             {activity.Folder{ID: "b", Name: "x"}, false, activity.CodeItemIDAlreadyExists},
		"a sibling's name":                {activity.Folder{ID: "x", Name: "a"}, false, activity.CodeItemNameAlreadyExists},
		"the name of one in the trash":    {activity.Folder{ID: "x", Name: "e"}, false, activity.CodeItemNameAlreadyExists},
		"an unknown parent":               {activity.Folder{ID: "x", Name: "x", ParentID: "nope"}, false, activity.CodeUnknownFolder},
		"an unknown channel":              {activity.Folder{ID: "x", Name: "x", ChannelID: "nope"}, false, activity.CodeUnknownChannel},
		"update in an unknown channel":    {activity.Folder{ID: "a", Name: "a", ChannelID: "nope"}, true, activity.CodeUnknownChannel},
		"update of an unknown one":        {activity.Folder{ID: "nope", Name: "x"}, true, activity.CodeUnknownFolder},
		"renamed to a sibling's":          {activity.Folder{ID: "e", Name: "a"}, true, activity.CodeItemNameAlreadyExists},
		"moved to an unknown parent":      {activity.Folder{ID: "a", Name: "a", ParentID: "nope"}, true, activity.CodeUnknownFolder},
		"moved into itself":               {activity.Folder{ID: "a", Name: "a", ParentID: "a"}, true, activity.CodeInvalidOperation},
		"moved below itself":              {activity.Folder{ID: "a", Name: "a", ParentID: "d"}, true, activity.CodeInvalidOperation},
		"moved beside one of its name":    {activity.Folder{ID: "d", Name: "a"}, true, activity.CodeItemNameAlreadyExists},
		"made in another folder's letter": {activity.Folder{ID: "x", Name: "x", ParentID: "A"}, false, activity.CodeUnknownFolder},
	} {
		if tt.f.ChannelID == "" {
			tt.f.ChannelID = "c"
		}
		err := u.Update(t.Context(), u.origin, func(tx storage.Tx) error {
			f := tt.f
			if tt.update {
				return tx.UpdateFolder(t.Context(), &f)
			}
			return tx.CreateFolder(t.Context(), &f)
		})
		if !isCode(err, tt.code) {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	if after := u.state(); after != before {
		t.Errorf("after refusals:\n%swant\n%s", after, before)
	}
}

func folderDepth(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	id := func(level int) activity.FolderID {
		if level == 0 {
			return ""
		}
		return activity.FolderID(fmt.Sprint("f", level))
	}
	u.do(func(tx storage.Tx) error {
		for level := 1; level <= activity.MaxFolderDepth; level++ {
			if err := tx.CreateFolder(t.Context(), &activity.Folder{ID: id(level), ChannelID: "c", ParentID: id(level - 1), Name: "n"}); err != nil {
				return err
			}
		}
		return tx.CreateFolder(t.Context(), &activity.Folder{ID: "x", ChannelID: "c", Name: "x"})
	})
	u.fails(activity.CodeInvalidOperation, func(tx storage.Tx) error {
		return tx.CreateFolder(t.Context(), &activity.Folder{ID: "y", ChannelID: "c", ParentID: id(activity.MaxFolderDepth), Name: "y"})
	})
	u.fails(activity.CodeInvalidOperation, func(tx storage.Tx) error {
		return tx.UpdateFolder(t.Context(), &activity.Folder{ID: id(1), ChannelID: "c", ParentID: "x", Name: "n"})
	})
	e := u.put(note("c", id(activity.MaxFolderDepth), 1))[0]
	q := everything("c")
	q.Folders = &storage.FolderFilter{Folders: []activity.FolderID{id(1)}}
	sameIDs(t, u.list(q), e)
}

func folderChannels(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	for i, c := range []activity.ChannelID{"c", "d"} {
		u.channel(c)
		u.folder(c, "", "same")
		u.folder(c, "same", activity.FolderID(fmt.Sprint("only-", c)))
		u.put(note(c, "same", activity.Timestamp(i)))
	}
	u.fails(activity.CodeUnknownFolder, func(tx storage.Tx) error {
		return tx.CreateFolder(t.Context(), &activity.Folder{ID: "x", ChannelID: "d", ParentID: "only-c", Name: "x"})
	})
	u.fails(activity.CodeUnknownFolder, func(tx storage.Tx) error {
		e := note("d", "only-c", 1)
		return tx.CreateEvent(t.Context(), &e, nil)
	})
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "same", false) })
	if u.structure().Tree("d").Len() != 2 || len(u.list(everything("d"))) != 1 || len(u.list(everything("c"))) != 0 {
		t.Error("a deletion reached the wrong channel")
	}
}

func folderOrder(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	u.do(func(tx storage.Tx) error {
		for i, name := range []string{"b", "a", "B", "\u00c4", "A", "c"} {
			if err := tx.CreateFolder(t.Context(), &activity.Folder{ID: activity.FolderID(fmt.Sprint("f", i)), ChannelID: "c", Name: name}); err != nil {
				return err
			}
		}
		return nil
	})
	tree := u.structure().Tree("c")
	var names []string
	for _, id := range tree.Children("") {
		f, _ := tree.Folder(id)
		names = append(names, f.Name)
	}
	if !slices.IsSortedFunc(names, activity.CompareNames) || len(names) != 6 {
		t.Errorf("by name: %q", names)
	}
}

func folderMovesEvents(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	for _, f := range [][2]activity.FolderID{{"", "a"}, {"", "b"}, {"a", "inner"}} {
		u.folder("c", f[0], f[1])
	}
	e := u.put(note("c", "inner", 1))[0]
	in := func(top activity.FolderID) []activity.Event {
		q := everything("c")
		q.Folders = &storage.FolderFilter{Folders: []activity.FolderID{top}}
		return u.list(q)
	}
	sameIDs(t, in("a"), e)
	sameIDs(t, in("b"))
	changes := u.written(func(tx storage.Tx) error {
		return tx.UpdateFolder(t.Context(), &activity.Folder{ID: "inner", ChannelID: "c", ParentID: "b", Name: "inner"})
	})
	if len(changes) != 1 {
		t.Errorf("the move of a folder is\n%s", changeTexts(changes))
	}
	sameIDs(t, in("a"))
	sameEvents(t, in("b"), []activity.Event{e})
}

func folderMany(t *testing.T, s storage.Store) {
	const n = 1000
	u := newTenant(t, s)
	u.channel("c")
	u.do(func(tx storage.Tx) error {
		var errs []error
		for i := range n {
			parent := activity.FolderID("")
			if i >= 10 {
				parent = activity.FolderID(fmt.Sprint("f", i/10))
			}
			errs = append(errs, tx.CreateFolder(t.Context(), &activity.Folder{
				ID: activity.FolderID(fmt.Sprint("f", i)), ChannelID: "c", ParentID: parent, Name: fmt.Sprint(i),
			}))
		}
		return errors.Join(errs...)
	})
	if got := u.structure().Tree("c").Len(); got != n {
		t.Errorf("there are %d folders", got)
	}
	e := u.put(note("c", "f999", 1))[0]
	q := everything("c")
	q.Folders = &storage.FolderFilter{Folders: []activity.FolderID{"f9"}}
	sameIDs(t, u.list(q), e)
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "f9", false) })
	below := 0
	for i := range n {
		if s := fmt.Sprint(i); s[0] == '9' {
			below++
		}
	}
	if got := u.structure().Tree("c").Len(); got != n-below {
		t.Errorf("%d folders are left, want %d", got, n-below)
	}
}
