package mongo_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// database gives a database past the store.
func database(t *testing.T, uri, name string) *driver.Database {
	t.Helper()
	client, err := driver.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client.Database(name)
}

// documents counts those of a collection.
func documents(t *testing.T, db *driver.Database, coll string) int {
	t.Helper()
	n, err := db.Collection(coll).CountDocuments(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// movable is a clock that a test moves on.
type movable struct{ ahead atomic.Int64 }

func (m *movable) now() time.Time { return time.Now().Add(time.Duration(m.ahead.Load())) }

// TestDeletedUserLeavesNothing: of a deleted user the deletion stays for the
// feed, then that goes too.
func TestDeletedUserLeavesNothing(t *testing.T) {
	t.Parallel()
	uri, name := mongotest.Database(t)
	db := database(t, uri, name)
	clock := &movable{}
	s := open(t, mongo.Options{URI: uri, Clock: clock.now, History: 24 * time.Hour})
	alice := hands.AddUser(t, s, "alice")
	hands.AddChannel(t, alice, "diary")
	hands.AddChannel(t, alice, "old")
	hands.AddFolder(t, alice, "diary", "f", "")
	hands.Update(t, alice, func(tx storage.Tx) error {
		for i := range 500 {
			e := hands.Event(i, "diary")
			if err := tx.CreateEvent(t.Context(), &e, nil); err != nil {
				return err
			}
		}
		if err := tx.DeleteChannel(t.Context(), "old"); err != nil {
			return err
		}
		if err := tx.CreateAccess(t.Context(), &activity.Access{ID: "a", Type: activity.AppAccess, Name: "a"}); err != nil {
			return err
		}
		return tx.PutProfile(t.Context(), "public", activity.Object(`{}`))
	})
	if err := s.Users().DeleteUser(t.Context(), "id-of-alice"); err != nil {
		t.Fatal(err)
	}
	hands.Eventually(t, "all was swept", func() bool {
		return documents(t, db, "events")+documents(t, db, "profiles")+documents(t, db, "heads")+documents(t, db, "names") == 0 &&
			documents(t, db, "structure") == 1 && documents(t, db, "changes") == 1
	})
	again := activity.User{ID: "id-of-alice", Username: "other"}
	if err := s.Users().CreateUser(t.Context(), &again, nil); err == nil {
		t.Error("the id is free while the history tells of it")
	}
	clock.ahead.Store(int64(25 * time.Hour))
	open(t, mongo.Options{URI: uri, Clock: clock.now, History: 24 * time.Hour}) // which sweeps as it starts
	hands.Eventually(t, "the history forgot", func() bool { return documents(t, db, "structure")+documents(t, db, "changes") == 0 })
}

// TestHistoryIsPruned: what is older than the history goes, of users who stay.
func TestHistoryIsPruned(t *testing.T) {
	t.Parallel()
	uri, name := mongotest.Database(t)
	db := database(t, uri, name)
	clock := &movable{}
	s := open(t, mongo.Options{URI: uri, Clock: clock.now, History: 24 * time.Hour})
	alice, bob := hands.AddUser(t, s, "alice"), hands.AddUser(t, s, "bob")
	hands.AddChannel(t, alice, "diary")
	for i := range 700 {
		if i%100 == 0 {
			hands.Update(t, alice, func(tx storage.Tx) error {
				for j := range 100 {
					e := hands.Event(i+j, "diary")
					if err := tx.CreateEvent(t.Context(), &e, nil); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	carol := hands.AddUser(t, s, "carol")
	hands.AddChannel(t, carol, "diary")
	hands.AddEvent(t, carol, hands.Event(1, "diary")) // only its change says that it is the third
	clock.ahead.Store(int64(25 * time.Hour))
	hands.AddEvent(t, alice, hands.Event(1000, "diary"))
	later := open(t, mongo.Options{URI: uri, Clock: clock.now, History: 24 * time.Hour}) // which prunes as it starts
	hands.Eventually(t, "one change is left", func() bool { return documents(t, db, "changes") == 1 })
	for tenant, want := range map[storage.Tenant]activity.Seq{
		later.Tenant("id-of-alice"): 702, later.Tenant("id-of-bob"): 1, later.Tenant("id-of-carol"): 3,
	} {
		hands.View(t, tenant, func(tx storage.Tx) error {
			_, oldest, err := tx.Log(t.Context(), 0, 10)
			if oldest != want {
				t.Errorf("the history reaches back to %d, want %d", oldest, want)
			}
			return err
		})
	}
	hands.AddChannel(t, bob, "diary") // the numbers go on
	third := later.Tenant("id-of-carol")
	hands.AddEvent(t, third, hands.Event(2, "diary"))
	for tenant, want := range map[storage.Tenant]activity.Seq{bob: 2, third: 4} {
		hands.View(t, tenant, func(tx storage.Tx) error {
			_, head, err := tx.LogHead(t.Context())
			if head != want {
				t.Errorf("the next change is %d, want %d", head, want)
			}
			return err
		})
	}
}

// TestPruningTakesTurns: what one server has pruned a moment ago no other looks
// through again.
func TestPruningTakesTurns(t *testing.T) {
	t.Parallel()
	uri, name := mongotest.Database(t)
	db := database(t, uri, name)
	start := time.Now()
	at := func(ahead time.Duration) mongo.Options {
		return mongo.Options{URI: uri, Clock: func() time.Time { return start.Add(ahead) }, History: 24 * time.Hour}
	}
	first := open(t, at(0))
	hands.AddChannel(t, hands.AddUser(t, first, "alice"), "diary")
	closeStore(t, first)
	set := func(coll string, filter, fields bson.D) {
		t.Helper()
		result, err := db.Collection(coll).UpdateOne(t.Context(), filter, bson.D{{Key: "$set", Value: fields}})
		if err != nil || result.MatchedCount != 1 {
			t.Fatalf("%+v, %v", result, err)
		}
	}
	later := activity.TimestampOf(start.Add(25 * time.Hour))
	set("meta", bson.D{{Key: "_id", Value: "prune"}}, bson.D{{Key: "at", Value: later - 1}})
	set("structure", bson.D{{Key: "_id.k", Value: "channel"}}, bson.D{{Key: "gone", Value: later}})
	second := open(t, at(25*time.Hour)) // sweeps after it would have pruned
	hands.Eventually(t, "it swept", func() bool { return documents(t, db, "structure") == 1 })
	if n := documents(t, db, "changes"); n != 2 {
		t.Errorf("%d changes are left", n)
	}
	closeStore(t, second)
	open(t, at(25*time.Hour+time.Minute))
	hands.Eventually(t, "none is left", func() bool { return documents(t, db, "changes") == 0 })
}

// TestUsesAreKept: the use of an access is stored when the store ends, and
// neither appends a change nor brings back an access that went.
func TestUsesAreKept(t *testing.T) {
	t.Parallel()
	uri, name := mongotest.Database(t)
	db := database(t, uri, name)
	s := open(t, mongo.Options{URI: uri})
	alice := hands.AddUser(t, s, "alice")
	hands.Update(t, alice, func(tx storage.Tx) error {
		return tx.CreateAccess(t.Context(), &activity.Access{ID: "a", Type: activity.AppAccess, Name: "a"})
	})
	changes := documents(t, db, "changes")
	alice.Touch("a", 5)
	alice.Touch("gone", 7)
	s.Tenant("nobody").Touch("a", 7)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	hands.View(t, open(t, mongo.Options{URI: uri}).Tenant("id-of-alice"), func(tx storage.Tx) error {
		if a, _ := tx.Structure().Access("a"); a.LastUsed == nil || *a.LastUsed != 5 {
			t.Errorf("the access is %+v", a)
		}
		return nil
	})
	if n := documents(t, db, "changes"); n != changes {
		t.Errorf("%d changes, there were %d", n, changes)
	}
	if n := documents(t, db, "structure"); n != 3 {
		t.Errorf("%d documents of the structure, want those of user, access and use", n)
	}
}
