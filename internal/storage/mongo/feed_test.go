package mongo_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// reader reads a feed in the background.
type reader struct {
	told chan activity.Change
	err  chan error
	stop context.CancelFunc
}

func read(t *testing.T, s *mongo.Store, from storage.Position) *reader {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hands.Patience)
	r := &reader{told: make(chan activity.Change, 1000), err: make(chan error, 1), stop: cancel}
	go func() {
		defer close(r.err)
		for d, err := range s.Changes(ctx, from) {
			if err != nil {
				r.err <- err
				return
			}
			r.told <- d.Change
		}
	}()
	t.Cleanup(func() {
		cancel()
		for range r.err { // it has gone
		}
	})
	return r
}

// next gives the change that is told next.
func (r *reader) next(t *testing.T) activity.Change {
	t.Helper()
	select {
	case c := <-r.told:
		return c
	case err := <-r.err:
		t.Fatalf("the feed ended with %v", err)
		return activity.Change{}
	}
}

func head(t *testing.T, s *mongo.Store) storage.Position {
	t.Helper()
	p, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// positionOf gives the position after the first change behind another.
func positionOf(t *testing.T, s *mongo.Store, from storage.Position) storage.Position {
	t.Helper()
	for d, err := range s.Changes(t.Context(), from) {
		if err != nil {
			t.Fatal(err)
		}
		return d.Position
	}
	t.Fatal("the feed ended")
	return ""
}

// lost fails the test unless the feed cannot go on from the position.
func lost(t *testing.T, s *mongo.Store, from storage.Position) {
	t.Helper()
	r := read(t, s, from)
	select {
	case c := <-r.told:
		t.Errorf("it goes on with %+v", c)
	case err := <-r.err:
		if !errors.Is(err, storage.ErrPositionLost) {
			t.Errorf("it ended with %v", err)
		}
	}
	r.stop()
}

// TestFeedWithoutHistory: while the oplog forgets, readers who wait miss
// nothing; from a place that is forgotten nobody goes on.
func TestFeedWithoutHistory(t *testing.T) {
	t.Parallel()
	set := mongotest.NewReplicaSet(t, mongotest.Options{OplogMB: 1})
	uri, _ := set.Database(t)
	s := open(t, mongo.Options{URI: uri})
	byTime := head(t, s)
	hands.AddUser(t, s, "alice")
	byToken := positionOf(t, s, byTime)
	quiet := read(t, s, byToken)
	set.ForgetHistory(t)
	hands.AddUser(t, s, "bob")
	if c := quiet.next(t); c.User != "id-of-bob" {
		t.Errorf("the reader who waited is told %+v", c)
	}
	second := open(t, mongo.Options{URI: uri}) // with no memory of what was
	lost(t, second, byTime)
	lost(t, second, byToken)
	again := read(t, second, head(t, second))
	hands.AddUser(t, s, "carol")
	if c := again.next(t); c.User != "id-of-carol" {
		t.Errorf("from the new head on it tells %+v", c)
	}
}

// TestFeedTakenAway: when the collection goes, the feed says so to who follows
// it, and goes on for others.
func TestFeedTakenAway(t *testing.T) {
	t.Parallel()
	uri, name := mongotest.Database(t)
	s := open(t, mongo.Options{URI: uri})
	before := head(t, s)
	hands.AddUser(t, s, "alice")
	waits := read(t, s, before)
	if c := waits.next(t); c.User != "id-of-alice" {
		t.Errorf("it is told %+v", c)
	}
	client, err := driver.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(context.Background()) }()
	if err := client.Database(name).Collection("changes").Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-waits.err; !errors.Is(err, storage.ErrPositionLost) {
		t.Errorf("who waited is told %v", err)
	}
	again := read(t, s, head(t, s))
	hands.AddUser(t, s, "bob")
	if c := again.next(t); c.User != "id-of-bob" {
		t.Errorf("from the new head on it tells %+v", c)
	}
}

// TestFeedOfAnotherServer: a reader far behind takes a stream of its own, and
// goes on with what the store hears anyway when it has caught up.
func TestFeedOfAnotherServer(t *testing.T) {
	t.Parallel()
	const n = 50
	uri, _ := mongotest.Database(t)
	s := open(t, mongo.Options{URI: uri})
	from := head(t, s)
	alice := hands.AddUser(t, s, "alice")
	hands.AddChannel(t, alice, "diary")
	for i := range n {
		hands.AddEvent(t, alice, hands.Event(i, "diary"))
	}
	second := open(t, mongo.Options{URI: uri})
	r := read(t, second, from)
	for i := range n {
		hands.AddEvent(t, alice, hands.Event(n+i, "diary"))
	}
	for i := range 2 + 2*n {
		if c := r.next(t); c.Seq != activity.Seq(i+1) {
			t.Fatalf("change %d came as number %d", c.Seq, i+1)
		}
	}
}

// TestCacheIsTrustedWhileOthersWrite: a stream that never rests proves itself
// alive as one that does.
func TestCacheIsTrustedWhileOthersWrite(t *testing.T) {
	t.Parallel()
	a, b := two(t)
	bob := hands.AddUser(t, a, "bob")
	hands.AddChannel(t, bob, "diary")
	hands.AddUser(t, a, "alice")
	alice := b.Tenant("id-of-alice")
	ctx, stop := context.WithCancel(t.Context())
	var written atomic.Int64
	var writing sync.WaitGroup
	defer writing.Wait()
	defer stop()
	for w := range 4 {
		writing.Go(func() {
			for n := w; ctx.Err() == nil; n += 4 {
				e := hands.Event(n, "diary")
				if err := bob.Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error { return tx.CreateEvent(t.Context(), &e, nil) }); err != nil {
					t.Error(err)
					return
				}
				written.Add(1)
			}
		})
	}
	hits := func() uint64 {
		s, err := b.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s.CacheHits
	}
	for round := range 4 {
		hands.Eventually(t, "others write", func() bool { return written.Load() > int64(200*(round+1)) })
		before := hits()
		hands.Eventually(t, "a view trusts the cache", func() bool {
			hands.View(t, alice, func(storage.Tx) error { return nil })
			return hits() > before
		})
	}
}
