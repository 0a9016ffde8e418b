package storagetest

import (
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func replayCases() []testCase {
	return []testCase{
		{name: "a request is kept as it was", check: replayKept},
		{name: "other ids have none", check: replayNone},
		{name: "a deleted event has none", check: replayDeleted},
	}
}

// replay asks for the request that created an event.
func (u *tenant) replay(channel activity.ChannelID, id activity.EventID) (r storage.Request, ok bool) {
	u.t.Helper()
	u.read(func(tx storage.Tx) (err error) {
		r, ok, err = tx.Replay(u.t.Context(), channel, id)
		return err
	})
	return r, ok
}

// putRequested stores a new event with its request, and gives both as stored.
func (u *tenant) putRequested(e activity.Event, r storage.Request) (activity.Event, storage.Request) {
	u.t.Helper()
	var made activity.Event
	var kept storage.Request
	u.do(func(tx storage.Tx) error {
		made, kept = e, r
		return tx.CreateEvent(u.t.Context(), &made, &kept)
	})
	return made, kept
}

func replayKept(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	for i, r := range []storage.Request{
		{Access: "a", Hash: [32]byte{0, 1, 255, 31: 7}, Time: 1753712345.123456, Stopped: newEventID()},
		{Access: "another", Time: -5e-324},
		{Access: "a", Time: activity.Timestamp(oddNumbers()[1])},
	} {
		e, kept := u.putRequested(note("c", "f", activity.Timestamp(i)), r)
		r.Modified = e.Modified
		if kept != r {
			t.Errorf("CreateEvent left %+v, want %+v", kept, r)
		}
		if got, ok := u.replay("c", e.ID); !ok || got != r {
			t.Errorf("kept is %+v, %t; want %+v", got, ok, r)
		}
		e.Time, e.FolderID, e.Trashed = 99, "", true
		u.change(e)
		if got, ok := u.replay("c", e.ID); !ok || got != r {
			t.Errorf("after an update %+v, %t; want %+v", got, ok, r)
		}
	}
}

func replayNone(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	u.channel("d")
	plain := u.put(note("c", "f", 1))[0]
	given, _ := u.putRequested(note("c", "f", 1), storage.Request{Access: "a"})
	for name, ask := range map[string]struct {
		channel activity.ChannelID
		id      activity.EventID
	}{
		"an id that the service made": {"c", plain.ID},
		"an unknown id":               {"c", newEventID()},
		"an id of another channel":    {"d", given.ID},
	} {
		if r, ok := u.replay(ask.channel, ask.id); ok {
			t.Errorf("%s has %+v", name, r)
		}
	}
}

func replayDeleted(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	alone, _ := u.putRequested(note("c", "", 1), storage.Request{Access: "a"})
	inFolder, _ := u.putRequested(note("c", "f", 1), storage.Request{Access: "a"})
	merged, kept := u.putRequested(note("c", "g", 1), storage.Request{Access: "a"})
	u.remove(alone)
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "g", true) })
	if got, ok := u.replay("c", merged.ID); !ok || got != kept {
		t.Errorf("of a moved event %+v, %t; want %+v", got, ok, kept)
	}
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "f", false) })
	for _, e := range []activity.Event{alone, inFolder, merged} {
		if r, ok := u.replay("c", e.ID); ok {
			t.Errorf("a deleted event has %+v", r)
		}
	}
}
