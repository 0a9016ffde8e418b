package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func concurrencyCases() []testCase {
	return []testCase{
		{name: "units of one user do not overlap", check: unitsDoNotOverlap},
		{name: "a failing or panicking unit takes only itself out", check: unitsFailAlone},
		{name: "the sequence has no gaps and follows the commits", check: sequenceUnderLoad},
		{name: "of many that want an id or a name one gets it", check: uniqueUnderLoad},
		{name: "periods are checked and made as one", check: overlapUnderLoad},
		{name: "many users at once", check: manyUsers},
		{name: "views see whole units", check: viewsSeeWholeUnits},
	}
}

const workers = 32

// unitsDoNotOverlap counts: a read and a write of one unit with another's in
// between would lose counts.
func unitsDoNotOverlap(t *testing.T, s storage.Store) {
	const rounds = 8
	u := newTenant(t, s)
	var inside atomic.Int32
	for _, err := range atOnce(workers, func(int) error {
		for range rounds {
			err := s.Tenant(u.user.ID).Update(t.Context(), u.origin, func(tx storage.Tx) error {
				if inside.Add(1) != 1 {
					return errors.New("two units of the user run at once")
				}
				defer inside.Add(-1)
				o, err := tx.Profile(t.Context(), "public")
				if err != nil {
					return err
				}
				return tx.PutProfile(t.Context(), "public", counter(countOf(o)+1))
			})
			if err != nil {
				return err
			}
		}
		return nil
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	u.read(func(tx storage.Tx) error {
		o, err := tx.Profile(t.Context(), "public")
		if err == nil && countOf(o) != workers*rounds {
			t.Errorf("counted to %s, want %d", o, workers*rounds)
		}
		return err
	})
}

func counter(n int) activity.Object { return fmt.Appendf(nil, `{"n":%d}`, n) }

func countOf(o activity.Object) int {
	if o == nil {
		return 0
	}
	n, err := strconv.Atoi(string(o[len(`{"n":`) : len(o)-1]))
	if err != nil {
		return -1
	}
	return n
}

func unitsFailAlone(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	kept := make([]activity.Event, workers*4)
	errs := atOnce(len(kept), func(i int) error {
		return s.Tenant(u.user.ID).Update(t.Context(), u.origin, func(tx storage.Tx) error {
			e := note("c", "", activity.Timestamp(i))
			if err := tx.CreateEvent(t.Context(), &e, nil); err != nil {
				return err
			}
			kept[i] = e
			switch i % 4 {
			case 1:
				return errOwn
			case 2:
				panic("the case's own panic")
			}
			return nil
		})
	})
	var want []activity.Event
	for i, err := range errs {
		fails := i%4 == 1 || i%4 == 2
		if (err != nil) != fails || i%4 == 1 && !errors.Is(err, errOwn) {
			t.Errorf("unit %d: %v", i, err)
		}
		if !fails {
			want = append(want, kept[i])
		}
	}
	slices.Reverse(want)
	sameEvents(t, u.list(everything("c")), want)
}

func sequenceUnderLoad(t *testing.T, s storage.Store) {
	const rounds = 6
	u := newTenant(t, s)
	u.channel("c")
	head := u.head()
	var orders [workers][]activity.EventID
	for _, err := range atOnce(workers, func(i int) error {
		for range rounds {
			e := note("c", "", 1)
			err := u.Update(t.Context(), u.origin, func(tx storage.Tx) error {
				made := e
				return tx.CreateEvent(t.Context(), &made, nil)
			})
			if err != nil {
				return err
			}
			orders[i] = append(orders[i], e.ID)
		}
		return nil
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	changes := u.log(head)
	if len(changes) != workers*rounds {
		t.Fatalf("%d changes, want %d", len(changes), workers*rounds)
	}
	checkSequence(t, u.user.ID, head, changes)
	at := map[string]int{}
	for i, c := range changes {
		at[c.Item] = i
	}
	for _, order := range orders {
		if !slices.IsSortedFunc(order, func(a, b activity.EventID) int { return at[string(a)] - at[string(b)] }) {
			t.Error("a later unit has an earlier number")
		}
	}
}

// checkSequence looks whether the numbers after head have no gaps and the times
// rise strictly.
func checkSequence(t *testing.T, user activity.UserID, head activity.Seq, changes []activity.Change) {
	t.Helper()
	for i, c := range changes {
		if c.Seq != head+activity.Seq(i)+1 || c.User != user {
			t.Fatalf("change %d after %d is %+v", i+1, head, c)
		}
		if i > 0 && c.Time <= changes[i-1].Time {
			t.Fatalf("time %v comes after %v", c.Time, changes[i-1].Time)
		}
	}
}

func uniqueUnderLoad(t *testing.T, s storage.Store) {
	const racers = 12
	u := newTenant(t, s)
	u.channel("c")
	wanted := note("c", "", 1)
	token := activity.HashToken(randomWord("token"))
	for name, tt := range map[string]struct {
		write func(tx storage.Tx, i int) error
		code  activity.Code
	}{
		"a channel's name": {func(tx storage.Tx, i int) error {
			return tx.CreateChannel(t.Context(), &activity.Channel{ID: activity.ChannelID(fmt.Sprint("c", i)), Name: "same"})
		}, activity.CodeItemNameAlreadyExists},
		"a channel's id": {func(tx storage.Tx, i int) error {
			return tx.CreateChannel(t.Context(), &activity.Channel{ID: "same", Name: fmt.Sprint("other", i)})
		}, activity.CodeItemIDAlreadyExists},
		"a folder's name": {func(tx storage.Tx, i int) error {
			return tx.CreateFolder(t.Context(), &activity.Folder{ID: activity.FolderID(fmt.Sprint("f", i)), ChannelID: "c", Name: "same"})
		}, activity.CodeItemNameAlreadyExists},
		"an event's id": {func(tx storage.Tx, _ int) error {
			e := wanted
			return tx.CreateEvent(t.Context(), &e, nil)
		}, activity.CodeItemIDAlreadyExists},
		"an access's token": {func(tx storage.Tx, i int) error {
			id := activity.AccessID(fmt.Sprint("a", i))
			return tx.CreateAccess(t.Context(), &activity.Access{ID: id, Type: activity.AppAccess, Name: string(id), Tokens: []activity.TokenHash{token}})
		}, activity.CodeItemIDAlreadyExists},
	} {
		errs := atOnce(racers, func(i int) error {
			return u.Update(t.Context(), u.origin, func(tx storage.Tx) error { return tt.write(tx, i) })
		})
		t.Run(name, func(t *testing.T) { oneWins(t, errs, tt.code) })
	}
}

func overlapUnderLoad(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	overlaps := activity.NewError(activity.CodePeriodsOverlap, "As the case says.")
	errs := atOnce(workers, func(i int) error {
		e := period("c", activity.Timestamp(i/4*10+i%4), activity.Seconds(5))
		return u.Update(t.Context(), u.origin, func(tx storage.Tx) error {
			span, _ := e.Period()
			for other, err := range tx.Periods(t.Context(), "c", e.Time) {
				if err != nil {
					return err
				}
				if other.Intersects(span) {
					return overlaps
				}
			}
			made := e
			return tx.CreateEvent(t.Context(), &made, nil)
		})
	})
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else if !errors.Is(err, overlaps) {
			t.Error(err)
		}
	}
	if left := u.list(everything("c")); made != workers/4 || len(left) != made {
		t.Errorf("%d units made a period and %d are there, want %d", made, len(left), workers/4)
	}
}

func manyUsers(t *testing.T, s storage.Store) {
	const users, each = 8, 20
	var tenants [users]*tenant
	for i := range tenants {
		tenants[i] = newTenant(t, s)
		tenants[i].channel("c")
	}
	for _, err := range atOnce(users*4, func(i int) error {
		u := tenants[i%users]
		for n := range each {
			if err := u.Update(t.Context(), u.origin, func(tx storage.Tx) error {
				e := note("c", "", activity.Timestamp(n))
				return tx.CreateEvent(t.Context(), &e, nil)
			}); err != nil {
				return err
			}
		}
		return nil
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range tenants {
		if events := u.list(everything("c")); len(events) != 4*each {
			t.Errorf("a user has %d events, want %d", len(events), 4*each)
		}
		checkSequence(t, u.user.ID, 0, u.log(0)[:])
	}
}

// viewsSeeWholeUnits writes pairs in one unit each: a view must not see a half.
func viewsSeeWholeUnits(t *testing.T, s storage.Store) {
	const rounds = 40
	u := newTenant(t, s)
	done := make(chan struct{})
	errs := atOnce(3, func(i int) error {
		if i == 0 {
			defer close(done)
			for n := range rounds {
				if err := u.Update(t.Context(), u.origin, func(tx storage.Tx) error {
					return errors.Join(tx.PutProfile(t.Context(), "public", counter(n)), tx.PutProfile(t.Context(), "private", counter(n)))
				}); err != nil {
					return err
				}
			}
			return nil
		}
		for {
			select {
			case <-done:
				return nil
			default:
			}
			if err := u.View(t.Context(), func(tx storage.Tx) error {
				a, errA := tx.Profile(t.Context(), "public")
				b, errB := tx.Profile(t.Context(), "private")
				if err := errors.Join(errA, errB); err != nil {
					return err
				}
				if string(a) != string(b) {
					return fmt.Errorf("a view saw %s and %s", a, b)
				}
				return nil
			}); err != nil {
				return err
			}
		}
	})
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
}
