package storagetest

import (
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func channelCases() []testCase {
	return []testCase{
		{name: "created as given", check: channelCreated},
		{name: "ids and names are taken once", check: channelTaken},
		{name: "names differ by case and form", check: channelNames},
		{name: "updated", check: channelUpdated},
		{name: "an unknown one", check: channelUnknown},
		{name: "deleted with all in it", check: channelDeleted},
		{name: "its id is free right after the deletion", check: channelIDReused},
		{name: "deleted with thousands of events", check: channelDeletedBig},
	}
}

const oddText = "A\x00 \u2028\"\\'%_;--é e\u0301 \u65e5\u672c \U0001f600 \u202e\ufeff"

const oddObject = `{"z":{"$gt":1,"a.b":[1.0,-0,1e5,"\u0041\/"],"":null},"a":9007199254740992,"\u0000":"\u0000","<":"é\u2028"}`

func channelCreated(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	given := activity.Channel{
		ID: "c-1", Name: oddText, EnforceNoEventsOverlap: true, ClientData: activity.Object(oddObject), Trashed: true, Created: 5, Modified: 6,
	}
	var made activity.Channel
	u.do(func(tx storage.Tx) error {
		made = given
		return tx.CreateChannel(t.Context(), &made)
	})
	if made.Created != made.Modified || made.Modified <= 6 {
		t.Errorf("created %v, modified %v", made.Created, made.Modified)
	}
	given.Created, given.Modified = made.Created, made.Modified
	got, ok := u.structure().Channel("c-1")
	if !ok || channelText(got) != channelText(given) {
		t.Errorf("channel %s, want %s", channelText(got), channelText(given))
	}
	bare := u.channel("bare")
	got, ok = u.structure().Channel("bare")
	if !ok || channelText(got) != channelText(bare) || got.Trashed || got.EnforceNoEventsOverlap {
		t.Errorf("channel %s, want %s", channelText(got), channelText(bare))
	}
}

func channelTaken(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.do(func(tx storage.Tx) error {
		return tx.CreateChannel(t.Context(), &activity.Channel{ID: "a", Name: "a", Trashed: true})
	})
	u.channel("b")
	for name, tt := range map[string]struct {
		c      activity.Channel
		update bool
		code   activity.Code
	}{
		"an id":                        {activity.Channel{ID: "a", Name: "c"}, false, activity.CodeItemIDAlreadyExists},
		"a name":                       {activity.Channel{ID: "c", Name: "b"}, false, activity.CodeItemNameAlreadyExists},
		"a name of one in the trash":   {activity.Channel{ID: "c", Name: "a"}, false, activity.CodeItemNameAlreadyExists},
		"a name of another, renamed":   {activity.Channel{ID: "b", Name: "a"}, true, activity.CodeItemNameAlreadyExists},
		"its own name, nothing to say": {activity.Channel{ID: "b", Name: "b"}, true, ""},
	} {
		err := u.Update(t.Context(), u.origin, func(tx storage.Tx) error {
			c := tt.c
			if tt.update {
				return tx.UpdateChannel(t.Context(), &c)
			}
			return tx.CreateChannel(t.Context(), &c)
		})
		if (err != nil || tt.code != "") && !isCode(err, tt.code) {
			t.Errorf("%s: %v, want %q", name, err, tt.code)
		}
	}
}

func channelNames(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	for i, name := range []string{"name", "Name", "NAME", "name ", "n\u00e9", "ne\u0301", "n\u0301e", "na\x00me", "na", "ss", "\u00df"} {
		u.do(func(tx storage.Tx) error {
			return tx.CreateChannel(t.Context(), &activity.Channel{ID: activity.ChannelID('a' + rune(i)), Name: name})
		})
	}
	if n := len(u.structure().Channels()); n != 11 {
		t.Errorf("there are %d channels", n)
	}
}

func channelUpdated(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	made, other := u.channel("c"), u.channel("other")
	u.folder("c", "", "f")
	want := activity.Channel{ID: "c", Name: oddText, EnforceNoEventsOverlap: true, ClientData: activity.Object(oddObject), Trashed: true, Created: 5}
	u.do(func(tx storage.Tx) error {
		given := want
		err := tx.UpdateChannel(t.Context(), &given)
		want.Modified = given.Modified
		return err
	})
	want.Created = made.Created
	if want.Modified <= other.Modified {
		t.Errorf("modified %v after %v", want.Modified, other.Modified)
	}
	st := u.structure()
	if got, _ := st.Channel("c"); channelText(got) != channelText(want) {
		t.Errorf("channel %s, want %s", channelText(got), channelText(want))
	}
	if got, _ := st.Channel("other"); channelText(got) != channelText(other) || st.Tree("c").Len() != 1 {
		t.Errorf("another channel is %s, want %s", channelText(got), channelText(other))
	}
}

func channelUnknown(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	for name, fn := range map[string]func(storage.Tx) error{
		"update": func(tx storage.Tx) error {
			return tx.UpdateChannel(t.Context(), &activity.Channel{ID: "C", Name: "x"})
		},
		"delete": func(tx storage.Tx) error { return tx.DeleteChannel(t.Context(), "nope") },
	} {
		if err := u.Update(t.Context(), u.origin, fn); !isCode(err, activity.CodeUnknownChannel) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if events, _ := collect(u.Events(t.Context(), everything("nope"))); len(events) > 0 {
		t.Errorf("an unknown channel has %s", texts(events))
	}
}

func channelDeleted(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	u.channel("other")
	u.folder("c", "", "f")
	u.folder("c", "f", "g")
	made := u.put(note("c", "", 1), note("c", "g", 2), note("other", "", 3))
	u.do(func(tx storage.Tx) error { return tx.DeleteChannel(t.Context(), "c") })
	st := u.structure()
	if _, ok := st.Channel("c"); ok || st.Tree("c").Len() != 0 {
		t.Error("the channel is still there, or its folders are")
	}
	wantCode(t, u.View(t.Context(), func(tx storage.Tx) error {
		_, err := tx.Event(t.Context(), "c", made[0].ID)
		return err
	}), activity.CodeUnknownChannel)
	if events, _ := collect(u.Events(t.Context(), everything("c"))); len(events) > 0 {
		t.Errorf("the channel has %s", texts(events))
	}
	sameIDs(t, u.list(everything("other")), made[2])
	u.fails(activity.CodeUnknownChannel, func(tx storage.Tx) error { return tx.DeleteChannel(t.Context(), "c") })
}

func channelIDReused(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	u.folder("c", "", "f")
	old := period("c", 1, activity.Running)
	old.FolderID = "f"
	u.do(func(tx storage.Tx) error {
		e := old
		return tx.CreateEvent(t.Context(), &e, &storage.Request{Access: "a"})
	})
	again := note("c", "", 9)
	again.ID = old.ID
	for range 3 {
		u.do(func(tx storage.Tx) error { return tx.DeleteChannel(t.Context(), "c") })
		u.channel("c")
		u.nothingIn("c", old.ID)
		stored := u.put(again)
		sameEvents(t, u.list(everything("c")), stored)
		u.do(func(tx storage.Tx) error { // within one unit
			e := again
			if err := tx.DeleteChannel(t.Context(), "c"); err != nil {
				return err
			}
			if err := tx.CreateChannel(t.Context(), &activity.Channel{ID: "c", Name: "c"}); err != nil {
				return err
			}
			return tx.CreateEvent(t.Context(), &e, nil)
		})
		if events := u.list(everything("c")); len(events) != 1 {
			t.Fatalf("the channel has %s", texts(events))
		}
	}
}

// nothingIn fails the test unless the channel is empty by every way to look.
func (u *tenant) nothingIn(channel activity.ChannelID, id activity.EventID) {
	u.t.Helper()
	since := activity.Timestamp(0)
	q := everything(channel)
	q.ModifiedSince, q.Deletions = &since, true
	if events := append(u.list(everything(channel)), u.list(q)...); len(events) > 0 {
		u.t.Fatalf("the channel has %s", texts(events))
	}
	u.noEvent(channel, id)
	u.read(func(tx storage.Tx) error {
		periods, err := takePeriods(u.t, tx, channel, -forever, -1)
		if err != nil {
			return err
		}
		if len(periods) > 0 {
			u.t.Errorf("periods: %v", periods)
		}
		if has, err := tx.HasEvents(u.t.Context(), channel, []activity.FolderID{"f"}); err != nil {
			return err
		} else if has {
			u.t.Error("a folder has events")
		}
		if _, ok, err := tx.Replay(u.t.Context(), channel, id); err != nil {
			return err
		} else if ok {
			u.t.Error("a request is kept")
		}
		return nil
	})
}

func channelDeletedBig(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	u.folder("c", "", "f")
	old := u.many("c", "f", 3000)
	changes := u.written(func(tx storage.Tx) error { return tx.DeleteChannel(t.Context(), "c") })
	sameChanges(t, changes, activity.Change{Kind: activity.ChannelKind, Action: activity.Deleted, Item: "c", Channel: "c"})
	u.channel("c")
	u.nothingIn("c", old[0].ID)
	u.folder("c", "", "f")
	u.nothingIn("c", old[2999].ID)
	made := u.put(note("c", "f", 1), note("c", "", 2))
	u.settle()
	sameIDs(t, u.list(everything("c")), made[1], made[0])
	sameEvents(t, []activity.Event{u.event("c", made[0].ID)}, made[:1])
}

// many stores n events in a folder, a second apart, in few units of work.
func (u *tenant) many(channel activity.ChannelID, folder activity.FolderID, n int) []activity.Event {
	u.t.Helper()
	made := make([]activity.Event, 0, n)
	for len(made) < n {
		batch := make([]activity.Event, min(1000, n-len(made)))
		for i := range batch {
			batch[i] = note(channel, folder, activity.Timestamp(len(made)+i))
		}
		made = append(made, u.put(batch...)...)
	}
	return made
}

// settle waits for a later sweep of the same user. Stores that sweep in order
// are done with the earlier ones then; with others the case may see less.
func (u *tenant) settle() {
	u.t.Helper()
	u.do(func(tx storage.Tx) error {
		if _, ok := tx.Structure().Channel("settle"); ok {
			return nil
		}
		return tx.CreateChannel(u.t.Context(), &activity.Channel{ID: "settle", Name: "settle"})
	})
	u.folder("settle", "", "f")
	e := u.put(note("settle", "f", 1))[0]
	from := position(u.t, u.store)
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(u.t.Context(), "settle", "f", true) })
	u.awaitMoves(from, []activity.EventID{e.ID})
	u.remove(e)
}
