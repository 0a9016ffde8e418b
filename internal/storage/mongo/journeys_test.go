package mongo_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// commands counts what the server was asked to do so far, but for what streams,
// sessions and monitors ask by themselves.
func commands(t *testing.T, db *driver.Database) map[string]int64 {
	t.Helper()
	var status struct {
		Metrics struct {
			Commands map[string]bson.RawValue `bson:"commands"`
		} `bson:"metrics"`
	}
	if err := db.RunCommand(t.Context(), bson.D{{Key: "serverStatus", Value: 1}}).Decode(&status); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, name := range []string{
		"abortTransaction", "aggregate", "bulkWrite", "commitTransaction", "count", "delete", "distinct", "endSessions",
		"find", "findAndModify", "insert", "killCursors", "update",
	} {
		total, err := status.Metrics.Commands[name].Document().LookupErr("total")
		if err != nil {
			t.Fatalf("the server does not count %s: %v", name, err)
		}
		counts[name] = total.AsInt64()
	}
	return counts
}

// least gives the least that fn asks for: at other times the stream was late,
// and what is cached not trusted, or the database at work for itself.
func least(t *testing.T, db *driver.Database, want map[string]int64, fn func()) (got map[string]int64) {
	t.Helper()
	hands.Eventually(t, "the commands are those wanted", func() bool {
		before := commands(t, db)
		fn()
		got = commands(t, db)
		maps.DeleteFunc(got, func(name string, n int64) bool {
			got[name] = n - before[name]
			return n == before[name]
		})
		t.Logf("%v", got)
		return maps.Equal(got, want)
	})
	return got
}

// TestJourneys: how often an operation goes to the database where what is cached
// is trusted.
func TestJourneys(t *testing.T) {
	t.Parallel()
	uri, name := mongotest.NewReplicaSet(t, mongotest.Options{}).Database(t)
	db := database(t, uri, name)
	s := open(t, mongo.Options{URI: uri})
	alice := hands.AddUser(t, s, "alice")
	hands.Fill(t, alice, "diary", 1500)
	made := 1500
	read := func(fn func(storage.Tx) error) func() { return func() { hands.View(t, alice, fn) } }
	list := func(limit int) func() {
		return func() {
			q := hands.All("diary")
			q.Limit = limit
			for _, err := range alice.Events(t.Context(), q) {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for what, tt := range map[string]struct {
		fn   func()
		want map[string]int64
	}{
		"create an event": {func() {
			hands.AddEvent(t, alice, hands.Event(made, "diary"))
			made++
		}, map[string]int64{"bulkWrite": 1, "commitTransaction": 1}},
		"update an event": {func() {
			hands.Update(t, alice, func(tx storage.Tx) error {
				e := hands.Event(7, "diary")
				return tx.UpdateEvent(t.Context(), &e)
			})
		}, map[string]int64{"find": 1, "bulkWrite": 1, "commitTransaction": 1}},
		"read the structure": {read(func(tx storage.Tx) error {
			tx.Structure()
			return nil
		}), map[string]int64{}},
		"read an event": {read(func(tx storage.Tx) error {
			_, err := tx.Event(t.Context(), "diary", hands.Number(7))
			return err
		}), map[string]int64{"find": 1}},
		"read a profile": {read(func(tx storage.Tx) error {
			_, err := tx.Profile(t.Context(), "public")
			return err
		}), map[string]int64{"find": 1}},
		"read an event and where the history stands": {read(func(tx storage.Tx) error {
			_, err := tx.Event(t.Context(), "diary", hands.Number(7))
			_, _, errHead := tx.LogHead(t.Context())
			return errors.Join(err, errHead)
		}), map[string]int64{"find": 2}},
		"look for an event that is not there": {func() {
			err := alice.View(t.Context(), func(tx storage.Tx) error {
				_, err := tx.Event(t.Context(), "diary", hands.Number(1e9))
				return err
			})
			if !errors.Is(err, activity.NewError(activity.CodeUnknownEvent, "")) {
				t.Errorf("got %v", err)
			}
		}, map[string]int64{"find": 2}},
		"list 20":   {list(20), map[string]int64{"find": 1}},
		"list 1000": {list(1000), map[string]int64{"find": 1}},
	} {
		t.Run(what, func(t *testing.T) { least(t, db, tt.want, tt.fn) })
	}
}

// TestStatementsOneByOne: a database before MongoDB 8.0 takes the statements of
// one collection at a time.
func TestStatementsOneByOne(t *testing.T) {
	t.Parallel()
	set := mongotest.NewReplicaSet(t, mongotest.Options{})
	for what, code := range map[string]int{"unknown": 59, "not allowed yet": 115} {
		t.Run(what, func(t *testing.T) {
			uri, name := set.Database(t)
			off := set.FailCommand(t, 0, "alwaysOn", bson.D{{Key: "failCommands", Value: bson.A{"bulkWrite"}}, {Key: "errorCode", Value: code}})
			defer off()
			oneByOne(t, uri, database(t, uri, name))
		})
	}
}

func oneByOne(t *testing.T, uri string, db *driver.Database) {
	t.Helper()
	const writers, events = 4, 10
	before := commands(t, db)
	stores := []*mongo.Store{open(t, mongo.Options{URI: uri}), open(t, mongo.Options{URI: uri})}
	alice := hands.AddUser(t, stores[0], "alice")
	hands.AddChannel(t, alice, "diary")
	var writing sync.WaitGroup
	won := make([]int, writers)
	for w := range won {
		of := stores[w%len(stores)].Tenant("id-of-alice")
		writing.Go(func() {
			for n := range events {
				err := of.Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error {
					e := hands.Event(n, "diary")
					return tx.CreateEvent(t.Context(), &e, nil)
				})
				if err == nil {
					won[w]++
				} else if !errors.Is(err, activity.NewError(activity.CodeItemIDAlreadyExists, "")) {
					t.Errorf("a loser got %v", err)
				}
			}
		})
	}
	writing.Wait()
	total := 0
	for _, n := range won {
		total += n
	}
	if n := hands.Count(t, alice, "diary"); n != events || total != events {
		t.Errorf("%d events are there, %d were made, want %d", n, total, events)
	}
	if sent := commands(t, db)["bulkWrite"] - before["bulkWrite"]; sent > 2*writers {
		t.Errorf("a command that is unknown was sent %d times", sent)
	}
	if err := stores[1].Users().DeleteUser(context.WithoutCancel(t.Context()), "id-of-alice"); err != nil {
		t.Fatal(err)
	}
	err := alice.Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error {
		e := hands.Event(events, "diary")
		return tx.CreateEvent(t.Context(), &e, nil)
	})
	if !errors.Is(err, activity.NewError(activity.CodeUnknownUser, "")) {
		t.Errorf("writing for one who has gone: %v", err)
	}
	if n := documents(t, db, "heads"); n != 0 {
		t.Errorf("%d sequence records are left", n)
	}
}
