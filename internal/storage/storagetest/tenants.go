package storagetest

import (
	"errors"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func tenantCases() []testCase {
	return []testCase{
		{name: "equal ids of two users are two things", check: tenantsEqualIDs},
		{name: "one cannot reach what the other has", check: tenantsApart},
		{name: "the deletions of one leave the other", check: tenantsDeletions},
	}
}

// twins makes two users with things of the same ids but other contents.
func twins(t *testing.T, s storage.Store) (a, b *tenant, id activity.EventID) {
	t.Helper()
	a, b, id = newTenant(t, s), newTenant(t, s), newEventID()
	for i, u := range []*tenant{a, b} {
		u.do(func(tx storage.Tx) error {
			e := period("c", activity.Timestamp(i), activity.Seconds(100))
			e.ID, e.FolderID = id, "f"
			request := storage.Request{Access: "acc", Hash: [32]byte{byte(i + 1)}}
			return errors.Join(
				tx.CreateChannel(t.Context(), &activity.Channel{ID: "c", Name: "c", EnforceNoEventsOverlap: i == 1}),
				tx.CreateFolder(t.Context(), &activity.Folder{ID: "f", ChannelID: "c", Name: "f", Hidden: i == 1}),
				tx.CreateEvent(t.Context(), &e, &request),
				tx.CreateAccess(t.Context(), &activity.Access{
					ID: "acc", Type: activity.AppAccess, Name: "acc", DeviceName: []string{"", "second"}[i],
					Tokens: []activity.TokenHash{activity.HashToken("the same token")},
				}),
				tx.CreateSession(t.Context(), &activity.Session{ID: "s", AppID: []string{"one", "two"}[i], Expires: farFuture}),
				tx.PutProfile(t.Context(), "public", counter(i)))
		})
	}
	return a, b, id
}

func tenantsEqualIDs(t *testing.T, s storage.Store) {
	a, b, id := twins(t, s)
	for i, u := range []*tenant{a, b} {
		st := u.structure()
		c, _ := st.Channel("c")
		f, _ := st.Tree("c").Folder("f")
		access, _ := st.AccessByToken(activity.HashToken("the same token"))
		session, _ := st.Session("s")
		if second := i == 1; c.EnforceNoEventsOverlap != second || f.Hidden != second || (access.DeviceName != "") != second || (session.AppID == "two") != second {
			t.Errorf("user %d has %+v, %+v, %+v, %+v", i, c, f, access, session)
		}
		if e := u.event("c", id); e.Time != activity.Timestamp(i) {
			t.Errorf("user %d has %s", i, text(e))
		}
		if events := u.list(everything("c")); len(events) != 1 || events[0].Time != activity.Timestamp(i) {
			t.Errorf("user %d lists %s", i, texts(events))
		}
		u.read(func(tx storage.Tx) error {
			o, err := tx.Profile(t.Context(), "public")
			r, ok, errReplay := tx.Replay(t.Context(), "c", id)
			over, errOver := takePeriods(t, tx, "c", -forever, -1)
			if err := errors.Join(err, errReplay, errOver); err != nil {
				return err
			}
			if countOf(o) != i || !ok || r.Hash[0] != byte(i+1) || len(over) != 1 || over[0].Time != activity.Timestamp(i) {
				t.Errorf("user %d has profile %s, request %+v, periods %v", i, o, r, over)
			}
			return nil
		})
	}
}

func tenantsApart(t *testing.T, s storage.Store) {
	a, stranger := newTenant(t, s), newTenant(t, s)
	a.channel("mine")
	a.folder("mine", "", "f")
	e := a.put(note("mine", "f", 1))[0]
	before := a.state()
	ctx := t.Context()
	for name, write := range map[string]func(storage.Tx) error{
		"update channel": func(tx storage.Tx) error {
			return tx.UpdateChannel(ctx, &activity.Channel{ID: "mine", Name: "taken"})
		},
		"delete channel": func(tx storage.Tx) error { return tx.DeleteChannel(ctx, "mine") },
		"create folder": func(tx storage.Tx) error {
			return tx.CreateFolder(ctx, &activity.Folder{ID: "g", ChannelID: "mine", Name: "g"})
		},
		"delete folder": func(tx storage.Tx) error { return tx.DeleteFolder(ctx, "mine", "f", true) },
		"create event": func(tx storage.Tx) error {
			other := note("mine", "", 1)
			return tx.CreateEvent(ctx, &other, nil)
		},
		"update event": func(tx storage.Tx) error { return tx.UpdateEvent(ctx, &e) },
		"delete event": func(tx storage.Tx) error { return tx.DeleteEvent(ctx, "mine", e.ID) },
		"event": func(tx storage.Tx) error {
			_, err := tx.Event(ctx, "mine", e.ID)
			return err
		},
	} {
		if err := stranger.Update(ctx, stranger.origin, write); !isCode(err, activity.CodeUnknownChannel) {
			t.Errorf("%s of another user's: %v, want %s", name, err, activity.CodeUnknownChannel)
		}
	}
	if events, _ := collect(stranger.Events(ctx, everything("mine"))); len(events) > 0 {
		t.Errorf("a stranger lists %s", texts(events))
	}
	stranger.read(func(tx storage.Tx) error {
		changes, _, err := tx.Log(ctx, 0, 1000)
		for _, c := range changes {
			if c.User != stranger.user.ID {
				t.Errorf("a stranger's log has %+v", c)
			}
		}
		return err
	})
	if after := a.state(); after != before {
		t.Errorf("after a stranger's writes:\n%swant\n%s", after, before)
	}
}

func tenantsDeletions(t *testing.T, s storage.Store) {
	a, b, id := twins(t, s)
	before := b.state()
	a.do(func(tx storage.Tx) error {
		return errors.Join(
			tx.DeleteEvent(t.Context(), "c", id), tx.DeleteFolder(t.Context(), "c", "f", false), tx.DeleteChannel(t.Context(), "c"),
			tx.DeleteAccess(t.Context(), "acc"), tx.DeleteSession(t.Context(), "s"))
	})
	if after := b.state(); after != before {
		t.Errorf("after another's deletions:\n%swant\n%s", after, before)
	}
	if err := s.Users().DeleteUser(t.Context(), a.user.ID); err != nil {
		t.Fatal(err)
	}
	if after := b.state(); after != before {
		t.Errorf("after another's end:\n%swant\n%s", after, before)
	}
}
