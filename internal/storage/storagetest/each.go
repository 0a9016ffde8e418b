package storagetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func eachCases() []testCase {
	return []testCase{
		{name: "one after the other, each seeing those before", check: eachInOrder},
		{name: "one that fails stops no other", check: eachFails},
		{name: "none begins after the context has ended", check: eachContext},
		{name: "none at all", check: eachOfNone},
		{name: "beside the units of others", check: eachBeside},
	}
}

// units gives n functions that create one mark each, at the times 0, 1, 2 and
// so on, after looking at how many there are.
func (u *tenant) units(n int, seen []int) []func(storage.Tx) error {
	fns := make([]func(storage.Tx) error, n)
	for i := range fns {
		e := note("c", "", activity.Timestamp(i))
		fns[i] = func(tx storage.Tx) error {
			there, err := collect(tx.ListEvents(u.t.Context(), everything("c")))
			if err != nil {
				return err
			}
			seen[i] = len(there)
			made := e
			return tx.CreateEvent(u.t.Context(), &made, nil)
		}
	}
	return fns
}

func eachInOrder(t *testing.T, s storage.Store) {
	const n = 300
	u := newTenant(t, s)
	u.channel("c")
	head, seen := u.head(), make([]int, n)
	for i, err := range u.UpdateEach(t.Context(), u.origin, u.units(n, seen)) {
		if err != nil || seen[i] != i {
			t.Errorf("unit %d: %v, it has seen %d events", i, err, seen[i])
		}
	}
	events := u.list(everything("c"))
	changes := u.log(head)
	checkSequence(t, u.user.ID, head, changes)
	for i, e := range events { // newest first
		c := changes[n-1-i]
		if e.Time != activity.Timestamp(n-1-i) || c.Item != string(e.ID) || c.Origin != u.origin {
			t.Errorf("change %d is %+v, the event %s", n-1-i, c, text(e))
		}
	}
	if len(events) != n || len(changes) != n {
		t.Errorf("%d events, %d changes", len(events), len(changes))
	}
}

func eachFails(t *testing.T, s storage.Store) {
	const n = 100
	u := newTenant(t, s)
	u.channel("c")
	seen := make([]int, n)
	fns := u.units(n, seen)
	for i := range fns {
		create := fns[i]
		switch i % 10 {
		case 3:
			fns[i] = func(tx storage.Tx) error { return errors.Join(create(tx), errOwn) }
		case 7:
			fns[i] = func(tx storage.Tx) error {
				err := create(tx)
				panic(fmt.Sprint("in a unit, after ", err))
			}
		}
	}
	for i, err := range u.UpdateEach(t.Context(), u.origin, fns) {
		fails := i%10 == 3 || i%10 == 7
		if (err != nil) != fails || i%10 == 3 && !errors.Is(err, errOwn) {
			t.Errorf("unit %d: %v", i, err)
		}
	}
	if events := u.list(everything("c")); len(events) != n*8/10 {
		t.Errorf("there are %d events", len(events))
	}
}

func eachContext(t *testing.T, s storage.Store) {
	const n, last = 400, 150
	u := newTenant(t, s)
	u.channel("c")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := make([]int, n)
	fns := u.units(n, seen)
	create := fns[last]
	fns[last] = func(tx storage.Tx) error {
		cancel()
		return create(tx)
	}
	for i, err := range u.UpdateEach(ctx, u.origin, fns) {
		if i <= last && err != nil || i > last && !errors.Is(err, context.Canceled) {
			t.Errorf("unit %d: %v", i, err)
		}
	}
	if events := u.list(everything("c")); len(events) != last+1 {
		t.Errorf("there are %d events", len(events))
	}
	for i, err := range u.UpdateEach(ctx, u.origin, u.units(2, seen)) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("unit %d after the end: %v", i, err)
		}
	}
}

func eachOfNone(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	if errs := u.UpdateEach(t.Context(), u.origin, nil); len(errs) != 0 {
		t.Errorf("errors %v", errs)
	}
	unknown := s.Tenant("nobody")
	never := func(storage.Tx) error { return errOwn }
	for _, err := range unknown.UpdateEach(t.Context(), u.origin, []func(storage.Tx) error{never, never}) {
		wantCode(t, err, activity.CodeUnknownUser)
	}
}

func eachBeside(t *testing.T, s storage.Store) {
	const n = 40
	u := newTenant(t, s)
	u.channel("c")
	errs := atOnce(workers, func(i int) error {
		if i%2 == 0 {
			return errors.Join(u.UpdateEach(t.Context(), u.origin, u.units(n, make([]int, n)))...)
		}
		return u.Update(t.Context(), u.origin, u.units(1, make([]int, 1))[0])
	})
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if got, want := len(u.list(everything("c"))), workers/2*n+workers/2; got != want {
		t.Errorf("there are %d events, want %d", got, want)
	}
	checkSequence(t, u.user.ID, 0, u.log(0))
}
