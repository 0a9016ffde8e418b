package storagetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func feedCases() []testCase {
	return []testCase{
		{name: "delivers what the log has", check: feedIsTheLog},
		{name: "resumes from every position", check: feedResumes},
		{name: "several readers, nothing lost or doubled while writing", check: feedWhileWriting},
		{name: "delivers all users", check: feedAllUsers, alone: true},
		{name: "delivers nothing of units that fail", check: feedNothingOfFailures, alone: true},
		{name: "waits at the head", check: feedWaits},
		{name: "ends with its context, without an error", check: feedEnds},
		{name: "may be left early", check: feedLeftEarly},
		{name: "a position that the store never gave is lost", check: feedUnknownPosition},
	}
}

// deliveries follows the feed for the n next changes of the user.
func (u *tenant) deliveries(from storage.Position, n int) []storage.Delivery {
	u.t.Helper()
	return u.follow(from, func(seen []storage.Delivery) bool { return len(seen) == n })
}

func changesIn(deliveries []storage.Delivery) []activity.Change {
	var list []activity.Change
	for _, d := range deliveries {
		list = append(list, d.Change)
	}
	return list
}

// sameRecords fails the test unless the changes are the same in every part.
func sameRecords(t *testing.T, got, want []activity.Change) {
	t.Helper()
	sameChanges(t, got, want...)
	for i, c := range got {
		if w := want[i]; c.User != w.User || c.Seq != w.Seq || c.Time != w.Time || c.Origin != w.Origin {
			t.Fatalf("change %+v, want %+v", c, w)
		}
	}
}

func feedIsTheLog(t *testing.T, s storage.Store) {
	u, e := furnished(t, s)
	from, head := position(t, s), u.head()
	for _, write := range writesOfEachKind(t.Context(), e) {
		u.do(write)
	}
	want := u.log(head)
	sameRecords(t, changesIn(u.deliveries(from, len(want))), want)
}

func feedResumes(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	from, head := position(t, s), u.head()
	const n = 12
	for i := range n / 3 { // of units with several changes too
		u.put(note("c", "", 1))
		u.put(note("c", "", activity.Timestamp(i)), note("c", "", 2))
	}
	all, want := u.deliveries(from, n), u.log(head)
	sameRecords(t, changesIn(all), want)
	for i, d := range all[:n-1] {
		sameRecords(t, changesIn(u.deliveries(d.Position, n-1-i)), want[i+1:])
	}
	end := position(t, s)
	u.putProfile("public", nil)
	for _, p := range []storage.Position{all[n-1].Position, end} {
		if got := u.deliveries(p, 1); got[0].Change.Kind != activity.ProfileKind {
			t.Errorf("from the end on there is %s", changeText(got[0].Change))
		}
	}
}

func feedWhileWriting(t *testing.T, s storage.Store) {
	const writers, each, readers = 4, 30, 4
	u := newTenant(t, s)
	u.channel("c")
	from, head := position(t, s), u.head()
	read := make([][]activity.Change, readers)
	errs := atOnce(writers+readers, func(i int) (err error) {
		if i < readers {
			read[i], err = u.followBroken(from, writers*each, i+1)
			return err
		}
		for range each {
			if err := u.Update(t.Context(), u.origin, func(tx storage.Tx) error {
				e := note("c", "", 1)
				return tx.CreateEvent(t.Context(), &e, nil)
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	want := u.log(head)
	for _, got := range read {
		sameRecords(t, got, want)
	}
}

// followBroken reads n of the user's changes and begins anew where it was
// after every few of them.
func (u *tenant) followBroken(from storage.Position, n, few int) ([]activity.Change, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var got []activity.Change
	for len(got) < n {
		if ctx.Err() != nil {
			return got, ctx.Err()
		}
		taken := 0
		for d, err := range u.store.Changes(ctx, from) {
			if err != nil {
				return got, err
			}
			from = d.Position
			if d.Change.User == u.user.ID {
				got = append(got, d.Change)
			}
			if taken++; taken == few*5 || len(got) == n {
				break
			}
		}
	}
	return got, nil
}

func feedAllUsers(t *testing.T, s storage.Store) {
	from := position(t, s)
	users := []*tenant{newTenant(t, s), newTenant(t, s), newTenant(t, s)}
	total := 0
	for i, u := range users {
		for n := range 5 + i {
			u.putProfile("public", counter(n))
		}
		total += len(u.log(0))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	got := map[activity.UserID][]activity.Change{}
	for d, err := range s.Changes(ctx, from) {
		if err != nil {
			t.Fatal(err)
		}
		got[d.Change.User] = append(got[d.Change.User], d.Change)
		if total--; total == 0 {
			break
		}
	}
	for _, u := range users {
		sameRecords(t, got[u.user.ID], u.log(0))
	}
}

func feedNothingOfFailures(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	from := position(t, s)
	_ = u.Update(t.Context(), u.origin, func(tx storage.Tx) error {
		return errors.Join(tx.PutProfile(t.Context(), "public", counter(1)), errOwn)
	})
	u.putProfile("private", counter(2))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for d, err := range s.Changes(ctx, from) {
		if err != nil || d.Change.Item != "private" {
			t.Errorf("the feed has %s, %v", changeText(d.Change), err)
		}
		return
	}
	t.Error("the feed ended")
}

func feedWaits(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	from := position(t, s)
	first, second := make(chan struct{}), make(chan struct{})
	tellFirst := sync.OnceFunc(func() { close(first) })
	errs := atOnce(2, func(i int) error {
		if i == 0 {
			defer close(second)
			defer tellFirst()
			got := 0
			return u.followAndTell(from, func() bool {
				tellFirst()
				got++
				return got == 2
			})
		}
		for n, after := range []chan struct{}{first, second} { // the second only after the first was read
			if err := u.Update(t.Context(), u.origin, func(tx storage.Tx) error {
				return tx.PutProfile(t.Context(), "public", counter(n))
			}); err != nil {
				return err
			}
			<-after
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// followAndTell reads the user's changes and asks after each whether to end.
func (u *tenant) followAndTell(from storage.Position, enough func() bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for d, err := range u.store.Changes(ctx, from) {
		if err != nil {
			return err
		}
		if d.Change.User == u.user.ID && enough() {
			return nil
		}
	}
	return errors.New("the feed ended")
}

func feedEnds(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	from := position(t, s)
	u.putProfile("public", nil)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for d, err := range s.Changes(ctx, from) {
		if err != nil {
			t.Errorf("ended with %v", err)
		}
		if d.Change.User == u.user.ID {
			cancel()
		}
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Error("it ended before its context, or never heard of the change")
	}
	for d, err := range s.Changes(ctx, from) { // ended already
		if err != nil {
			t.Errorf("after %s it ended with %v", changeText(d.Change), err)
		}
	}
}

func feedLeftEarly(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	from := position(t, s)
	u.putProfile("public", nil)
	for range 50 {
		u.deliveries(from, 1)
	}
	u.putProfile("public", nil)
	if got := u.deliveries(from, 2); !slices.IsSortedFunc(got, func(a, b storage.Delivery) int { return int(a.Change.Seq - b.Change.Seq) }) {
		t.Errorf("the feed has\n%s", changeTexts(changesIn(got)))
	}
}

func feedUnknownPosition(t *testing.T, s storage.Store) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	last := error(nil)
	for d, err := range s.Changes(ctx, "no position of this store") {
		if err == nil {
			t.Fatalf("the feed goes on with %s", changeText(d.Change))
		}
		last = err
	}
	if !errors.Is(last, storage.ErrPositionLost) {
		t.Errorf("it ended with %v", last)
	}
}
