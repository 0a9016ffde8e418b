package storagetest

import (
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func changeLogCases() []testCase {
	return []testCase{
		{name: "after a number, at most limit", check: logPages},
		{name: "its head and epoch", check: logHead},
		{name: "reads from the beginning", check: logOldest},
	}
}

func logPages(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	first := u.head()
	for i := range 25 {
		u.putProfile("public", counter(i))
	}
	all := u.log(first)
	checkSequence(t, u.user.ID, first, all)
	for _, limit := range []int{1, 7, 25, 26} {
		var got []activity.Change
		for after := first; ; {
			var page []activity.Change
			u.read(func(tx storage.Tx) (err error) {
				page, _, err = tx.Log(t.Context(), after, limit)
				return err
			})
			got = append(got, page...)
			if len(page) > limit || len(page) == 0 {
				break
			}
			after = page[len(page)-1].Seq
		}
		if len(got) != 25 || got[24].Seq != first+25 {
			t.Errorf("in pages of %d there are %d changes", limit, len(got))
		}
		sameChanges(t, got, all...)
	}
	if changes := u.log(u.head()); len(changes) > 0 {
		t.Errorf("after the head there are\n%s", changeTexts(changes))
	}
	if changes := u.log(u.head() + 100); len(changes) > 0 {
		t.Errorf("beyond the head there are\n%s", changeTexts(changes))
	}
}

func logHead(t *testing.T, s storage.Store) {
	u, other := newTenant(t, s), newTenant(t, s)
	read := func(u *tenant) (epoch string, head activity.Seq) {
		u.read(func(tx storage.Tx) (err error) {
			epoch, head, err = tx.LogHead(t.Context())
			return err
		})
		return epoch, head
	}
	epoch, head := read(u)
	if epoch == "" {
		t.Error("the history has no epoch")
	}
	for range 5 {
		u.putProfile("public", nil)
		now, next := read(u)
		if now != epoch || next != head+1 {
			t.Errorf("epoch %q, head %d; was %q, %d", now, next, epoch, head)
		}
		head = next
	}
	if _, head := read(other); head > 1 {
		t.Errorf("another user's head is %d", head)
	}
}

func logOldest(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.putProfile("public", nil)
	u.read(func(tx storage.Tx) error {
		changes, oldest, err := tx.Log(t.Context(), 0, 1000)
		if err != nil {
			return err
		}
		if oldest != 0 || len(changes) == 0 || changes[0].Seq != 1 || activity.Seq(len(changes)) != changes[len(changes)-1].Seq {
			t.Errorf("the history reaches back to %d and has\n%s", oldest, changeTexts(changes))
		}
		return nil
	})
}
