package sqlite_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/sqlite"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

const manyEvents = 1000

// folderOf makes a channel with a folder, a folder below it, and events in
// that.
func folderOf(t *testing.T, of storage.Tenant) {
	t.Helper()
	hands.AddChannel(t, of, "diary")
	hands.AddFolder(t, of, "diary", "outer", "")
	hands.AddFolder(t, of, "diary", "inner", "outer")
	hands.Update(t, of, func(tx storage.Tx) error {
		for n := range manyEvents {
			e := hands.Event(n, "diary")
			e.FolderID = "inner"
			if err := tx.CreateEvent(t.Context(), &e, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// killed gives a data folder as a process leaves it that was killed right after
// it had committed the deletion that sql makes.
func killed(t *testing.T, sql string) string {
	t.Helper()
	dir := t.TempDir()
	s := open(t, sqlite.Options{Dir: dir})
	folderOf(t, hands.AddUser(t, s, "alice"))
	closeStore(t, s)
	raw(t, dir, sql)
	raw(t, dir, "UPDATE heads SET revision = revision + 1")
	return dir
}

func TestSweepOfAChannelGoesOnAfterReopening(t *testing.T) {
	dir := killed(t, "UPDATE channels SET gone = 1")
	s := open(t, sqlite.Options{Dir: dir})
	hands.AddChannel(t, s.Tenant("id-of-alice"), "diary") // its id is free
	hands.AddEvent(t, s.Tenant("id-of-alice"), hands.Event(1, "diary"))
	hands.Eventually(t, "the old channel is swept", func() bool {
		return raw(t, dir, "SELECT count(*) FROM channels") == "1" && raw(t, dir, "SELECT count(*) FROM events") == "1" &&
			raw(t, dir, "SELECT count(*) FROM folders") == "0"
	})
	if n := hands.Count(t, s.Tenant("id-of-alice"), "diary"); n != 1 {
		t.Errorf("%d events in the new channel", n)
	}
}

func TestSweepOfAUserLeavesNoTrace(t *testing.T) {
	dir := killed(t, "UPDATE users SET gone = 1, username = NULL")
	raw(t, dir, "DELETE FROM heads")
	open(t, sqlite.Options{Dir: dir})
	for _, table := range []string{"users", "heads", "channels", "folders", "events", "requests", "accesses", "sessions", "profiles"} {
		hands.Eventually(t, table+" are swept", func() bool { return raw(t, dir, "SELECT count(*) FROM "+table) == "0" })
	}
}

func TestSweepOfAMergedFolderGoesOnAfterReopening(t *testing.T) {
	dir := killed(t, `UPDATE folders SET gone = 1, gone_to = (SELECT key FROM folders WHERE id = 'outer'),
		gone_chain = '["inner","outer"]', gone_origin = '{"socket":"s1"}' WHERE id = 'inner'`)
	s := open(t, sqlite.Options{Dir: dir})
	alice := s.Tenant("id-of-alice")
	query := hands.All("diary")
	query.Folders = &storage.FolderFilter{Folders: []activity.FolderID{"outer"}}
	events := 0
	for e, err := range alice.Events(t.Context(), query) { // at once, swept or not
		if err != nil || e.FolderID != "outer" {
			t.Fatalf("%+v, %v", e, err)
		}
		events++
	}
	if events != manyEvents {
		t.Errorf("%d events, want %d", events, manyEvents)
	}
	ctx, cancel := context.WithTimeout(t.Context(), hands.Patience)
	defer cancel()
	moved := 0
	for d, err := range s.Changes(ctx, start(t, s)) {
		if err != nil {
			t.Fatal(err)
		}
		c := d.Change
		if c.Kind != activity.EventKind || c.Action != activity.Updated {
			continue
		}
		if !slices.Equal(c.Before, activity.Chain{"inner", "outer"}) || !slices.Equal(c.After, activity.Chain{"outer"}) || c.Origin.Socket != "s1" {
			t.Fatalf("%+v", c)
		}
		if moved++; moved == manyEvents {
			break
		}
	}
	hands.Eventually(t, "the folder is swept", func() bool { return raw(t, dir, "SELECT count(*) FROM folders") == "1" })
}

// start gives the position before the first change.
func start(t *testing.T, s *sqlite.Store) storage.Position {
	t.Helper()
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return head[:strings.IndexByte(string(head), 0x3a)+1] + "0"
}

// While a folder's events wait for the sweep, and after it, every read says
// the same.
func TestEventsOfADeletedFolderAreGoneAtOnce(t *testing.T) {
	dir := killed(t, `UPDATE folders SET gone = 5000000000, gone_chain = iif(id = 'inner', '["inner","outer"]', '["outer"]')`)
	s := open(t, sqlite.Options{Dir: dir})
	alice := s.Tenant("id-of-alice")
	since := activity.Timestamp(4_999_999_999)
	tombstones := hands.All("diary")
	tombstones.ModifiedSince, tombstones.Deletions, tombstones.Ascending = &since, true, true
	check := func() {
		t.Helper()
		if n := hands.Count(t, alice, "diary"); n != 0 {
			t.Fatalf("%d events", n)
		}
		n := 0
		for e, err := range alice.Events(t.Context(), tombstones) {
			if err != nil || e.Deleted == nil || *e.Deleted != 5_000_000_000 || e.Modified != *e.Deleted || e.ID != hands.Number(n) {
				t.Fatalf("tombstone %d: %+v, %v", n, e, err)
			}
			n++
		}
		if n != manyEvents {
			t.Fatalf("%d tombstones", n)
		}
		hands.View(t, alice, func(tx storage.Tx) error {
			if _, err := tx.Event(t.Context(), "diary", hands.Number(7)); !errors.Is(err, activity.NewError(activity.CodeUnknownEvent, "")) {
				t.Fatalf("event: %v", err)
			}
			return nil
		})
	}
	check()
	hands.Eventually(t, "the folders are swept", func() bool {
		check()
		return raw(t, dir, "SELECT count(*) FROM folders") == "0"
	})
	check()
	err := alice.Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error {
		e := hands.Event(7, "diary")
		return tx.CreateEvent(t.Context(), &e, nil)
	})
	if !errors.Is(err, activity.NewError(activity.CodeItemIDAlreadyExists, "")) {
		t.Errorf("the id is free: %v", err)
	}
}

func TestHistoryIsPruned(t *testing.T) {
	dir := t.TempDir()
	now := time.Unix(1_700_000_000, 0)
	o := sqlite.Options{Dir: dir, Clock: func() time.Time { return now }, History: time.Hour}
	s := open(t, o)
	alice := hands.AddUser(t, s, "alice")
	hands.AddChannel(t, alice, "old")
	first := start(t, s)
	closeStore(t, s)

	now = now.Add(2 * time.Hour)
	s = open(t, o)
	alice = s.Tenant("id-of-alice")
	hands.AddChannel(t, alice, "new")
	hands.Eventually(t, "the history is pruned", func() bool { return raw(t, dir, "SELECT value FROM meta WHERE name = 'pruned'") != "0" })
	for _, err := range s.Changes(t.Context(), first) {
		if !errors.Is(err, storage.ErrPositionLost) {
			t.Fatalf("feed: %v", err)
		}
	}
	hands.View(t, alice, func(tx storage.Tx) error {
		log, oldest, err := tx.Log(t.Context(), 0, 10)
		_, head, headErr := tx.LogHead(t.Context())
		if len(log) == 0 || log[0].Seq != oldest+1 || oldest == 0 || head != 3 {
			t.Errorf("log %+v from %d to %d", log, oldest, head)
		}
		return errors.Join(err, headErr)
	})
}

func TestUsesOfAccessesAreKept(t *testing.T) {
	dir := t.TempDir()
	s := open(t, sqlite.Options{Dir: dir})
	alice := hands.AddUser(t, s, "alice")
	hands.Update(t, alice, func(tx storage.Tx) error {
		return tx.CreateAccess(t.Context(), &activity.Access{ID: "a1", Type: activity.SharedAccess, Name: "one"})
	})
	check := func(want activity.Timestamp) {
		t.Helper()
		hands.View(t, alice, func(tx storage.Tx) error {
			if a, ok := tx.Structure().Access("a1"); !ok || a.LastUsed == nil || *a.LastUsed != want {
				t.Errorf("%+v, want it used at %v", a, want)
			}
			return nil
		})
	}
	alice.Touch("a1", 1000.5)
	alice.Touch("a1", 999)
	alice.Touch("unknown", 5)
	check(1000.5)
	closeStore(t, s)
	s = open(t, sqlite.Options{Dir: dir})
	alice = s.Tenant("id-of-alice")
	check(1000.5)
	alice.Touch("a1", 2000)
	check(2000)
}
