package mongo_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// two opens two stores on one database, as two servers have them.
func two(t *testing.T) (a, b *mongo.Store) {
	t.Helper()
	uri, _ := mongotest.Database(t)
	return open(t, mongo.Options{URI: uri}), open(t, mongo.Options{URI: uri})
}

func TestServersSeeWhatTheOthersWrote(t *testing.T) {
	t.Parallel()
	a, b := two(t)
	here := hands.AddUser(t, a, "alice")
	there := b.Tenant("id-of-alice")
	hands.View(t, there, func(storage.Tx) error { return nil }) // it is cached there
	for i := range 20 {
		id := activity.ChannelID(fmt.Sprintf("c%d", i))
		hands.AddChannel(t, here, id)
		hands.AddEvent(t, there, hands.Event(i, id)) // a negative answer is never from the cache
		hands.View(t, here, func(tx storage.Tx) error {
			_, err := tx.Event(t.Context(), id, hands.Number(i))
			return err
		})
		if n := hands.Count(t, there, id); n != 1 {
			t.Fatalf("the other server lists %d events", n)
		}
		here, there = there, here
	}
}

func TestServersForgetWhatTheOthersDeleted(t *testing.T) {
	t.Parallel()
	a, b := two(t)
	here, there := hands.AddUser(t, a, "alice"), b.Tenant("id-of-alice")
	hands.AddChannel(t, here, "diary")
	from, err := b.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	has := func() (ok bool) {
		hands.View(t, there, func(tx storage.Tx) error {
			_, ok = tx.Structure().Channel("diary")
			return nil
		})
		return ok
	}
	if !has() {
		t.Fatal("the other server has no channel")
	}
	hands.Update(t, here, func(tx storage.Tx) error { return tx.DeleteChannel(t.Context(), "diary") })
	for d, err := range b.Changes(t.Context(), from) { // who hears of it must not read the old
		if err != nil {
			t.Fatal(err)
		}
		if d.Change.Action == activity.Deleted {
			break
		}
	}
	if has() {
		t.Error("the channel is there after the feed told of its end")
	}
}

func TestServersDoNotOverlap(t *testing.T) {
	t.Parallel()
	const workers, rounds = 6, 15
	a, b := two(t)
	tenants := []storage.Tenant{hands.AddUser(t, a, "alice"), b.Tenant("id-of-alice")}
	hands.AddChannel(t, tenants[0], "diary")
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for n := range rounds {
				e := hands.Event(i*rounds+n, "diary")
				err := tenants[i%2].Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error {
					o, err := tx.Profile(t.Context(), "public")
					if err != nil {
						return err
					}
					made := e
					return errors.Join(tx.PutProfile(t.Context(), "public", append(slices.Clip(o), '.')), tx.CreateEvent(t.Context(), &made, nil))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	hands.View(t, tenants[1], func(tx storage.Tx) error {
		o, err := tx.Profile(t.Context(), "public")
		if len(o) != workers*rounds {
			t.Errorf("counted to %d, want %d", len(o), workers*rounds)
		}
		changes, oldest, errLog := tx.Log(t.Context(), 0, 1000)
		for i, c := range changes {
			if c.Seq != activity.Seq(i+1) || i > 0 && c.Time <= changes[i-1].Time {
				t.Fatalf("change %d is number %d of %v", i, c.Seq, c.Time)
			}
		}
		if len(changes) != 2+2*workers*rounds || oldest != 0 {
			t.Errorf("%d changes, back to %d", len(changes), oldest)
		}
		return errors.Join(err, errLog)
	})
}

func TestServersGiveAnEventIDOnce(t *testing.T) {
	t.Parallel()
	a, b := two(t)
	tenants := []storage.Tenant{hands.AddUser(t, a, "alice"), b.Tenant("id-of-alice")}
	hands.AddChannel(t, tenants[0], "diary")
	for i := range 10 {
		var all sync.WaitGroup
		errs := make([]error, 4)
		for w := range errs {
			all.Go(func() {
				errs[w] = tenants[w%2].Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error {
					e := hands.Event(i, "diary")
					return tx.CreateEvent(t.Context(), &e, nil)
				})
			})
		}
		all.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, activity.NewError(activity.CodeItemIDAlreadyExists, "")) {
				t.Errorf("a loser got %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d won", won)
		}
	}
}

// TestServersSweepAtOnce: a server that starts finds what another is sweeping,
// and it is swept once.
func TestServersSweepAtOnce(t *testing.T) {
	t.Parallel()
	const n = 1000
	uri, _ := mongotest.Database(t)
	a := open(t, mongo.Options{URI: uri})
	alice := hands.AddUser(t, a, "alice")
	hands.AddChannel(t, alice, "diary")
	hands.AddFolder(t, alice, "diary", "p", "")
	hands.AddFolder(t, alice, "diary", "f", "p")
	hands.Update(t, alice, func(tx storage.Tx) error {
		for i := range n {
			e := hands.Event(i, "diary")
			e.FolderID = "f"
			if err := tx.CreateEvent(t.Context(), &e, nil); err != nil {
				return err
			}
		}
		return nil
	})
	from, err := a.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hands.Update(t, alice, func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "diary", "f", true) })
	b := open(t, mongo.Options{URI: uri})
	moved := map[string]int{}
	ctx, cancel := context.WithTimeout(t.Context(), hands.Patience)
	defer cancel()
	for d, err := range b.Changes(ctx, from) {
		if err != nil {
			t.Fatal(err)
		}
		if d.Change.Kind == activity.EventKind {
			moved[d.Change.Item]++
		}
		if len(moved) == n {
			break
		}
	}
	hands.View(t, alice, func(tx storage.Tx) error {
		changes, _, err := tx.Log(t.Context(), 0, 10*n)
		told := 0
		for _, c := range changes {
			if c.Kind == activity.EventKind && c.Action == activity.Updated {
				told++
			}
		}
		if told != n {
			t.Errorf("%d moves were told of, want %d", told, n)
		}
		return err
	})
}
