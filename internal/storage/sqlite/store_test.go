package sqlite_test

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/sqlite"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// Many units wait at once; those that fail or panic take only themselves out.
func TestGroupsKeepUnitsApart(t *testing.T) {
	s := open(t, sqlite.Options{Dir: t.TempDir()})
	alice := hands.AddUser(t, s, "alice")
	hands.AddChannel(t, alice, "diary")
	boom := errors.New("boom")
	var all sync.WaitGroup
	for n := range 200 {
		all.Go(func() {
			err := alice.Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error {
				e := hands.Event(n, "diary")
				if err := tx.CreateEvent(t.Context(), &e, nil); err != nil {
					return err
				}
				switch n % 4 {
				case 1:
					return boom
				case 2:
					panic("boom")
				}
				return nil
			})
			if failed := n%4 == 1 || n%4 == 2; failed != (err != nil) || n%4 == 1 && !errors.Is(err, boom) {
				t.Errorf("unit %d: %v", n, err)
			}
		})
	}
	all.Wait()
	if n := hands.Count(t, alice, "diary"); n != 100 {
		t.Errorf("%d events, want 100", n)
	}
	hands.View(t, alice, func(tx storage.Tx) error {
		changes, oldest, err := tx.Log(t.Context(), 0, 1000)
		if err != nil {
			return err
		}
		if len(changes) != 102 || oldest != 0 {
			return fmt.Errorf("%d changes from %d, want 102 from 0", len(changes), oldest)
		}
		for i, c := range changes {
			if c.Seq != activity.Seq(i+1) || i > 0 && c.Time <= changes[i-1].Time {
				return fmt.Errorf("change %d: %+v", i, c)
			}
		}
		return nil
	})
}

// A test's FailNow in a unit ends the goroutine that runs it.
func TestAUnitThatEndsItsGoroutine(t *testing.T) {
	s := open(t, sqlite.Options{Dir: t.TempDir()})
	alice := hands.AddUser(t, s, "alice")
	err := alice.Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error {
		if err := tx.CreateChannel(t.Context(), &activity.Channel{ID: "lost", Name: "lost"}); err != nil {
			return err
		}
		runtime.Goexit()
		return nil
	})
	if err == nil {
		t.Error("the unit was kept")
	}
	hands.AddChannel(t, alice, "lost")
}
