package transfer_test

import (
	"math"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// TestHalfSwept: what a sweep has not come to yet arrives as it would leave it.
// Hidden is gone, deleted is a tombstone, and what was in a merged folder is in
// its parent, modified by a change of its own.
func TestHalfSwept(t *testing.T) {
	t.Parallel()
	all := kinds()
	for i, a := range all {
		b := all[1-i]
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			from, to := a.place(t), b.place(t)
			var seq activity.Seq
			var modified activity.Timestamp
			a.inStore(t, from, func(s storage.Store) { seq, modified = halfSwept(t, s) })
			if err := copyAll(t, a, from, b, to); err != nil {
				t.Fatal(err)
			}
			same(t, a, from, b, to)
			b.inStore(t, to, func(s storage.Store) { checkSwept(t, s, seq, modified) })
			// Swept by the source itself it comes to the same, but for when.
			a.inStore(t, from, func(s storage.Store) { checkSwept(t, s, seq, modified) })
		})
	}
}

const sweptEvents = 700 // in each of the folders: more than a sweep takes at once

// halfSwept makes a user with much that is to be swept, and gives the number and
// time of his last change. The store must be closed at once.
func halfSwept(t *testing.T, s storage.Store) (seq activity.Seq, modified activity.Timestamp) {
	t.Helper()
	addUser(t, s, "anton")
	u := s.Tenant("id-of-anton")
	do := func(fn func(storage.Tx) error) {
		t.Helper()
		if err := u.Update(t.Context(), activity.Origin{}, fn); err != nil {
			t.Fatal(err)
		}
	}
	do(func(tx storage.Tx) error {
		for _, f := range []activity.Folder{{ID: "top"}, {ID: "merged", ParentID: "top"}, {ID: "deleted"}} {
			f.ChannelID, f.Name = "c", string(f.ID)
			if err := tx.CreateFolder(t.Context(), &f); err != nil {
				return err
			}
		}
		for n := range 2 * sweptEvents {
			folder := []activity.FolderID{"merged", "deleted"}[n%2]
			e := activity.Event{ID: eventID(1000 + n), ChannelID: "c", FolderID: folder, Type: activity.Type{Class: "note", Format: "txt"}, Time: activity.Timestamp(n)}
			if err := tx.CreateEvent(t.Context(), &e, nil); err != nil {
				return err
			}
		}
		return tx.CreateChannel(t.Context(), &activity.Channel{ID: "hidden", Name: "hidden"})
	})
	do(func(tx storage.Tx) error {
		for _, err := range []error{
			tx.DeleteFolder(t.Context(), "c", "deleted", false), tx.DeleteChannel(t.Context(), "hidden"),
			tx.DeleteFolder(t.Context(), "c", "merged", true),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	err := u.View(t.Context(), func(tx storage.Tx) error {
		changes, _, err := tx.Log(t.Context(), 0, math.MaxInt32)
		for _, c := range changes {
			if c.Kind == activity.FolderKind && c.Item == "merged" && c.Action == activity.Deleted {
				seq, modified = c.Seq, c.Time
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return seq, modified
}

// checkSwept waits until nothing is to be swept any more: in a target it never
// was.
func checkSwept(t *testing.T, s storage.Store, seq activity.Seq, modified activity.Timestamp) {
	t.Helper()
	u := s.Tenant("id-of-anton")
	head := func() (head activity.Seq) {
		err := u.View(t.Context(), func(tx storage.Tx) (err error) {
			_, head, err = tx.LogHead(t.Context())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return head
	}
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(time.Minute); head() < seq+sweptEvents && time.Now().Before(deadline); {
		<-again.C
	}
	times := map[activity.Timestamp]bool{}
	tombstones := 0
	since := activity.Timestamp(0)
	q := storage.EventQuery{Channel: "c", Scope: activity.WholeScope(activity.Manage), State: storage.AllState, ModifiedSince: &since, Deletions: true}
	for e, err := range u.Events(t.Context(), q) {
		switch {
		case err != nil:
			t.Fatal(err)
		case e.Deleted != nil:
			tombstones++
		case e.FolderID == "top" && e.Modified > modified:
			times[e.Modified] = true
		case e.FolderID != "":
			t.Fatalf("an event in %s, modified %v", e.FolderID, e.Modified)
		}
	}
	if len(times) != sweptEvents || tombstones != sweptEvents || head() != seq+sweptEvents {
		t.Errorf("%d times of moved events, %d tombstones, head %d of %d", len(times), tombstones, head(), seq+sweptEvents)
	}
}
