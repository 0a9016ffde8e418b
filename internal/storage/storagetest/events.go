package storagetest

import (
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func eventCases() []testCase {
	return []testCase{
		{name: "created as given", check: eventCreated},
		{name: "created bare", check: eventBare},
		{name: "updated in every part", check: eventUpdated},
		{name: "optional parts are removed", check: eventUnset},
		{name: "moved between folders", check: eventMoved},
		{name: "what cannot be is refused", check: eventRefused},
		{name: "deleted, its id stays taken", check: eventDeleted},
		{name: "ids are apart by channel", check: eventIDs},
		{name: "folders have events, trashed ones too", check: eventsOfFolders},
		{name: "modified rises strictly", check: modifiedRises},
	}
}

// rich gives an event with every part, in the folder f of the channel c.
func rich() activity.Event {
	description := "a description"
	return activity.Event{
		ID: newEventID(), ChannelID: "c", Time: 1753712345.678901, Duration: activity.Seconds(12.5),
		Type: activity.Type{Class: "note", Format: "Rich-1.0_x"}, Value: activity.Value(`{"b":[1,2.50],"a":null}`), FolderID: "f",
		Tags: []string{"second", "First", "third"}, Description: &description,
		Attachments: []activity.Attachment{
			{Name: "a photo", FileName: "bild.jpg", Type: "image/jpeg", Size: 1 << 40},
			{Name: "b", FileName: "b", Type: "", Size: 0},
		},
		ClientData: activity.Object(`{"z":1,"a":{"deep":[true]}}`), Trashed: true, CreatedBy: "creator", ModifiedBy: "creator",
	}
}

// inFolder makes a user with the channel c and its folders f and g.
func inFolder(t *testing.T, s storage.Store) *tenant {
	t.Helper()
	u := newTenant(t, s)
	u.channel("c")
	u.folder("c", "", "f")
	u.folder("c", "f", "g")
	return u
}

// stored fails the test unless the event is found as e, alone and in lists.
func (u *tenant) stored(e activity.Event) {
	u.t.Helper()
	sameEvent(u.t, u.event(e.ChannelID, e.ID), e)
	for _, listed := range u.list(everything(e.ChannelID)) {
		if listed.ID == e.ID {
			sameEvent(u.t, listed, e)
			return
		}
	}
	u.t.Fatalf("the list lacks %s", text(e))
}

func eventCreated(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	given := rich()
	given.Created, given.Modified = 5, 6
	made := u.put(given)[0]
	if made.Created != made.Modified || made.Created <= 6 {
		t.Errorf("created %v, modified %v", made.Created, made.Modified)
	}
	given.Created, given.Modified = made.Created, made.Modified
	sameEvent(t, made, given)
	u.stored(given)
}

func eventBare(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	made := u.put(note("c", "", 0))[0]
	u.stored(made)
	got := u.event("c", made.ID)
	if got.Value != nil || got.Description != nil || !got.Duration.IsZero() || len(got.Tags) != 0 || len(got.Attachments) != 0 || got.Deleted != nil {
		t.Errorf("a bare event is %+v", got)
	}
	empty := ""
	withEmpty := note("c", "", 1)
	withEmpty.Description, withEmpty.Value, withEmpty.Duration = &empty, activity.Value("null"), activity.Seconds(0)
	u.stored(u.put(withEmpty)[0])
	running := period("c", 2, activity.Running)
	u.stored(u.put(running)[0])
}

func eventUpdated(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	first := u.put(note("c", "", 1), note("c", "", 2))
	want := rich()
	want.ID = first[0].ID
	want.Created, want.CreatedBy, want.ModifiedBy = 7, "a liar", "the changer"
	want = u.change(want)
	if want.Modified <= first[1].Modified {
		t.Errorf("modified %v after %v", want.Modified, first[1].Modified)
	}
	want.Created, want.CreatedBy = first[0].Created, first[0].CreatedBy
	u.stored(want)
	u.stored(first[1])
}

func eventUnset(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	e := u.put(rich())[0]
	e.Duration, e.Value, e.Description, e.Tags, e.Attachments = activity.Duration{}, nil, nil, nil, nil
	e.ClientData, e.FolderID, e.Trashed = nil, "", false
	e = u.change(e)
	u.stored(e)
	if got := u.event("c", e.ID); got.Value != nil || got.Description != nil || !got.Duration.IsZero() {
		t.Errorf("what was removed is there: %s", text(got))
	}
	e.Duration = activity.Running
	e = u.change(e)
	u.stored(e)
	e.Duration = activity.Seconds(3)
	u.stored(u.change(e))
}

func eventMoved(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	e := u.put(rich())[0]
	in := func(filter storage.FolderFilter) []activity.Event {
		q := everything("c")
		q.Folders = &filter
		return u.list(q)
	}
	for _, to := range []activity.FolderID{"g", "", "f", "g"} {
		e.FolderID = to
		e = u.change(e)
		u.stored(e)
		none := in(storage.FolderFilter{NoFolder: true})
		if (len(none) == 1) != (to == "") {
			t.Errorf("moved to %q it is without a folder: %t", to, len(none) == 1)
		}
		g := in(storage.FolderFilter{Folders: []activity.FolderID{"g"}})
		if (len(g) == 1) != (to == "g") {
			t.Errorf("moved to %q it is in g: %t", to, len(g) == 1)
		}
	}
}

func eventRefused(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	u.channel("other")
	e := u.put(rich())[0]
	before := u.state()
	in := func(channel activity.ChannelID, folder activity.FolderID, id activity.EventID) activity.Event {
		given := note(channel, folder, 1)
		given.ID = id
		return given
	}
	create := func(tx storage.Tx, e activity.Event) error { return tx.CreateEvent(t.Context(), &e, nil) }
	update := func(tx storage.Tx, e activity.Event) error { return tx.UpdateEvent(t.Context(), &e) }
	remove := func(tx storage.Tx, e activity.Event) error { return tx.DeleteEvent(t.Context(), e.ChannelID, e.ID) }
	get := func(tx storage.Tx, e activity.Event) error {
		_, err := tx.Event(t.Context(), e.ChannelID, e.ID)
		return err
	}
	for name, tt := range map[string]struct {
		op   func(storage.Tx, activity.Event) error
		e    activity.Event
		code activity.Code
	}{
		"create in an unknown channel": {create, in("nope", "", newEventID()), activity.CodeUnknownChannel},
		"create in an unknown folder":  {create, in("c", "nope", newEventID()), activity.CodeUnknownFolder},
		"create in another's folder":   {create, in("other", "f", newEventID()), activity.CodeUnknownFolder},
		"create with a taken id":       {create, in("c", "", e.ID), activity.CodeItemIDAlreadyExists},
		"update in an unknown channel": {update, in("nope", "", e.ID), activity.CodeUnknownChannel},
		"update in another channel":    {update, in("other", "", e.ID), activity.CodeUnknownEvent},
		"update into an unknown one":   {update, in("c", "nope", e.ID), activity.CodeUnknownFolder},
		"update of an unknown one":     {update, in("c", "", newEventID()), activity.CodeUnknownEvent},
		"delete in an unknown channel": {remove, in("nope", "", e.ID), activity.CodeUnknownChannel},
		"delete in another channel":    {remove, in("other", "", e.ID), activity.CodeUnknownEvent},
		"delete of an unknown one":     {remove, in("c", "", newEventID()), activity.CodeUnknownEvent},
		"get in an unknown channel":    {get, in("nope", "", e.ID), activity.CodeUnknownChannel},
		"get in another channel":       {get, in("other", "", e.ID), activity.CodeUnknownEvent},
		"get of an unknown one":        {get, in("c", "", newEventID()), activity.CodeUnknownEvent},
	} {
		if err := u.Update(t.Context(), u.origin, func(tx storage.Tx) error { return tt.op(tx, tt.e) }); !isCode(err, tt.code) {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	if after := u.state(); after != before {
		t.Errorf("after refusals:\n%swant\n%s", after, before)
	}
}

func eventDeleted(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	made := u.put(rich(), note("c", "f", 1))
	u.remove(made[0])
	u.noEvent("c", made[0].ID)
	sameEvents(t, u.list(everything("c")), made[1:])
	gone := func(tx storage.Tx) error { return tx.DeleteEvent(t.Context(), "c", made[0].ID) }
	u.fails(activity.CodeUnknownEvent, gone)
	u.fails(activity.CodeUnknownEvent, func(tx storage.Tx) error {
		e := made[0]
		return tx.UpdateEvent(t.Context(), &e)
	})
	u.fails(activity.CodeItemIDAlreadyExists, func(tx storage.Tx) error {
		e := note("c", "", 5)
		e.ID = made[0].ID
		return tx.CreateEvent(t.Context(), &e, &storage.Request{Access: "a"})
	})
	u.fails(activity.CodeItemIDAlreadyExists, func(tx storage.Tx) error { // within one unit
		if err := tx.DeleteEvent(t.Context(), "c", made[1].ID); err != nil {
			return err
		}
		e := made[1]
		return tx.CreateEvent(t.Context(), &e, nil)
	})
	u.stored(made[1])
}

func eventIDs(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	u.channel("d")
	inC, inD := note("c", "", 1), note("d", "", 2)
	inD.ID = inC.ID
	made := u.put(inC, inD)
	u.stored(made[0])
	u.stored(made[1])
	u.remove(made[0])
	u.stored(made[1])
	u.noEvent("c", inC.ID)
}

func eventsOfFolders(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	has := func(folders ...activity.FolderID) (has bool) {
		u.read(func(tx storage.Tx) (err error) {
			has, err = tx.HasEvents(t.Context(), "c", folders)
			return err
		})
		return has
	}
	u.put(note("c", "", 1))
	if has("f", "g") || has() {
		t.Error("folders without events have some")
	}
	trashed := note("c", "g", 1)
	trashed.Trashed = true
	e := u.put(trashed)[0]
	if !has("f", "g") || !has("g") || has("f") || has("nope") {
		t.Error("not the folders that have events have some")
	}
	u.remove(e)
	if has("f", "g") {
		t.Error("a deleted event is linked to a folder")
	}
}

func modifiedRises(t *testing.T, s storage.Store) {
	u, e := furnished(t, s)
	first := u.head()
	u.do(func(tx storage.Tx) error {
		for _, write := range writesOfEachKind(t.Context(), e) {
			if err := write(tx); err != nil {
				return err
			}
		}
		return nil
	})
	for range 50 {
		u.do(func(tx storage.Tx) error { return tx.PutProfile(t.Context(), "public", nil) })
	}
	changes := u.log(first)
	if want := len(writesOfEachKind(t.Context(), e)) + 50; len(changes) != want {
		t.Errorf("%d changes, want %d", len(changes), want)
	}
	checkSequence(t, u.user.ID, first, changes)
}
