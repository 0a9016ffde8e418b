package storagetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func unitCases() []testCase {
	return []testCase{
		{name: "one that fails writes nothing", check: unitFails},
		{name: "its error comes back as it is", check: unitError},
		{name: "one that panics writes nothing", check: unitPanics},
		{name: "a write that fails leaves the others", check: unitSwallowsAnError},
		{name: "reads see the unit's own writes", check: unitReadsOwnWrites},
		{name: "reads see all units before", check: unitReadsOthers},
		{name: "in a view all writes fail", check: viewCannotWrite},
		{name: "a view that fails gives its error", check: viewError},
		{name: "one whose context has ended does not run", check: unitContextEnded},
		{name: "one that has begun does not ask its context", check: unitContextEndsInside},
		{name: "one without writes changes nothing", check: unitEmpty},
	}
}

var errOwn = errors.New("the case's own error")

// writesOfEachKind gives a write of every kind, all of which must succeed one
// after the other in a new user with the channel old, its folder old and e in it.
func writesOfEachKind(ctx context.Context, e activity.Event) []func(storage.Tx) error {
	session := activity.SessionID(randomWord("s"))
	return []func(storage.Tx) error{
		func(tx storage.Tx) error { return tx.CreateChannel(ctx, &activity.Channel{ID: "new", Name: "new"}) },
		func(tx storage.Tx) error { return tx.UpdateChannel(ctx, &activity.Channel{ID: "old", Name: "renamed"}) },
		func(tx storage.Tx) error {
			return tx.CreateFolder(ctx, &activity.Folder{ID: "new", ChannelID: "old", Name: "new"})
		},
		func(tx storage.Tx) error {
			return tx.UpdateFolder(ctx, &activity.Folder{ID: "old", ChannelID: "old", Name: "renamed"})
		},
		func(tx storage.Tx) error {
			made := note("old", "", 1)
			return tx.CreateEvent(ctx, &made, nil)
		},
		func(tx storage.Tx) error {
			changed := e
			changed.Time = 77
			return tx.UpdateEvent(ctx, &changed)
		},
		func(tx storage.Tx) error { return tx.DeleteEvent(ctx, e.ChannelID, e.ID) },
		func(tx storage.Tx) error { return tx.DeleteFolder(ctx, "old", "old", false) },
		func(tx storage.Tx) error { return tx.DeleteChannel(ctx, "old") },
		func(tx storage.Tx) error {
			return tx.CreateAccess(ctx, &activity.Access{ID: "new", Type: activity.AppAccess, Name: "new"})
		},
		func(tx storage.Tx) error {
			return tx.UpdateAccess(ctx, &activity.Access{ID: "new", Type: activity.AppAccess, Name: "renamed"})
		},
		func(tx storage.Tx) error { return tx.DeleteAccess(ctx, "new") },
		func(tx storage.Tx) error {
			return tx.CreateSession(ctx, &activity.Session{ID: session, AppID: "app", Expires: farFuture})
		},
		func(tx storage.Tx) error { return tx.DeleteSession(ctx, session) },
		func(tx storage.Tx) error { return tx.PutProfile(ctx, "public", activity.Object(`{"a":1}`)) },
		func(tx storage.Tx) error {
			u := tx.Structure().User()
			u.Email = "changed"
			return tx.UpdateUser(ctx, u)
		},
	}
}

// furnished makes a user with the channel old, its folder old and an event in it.
func furnished(t *testing.T, s storage.Store) (*tenant, activity.Event) {
	t.Helper()
	u := newTenant(t, s)
	u.channel("old")
	u.folder("old", "", "old")
	return u, u.put(note("old", "old", 5))[0]
}

// state gives all that the user has, as text.
func (u *tenant) state() string {
	u.t.Helper()
	s := u.structure()
	all := fmt.Sprintf("%+v\n", s.User())
	for _, c := range s.Channels() {
		all += channelText(c) + "\n"
		for _, root := range s.Tree(c.ID).Children("") {
			for id := range s.Tree(c.ID).Below(root) {
				f, _ := s.Tree(c.ID).Folder(id)
				all += folderText(f) + "\n"
			}
		}
		all += texts(u.list(everything(c.ID)))
	}
	for _, a := range s.Accesses() {
		all += accessText(a) + "\n"
	}
	for _, v := range s.Sessions() {
		all += fmt.Sprintf("%+v\n", v)
	}
	for _, name := range []string{"public", "private", "app:a"} {
		all += name + objectText(u.profile(name)) + "\n"
	}
	return all + changeTexts(u.log(0))
}

func unitFails(t *testing.T, s storage.Store) {
	u, e := furnished(t, s)
	before, head := u.state(), u.head()
	err := u.Update(t.Context(), u.origin, func(tx storage.Tx) error {
		for i, write := range writesOfEachKind(t.Context(), e) {
			if err := write(tx); err != nil {
				return fmt.Errorf("write %d: %w", i, err)
			}
		}
		return errOwn
	})
	if !errors.Is(err, errOwn) {
		t.Fatal(err)
	}
	if after := u.state(); after != before || u.head() != head {
		t.Errorf("after a unit that failed:\n%swant\n%s", after, before)
	}
}

func unitError(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	want := activity.NewError(activity.CodePeriodsOverlap, "As the case says.").With([]string{"data"})
	err := u.Update(t.Context(), u.origin, func(storage.Tx) error { return fmt.Errorf("wrapped: %w", want) })
	var got *activity.Error
	if !errors.As(err, &got) || got.Message != want.Message || got.Data == nil {
		t.Errorf("the error is %v", err)
	}
}

func unitPanics(t *testing.T, s storage.Store) {
	u, e := furnished(t, s)
	before := u.state()
	err := u.Update(t.Context(), u.origin, func(tx storage.Tx) error {
		for _, write := range writesOfEachKind(t.Context(), e)[:6] {
			if err := write(tx); err != nil {
				return err
			}
		}
		panic("the case's own panic")
	})
	if err == nil {
		t.Fatal("a panic is no error")
	}
	if after := u.state(); after != before {
		t.Errorf("after a unit that panicked:\n%swant\n%s", after, before)
	}
	u.channel("still-works")
}

func unitSwallowsAnError(t *testing.T, s storage.Store) {
	u, e := furnished(t, s)
	changes := u.written(func(tx storage.Tx) error {
		if err := tx.CreateChannel(t.Context(), &activity.Channel{ID: "first", Name: "first"}); err != nil {
			return err
		}
		wrong := []error{
			tx.CreateChannel(t.Context(), &activity.Channel{ID: "second", Name: "first"}),
			tx.CreateEvent(t.Context(), &activity.Event{ID: e.ID, ChannelID: "old", Type: e.Type}, nil),
			tx.CreateEvent(t.Context(), &activity.Event{ID: newEventID(), ChannelID: "old", FolderID: "nope", Type: e.Type}, nil),
			tx.UpdateFolder(t.Context(), &activity.Folder{ID: "old", ChannelID: "old", ParentID: "old", Name: "old"}),
			tx.DeleteFolder(t.Context(), "old", "nope", true),
			tx.DeleteAccess(t.Context(), "nope"),
		}
		for i, err := range wrong {
			if err == nil {
				return fmt.Errorf("wrong write %d was taken", i)
			}
		}
		return tx.CreateChannel(t.Context(), &activity.Channel{ID: "last", Name: "last"})
	})
	sameChanges(t, changes,
		activity.Change{Kind: activity.ChannelKind, Action: activity.Created, Item: "first", Channel: "first"},
		activity.Change{Kind: activity.ChannelKind, Action: activity.Created, Item: "last", Channel: "last"})
	sameEvents(t, u.list(everything("old")), []activity.Event{e})
	if _, ok := u.structure().Channel("second"); ok {
		t.Error("a refused channel is there")
	}
}

func unitReadsOwnWrites(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	head := u.head()
	e := period("c", 10, activity.Seconds(5))
	e.FolderID = "f"
	request := storage.Request{Access: "a", Hash: [32]byte{1}, Time: 10}
	u.do(func(tx storage.Tx) error {
		ctx := t.Context()
		made := e
		if err := errors.Join(
			tx.CreateChannel(ctx, &activity.Channel{ID: "c", Name: "c"}),
			tx.CreateFolder(ctx, &activity.Folder{ID: "f", ChannelID: "c", Name: "f"}),
			tx.CreateEvent(ctx, &made, &request),
			tx.CreateAccess(ctx, &activity.Access{ID: "a", Type: activity.AppAccess, Name: "a"}),
			tx.CreateSession(ctx, &activity.Session{ID: "s", Expires: farFuture}),
			tx.PutProfile(ctx, "public", activity.Object(`{"a":1}`)),
		); err != nil {
			return err
		}
		return ownWritesSeen(ctx, tx, made, head)
	})
	u.do(func(tx storage.Tx) error {
		if err := tx.DeleteEvent(t.Context(), "c", e.ID); err != nil {
			return err
		}
		_, err := tx.Event(t.Context(), "c", e.ID)
		if events, _ := collect(tx.ListEvents(t.Context(), everything("c"))); len(events) > 0 || !isCode(err, activity.CodeUnknownEvent) {
			return fmt.Errorf("a deleted event is still seen: %v, %w", events, err)
		}
		return nil
	})
}

func ownWritesSeen(ctx context.Context, tx storage.Tx, e activity.Event, head activity.Seq) error {
	got, err := tx.Event(ctx, "c", e.ID)
	if err != nil || text(got) != text(e) {
		return fmt.Errorf("event: %s, %w; want %s", text(got), err, text(e))
	}
	events, err := collect(tx.ListEvents(ctx, everything("c")))
	if err != nil || texts(events) != text(e)+"\n" {
		return fmt.Errorf("list: %s, %w", texts(events), err)
	}
	periods := 0
	for _, err := range tx.Periods(ctx, "c", 0) {
		if err != nil {
			return fmt.Errorf("periods: %w", err)
		}
		periods++
	}
	if times, err := tx.TimeCounts(ctx, "c", 0, 100); err != nil || periods != 1 || len(times) != 1 {
		return fmt.Errorf("periods: %d, time %v, %w", periods, times, err)
	}
	if has, err := tx.HasEvents(ctx, "c", []activity.FolderID{"f"}); err != nil || !has {
		return fmt.Errorf("has events: %t, %w", has, err)
	}
	if r, ok, err := tx.Replay(ctx, "c", e.ID); err != nil || !ok || r.Modified != e.Modified {
		return fmt.Errorf("replay: %+v, %t, %w", r, ok, err)
	}
	if o, err := tx.Profile(ctx, "public"); err != nil || string(o) != `{"a":1}` {
		return fmt.Errorf("profile: %s, %w", o, err)
	}
	changes, _, err := tx.Log(ctx, head, 100)
	if err != nil || len(changes) != 6 {
		return fmt.Errorf("log: %v, %w", changes, err)
	}
	if _, now, err := tx.LogHead(ctx); err != nil || now != head+6 {
		return fmt.Errorf("head: %d, %w", now, err)
	}
	structure := tx.Structure()
	_, channel := structure.Channel("c")
	_, folder := structure.Tree("c").Folder("f")
	_, access := structure.Access("a")
	_, session := structure.Session("s")
	if !channel || !folder || !access || !session {
		return fmt.Errorf("structure: channel %t, folder %t, access %t, session %t", channel, folder, access, session)
	}
	return nil
}

func unitReadsOthers(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	second := s.Tenant(u.user.ID)
	u.channel("c")
	e := u.put(note("c", "", 1))[0]
	for name, run := range map[string]func(func(storage.Tx) error) error{
		"update": func(fn func(storage.Tx) error) error { return second.Update(t.Context(), u.origin, fn) },
		"view":   func(fn func(storage.Tx) error) error { return second.View(t.Context(), fn) },
	} {
		var got activity.Event
		if err := run(func(tx storage.Tx) (err error) {
			got, err = tx.Event(t.Context(), "c", e.ID)
			return err
		}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sameEvent(t, got, e)
	}
}

func viewCannotWrite(t *testing.T, s storage.Store) {
	u, e := furnished(t, s)
	u.do(func(tx storage.Tx) error {
		return errors.Join(
			tx.CreateAccess(t.Context(), &activity.Access{ID: "new", Type: activity.AppAccess, Name: "before"}),
			tx.CreateSession(t.Context(), &activity.Session{ID: "s", Expires: farFuture}))
	})
	before := u.state()
	u.read(func(tx storage.Tx) error {
		writes := append(writesOfEachKind(t.Context(), e),
			func(tx storage.Tx) error { return tx.DeleteSession(t.Context(), "s") },
			func(tx storage.Tx) error {
				return tx.CreateAccess(t.Context(), &activity.Access{ID: "other", Type: activity.AppAccess, Name: "other"})
			})
		for i, write := range writes {
			if write(tx) == nil {
				return fmt.Errorf("write %d succeeded", i)
			}
		}
		return nil
	})
	if after := u.state(); after != before {
		t.Errorf("after writes in a view:\n%swant\n%s", after, before)
	}
}

func viewError(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	if err := u.View(t.Context(), func(storage.Tx) error { return errOwn }); !errors.Is(err, errOwn) {
		t.Errorf("the error is %v", err)
	}
}

func unitContextEnded(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ran := false
	err := u.Update(ctx, u.origin, func(tx storage.Tx) error {
		ran = true
		return tx.CreateChannel(t.Context(), &activity.Channel{ID: "c", Name: "c"})
	})
	if err == nil || ran {
		t.Errorf("ran: %t, error %v", ran, err)
	}
	if _, ok := u.structure().Channel("c"); ok {
		t.Error("its write is there")
	}
}

func unitContextEndsInside(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := u.Update(ctx, u.origin, func(tx storage.Tx) error {
		cancel()
		return tx.CreateChannel(ctx, &activity.Channel{ID: "c", Name: "c"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := u.structure().Channel("c"); !ok {
		t.Error("its write is not there")
	}
}

func unitEmpty(t *testing.T, s storage.Store) {
	u, _ := furnished(t, s)
	before := u.state()
	u.do(nothing)
	if after := u.state(); after != before {
		t.Errorf("after an empty unit:\n%swant\n%s", after, before)
	}
}
