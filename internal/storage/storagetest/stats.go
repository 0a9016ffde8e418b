package storagetest

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func statsCases() []testCase {
	return []testCase{
		{name: "count units and their groups", check: statsOfWrites, alone: true},
		{name: "count how the cache was asked", check: statsOfTheCache, alone: true},
		{name: "count what was swept", check: statsOfSweeps, alone: true},
		{name: "tell how late readers of the feed are", opens: statsOfTheFeed},
		{name: "units are watched", opens: watchedUnits},
	}
}

func stats(t *testing.T, s storage.Store) storage.Stats {
	t.Helper()
	st, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// values gives how many values were counted.
func values(h storage.Histogram) (n uint64) {
	for _, one := range h.Counts {
		n += one
	}
	return n
}

func statsOfWrites(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	before := stats(t, s)
	create := func(id activity.ChannelID) func(storage.Tx) error {
		return func(tx storage.Tx) error {
			return tx.CreateChannel(t.Context(), &activity.Channel{ID: id, Name: string(id)})
		}
	}
	errs := u.UpdateEach(t.Context(), u.origin, []func(storage.Tx) error{create("one"), create("two"), create("six")})
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
	for _, h := range []storage.Histogram{st.Groups, st.Commits} {
		if len(h.Counts) != len(h.Bounds)+1 || !slices.IsSorted(h.Bounds) {
			t.Errorf("got %+v", h)
		}
	}
	if st.Queue != 0 {
		t.Errorf("%d units wait", st.Queue)
	}
}

func statsOfTheCache(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	before := stats(t, s)
	for range 3 {
		u.structure()
	}
	st := stats(t, s)
	asked := st.CacheHits + st.CacheStale + st.CacheMisses - before.CacheHits - before.CacheStale - before.CacheMisses
	if asked < 3 || st.CacheMisses == 0 {
		t.Errorf("got %+v after %+v", st, before)
	}
}

func statsOfSweeps(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.channel("c")
	u.put(note("c", "", 1))
	u.do(func(tx storage.Tx) error { return tx.DeleteChannel(t.Context(), "c") })
	eventually(t, "the channel is swept", func() bool { return stats(t, s).Sweeps > 0 })
}

// A reader that holds a change up is told with how many wait behind it.
func statsOfTheFeed(t *testing.T, open func(Options) storage.Store) {
	var later atomic.Int64 // than the start
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := open(Options{Clock: func() time.Time { return start.Add(time.Duration(later.Load())) }})
	u := newTenant(t, s)
	if feed := stats(t, s).Feed; feed != (storage.FeedStats{}) {
		t.Fatalf("without readers: %+v", feed)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	from := position(t, s)
	given, ended := make(chan storage.Delivery), make(chan error, 1)
	go func() {
		for d, err := range s.Changes(ctx, from) {
			if err != nil {
				ended <- err
				return
			}
			select {
			case given <- d:
			case <-ctx.Done():
			}
		}
		ended <- nil
	}()
	u.channel("one")
	u.channel("two")
	later.Store(int64(time.Minute))
	eventually(t, "the reader is a minute late", func() bool {
		f := stats(t, s).Feed
		return f.Readers == 1 && f.Lag >= 2 && f.Age.Round(time.Second) == time.Minute
	})
	<-given
	<-given
	eventually(t, "the reader has all", func() bool { return stats(t, s).Feed == storage.FeedStats{Readers: 1} })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if feed := stats(t, s).Feed; feed != (storage.FeedStats{}) {
		t.Errorf("after the reader went: %+v", feed)
	}
}

func watchedUnits(t *testing.T, open func(Options) storage.Store) {
	type unit struct {
		units int
		err   error
	}
	var seen []unit
	type key struct{}
	s := open(Options{Watch: func(ctx context.Context) func(int, error) {
		if ctx.Value(key{}) == nil {
			t.Error("another context")
		}
		return func(units int, err error) { seen = append(seen, unit{units, err}) }
	}})
	u := newTenant(t, s)
	ctx := context.WithValue(t.Context(), key{}, true)
	failure := errors.New("no")
	if err := u.Update(ctx, u.origin, func(storage.Tx) error { return failure }); !errors.Is(err, failure) {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if err := u.Update(over, u.origin, func(storage.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if len(seen) != 2 || seen[0].units == 0 || !errors.Is(seen[0].err, failure) || seen[1].units != 0 || !errors.Is(seen[1].err, context.Canceled) {
		t.Errorf("saw %+v", seen)
	}
}
