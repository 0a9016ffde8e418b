package sqlite_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/sqlite"
)

func stats(t *testing.T, s *sqlite.Store) storage.Stats {
	t.Helper()
	st, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func values(h storage.Histogram) (n uint64) {
	for _, one := range h.Counts {
		n += one
	}
	return n
}

func TestStatsOfWrites(t *testing.T) {
	s := open(t, sqlite.Options{Dir: t.TempDir()})
	alice := addUser(t, s, "alice")
	before := stats(t, s)
	create := func(id activity.ChannelID) func(storage.Tx) error {
		return func(tx storage.Tx) error {
			return tx.CreateChannel(t.Context(), &activity.Channel{ID: id, Name: string(id)})
		}
	}
	errs := alice.UpdateEach(t.Context(), activity.Origin{}, []func(storage.Tx) error{create("one"), create("two"), create("six")})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	st := stats(t, s)
	if units := st.Groups.Sum - before.Groups.Sum; units < 3 {
		t.Errorf("%v units of work, want 3 and those of the store itself", units)
	}
	if groups := values(st.Groups) - values(before.Groups); groups < 1 {
		t.Errorf("%d groups", groups)
	}
	if values(st.Commits) != values(st.Groups) || st.Commits.Sum <= before.Commits.Sum || st.Failures != 0 {
		t.Errorf("got %+v", st)
	}
	if len(st.Commits.Counts) != len(st.Commits.Bounds)+1 || st.Queue != 0 || st.QueueMax == 0 {
		t.Errorf("got %+v", st)
	}
}

func TestStatsOfTheCache(t *testing.T) {
	s := open(t, sqlite.Options{Dir: t.TempDir()})
	alice := addUser(t, s, "alice")
	before := stats(t, s)
	for range 3 {
		view(t, alice, func(storage.Tx) error { return nil })
	}
	st := stats(t, s)
	asked := st.CacheHits + st.CacheStale + st.CacheMisses - before.CacheHits - before.CacheStale - before.CacheMisses
	if asked < 3 || st.CacheMisses == 0 {
		t.Errorf("got %+v after %+v", st, before)
	}
}

func TestStatsOfSweeps(t *testing.T) {
	s := open(t, sqlite.Options{Dir: t.TempDir()})
	alice := addUser(t, s, "alice")
	addChannel(t, alice, "diary")
	update(t, alice, func(tx storage.Tx) error { return tx.DeleteChannel(t.Context(), "diary") })
	eventually(t, "the channel is swept", func() bool { return stats(t, s).Sweeps > 0 })
}

// A reader that holds a change up is told with how many wait behind it.
func TestStatsOfTheFeed(t *testing.T) {
	var later atomic.Int64 // than the start
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func() time.Time { return start.Add(time.Duration(later.Load())) }
	s := open(t, sqlite.Options{Dir: t.TempDir(), Clock: clock})
	alice := addUser(t, s, "alice")
	if feed := stats(t, s).Feed; feed != (storage.FeedStats{}) {
		t.Fatalf("without readers: %+v", feed)
	}
	ctx, cancel := context.WithCancel(t.Context())
	from, err := s.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	given, taken := make(chan storage.Delivery), make(chan error)
	go func() {
		for d, err := range s.Changes(ctx, from) {
			if err != nil {
				taken <- err
				return
			}
			given <- d
		}
		taken <- nil
	}()
	addChannel(t, alice, "one")
	addChannel(t, alice, "two")
	later.Store(int64(time.Minute))
	eventually(t, "the reader is a minute late", func() bool {
		f := stats(t, s).Feed
		return f.Readers == 1 && f.Lag == 2 && f.Age.Round(time.Second) == time.Minute
	})
	<-given
	<-given
	eventually(t, "the reader has all", func() bool { f := stats(t, s).Feed; return f.Lag == 0 && f.Age == 0 && f.Readers == 1 })
	cancel()
	if err := <-taken; err != nil {
		t.Error(err)
	}
	if feed := stats(t, s).Feed; feed != (storage.FeedStats{}) {
		t.Errorf("after the reader went: %+v", feed)
	}
}

func TestWatchedUnits(t *testing.T) {
	type unit struct {
		units int
		err   error
	}
	var seen []unit
	type key struct{}
	s := open(t, sqlite.Options{Dir: t.TempDir(), Watch: func(ctx context.Context) func(int, error) {
		if ctx.Value(key{}) == nil {
			t.Error("another context")
		}
		return func(units int, err error) { seen = append(seen, unit{units, err}) }
	}})
	alice := addUser(t, s, "alice")
	ctx := context.WithValue(t.Context(), key{}, true)
	failure := errors.New("no")
	if err := alice.Update(ctx, activity.Origin{}, func(storage.Tx) error { return failure }); !errors.Is(err, failure) {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := alice.Update(ended, activity.Origin{}, func(storage.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if len(seen) != 2 || seen[0].units == 0 || !errors.Is(seen[0].err, failure) || seen[1].units != 0 || !errors.Is(seen[1].err, context.Canceled) {
		t.Errorf("saw %+v", seen)
	}
}
