package mongo_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// TestServersTakeTurns: two servers write for a user without a pause, and a third
// is served all the same.
func TestServersTakeTurns(t *testing.T) {
	t.Parallel()
	const busy, writes = 4, 10
	set := mongotest.NewReplicaSet(t, mongotest.Options{})
	uri, name := set.Database(t)
	a, b, c := open(t, mongo.Options{URI: uri}), open(t, mongo.Options{URI: uri}), open(t, mongo.Options{URI: uri})
	// As under load, when a commit takes its time.
	set.FailCommand(t, 0, "alwaysOn", bson.D{{Key: "failCommands", Value: bson.A{"commitTransaction"}}, {Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: 30}})
	here, there := hands.AddUser(t, a, "alice"), c.Tenant("id-of-alice")
	hands.AddChannel(t, here, "diary")
	create := func(tenant storage.Tenant, n int64) bool {
		e := hands.Event(int(n), "diary")
		err := tenant.Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error {
			made := e
			return tx.CreateEvent(t.Context(), &made, nil)
		})
		if err != nil {
			t.Errorf("event %d: %v", n, err)
		}
		return err == nil
	}
	var over atomic.Bool
	var made atomic.Int64
	var all sync.WaitGroup
	for _, tenant := range []storage.Tenant{here, b.Tenant("id-of-alice")} {
		for range busy {
			all.Go(func() {
				for !over.Load() && create(tenant, made.Add(1)) {
				}
			})
		}
	}
	for range writes {
		if !create(there, made.Add(1)) {
			break
		}
	}
	over.Store(true)
	all.Wait()
	if n := hands.Count(t, there, "diary"); !t.Failed() && n != int(made.Load()) {
		t.Errorf("%d events are there, want %d", n, made.Load())
	}
	left, err := database(t, uri, name).Collection("meta").CountDocuments(t.Context(), bson.D{{Key: "_id", Value: bson.D{{Key: "$regex", Value: "^turn "}}}})
	if err != nil || left > 0 {
		t.Errorf("%d asked for a turn and did not take that back, %v", left, err)
	}
}
