package mongotest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// insertUntil inserts documents with ids of its own until ctx ends, each one again
// until it is acknowledged, and returns how many were.
func insertUntil(ctx context.Context, items *mongo.Collection, worker int, laps *mongotest.Laps) (acknowledged int) {
	for ctx.Err() == nil {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		_, err := items.InsertOne(attempt, bson.D{{Key: "_id", Value: fmt.Sprintf("%d-%d", worker, acknowledged)}})
		cancel()
		if err == nil || mongo.IsDuplicateKeyError(err) {
			acknowledged++
			laps.Done(worker)
		}
	}
	return acknowledged
}

func TestFaultsLoseNoAcknowledgedWrite(t *testing.T) {
	t.Parallel()
	start := time.Now()
	set := mongotest.NewReplicaSet(t, mongotest.Options{Members: 3})
	t.Logf("started in %v", time.Since(start))
	items := collection(t, set)
	const workers = 4
	laps := mongotest.NewLaps(workers)
	ctx, stop := context.WithCancel(t.Context())
	var acknowledged [workers]int
	var writers sync.WaitGroup
	for worker := range workers {
		writers.Go(func() { acknowledged[worker] = insertUntil(ctx, items, worker, laps) })
	}
	defer writers.Wait()
	defer stop()

	faults := []mongotest.Fault{
		mongotest.StepDown(),
		mongotest.KillPrimary(),
		mongotest.IsolatePrimary(mongotest.Cut),
		mongotest.IsolatePrimary(mongotest.Stall),
		mongotest.PartPrimaryFromMembers(mongotest.Stall),
	}
	mongotest.Shuffle(t, 1, faults)
	before := set.Primary(t)
	set.Inflict(t, faults, func(fault mongotest.Fault) {
		start := time.Now()
		limited, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		if err := laps.Wait(limited); err != nil {
			t.Errorf("%s: %v", fault.Name, err)
		}
		after := set.Primary(t)
		t.Logf("%s: primary %d, then %d; recovered in %v", fault.Name, before, after, time.Since(start))
		before = after
	})
	stop()
	writers.Wait()
	for worker, want := range acknowledged {
		count, err := items.CountDocuments(t.Context(), bson.D{{Key: "_id", Value: bson.Regex{Pattern: fmt.Sprintf("^%d-", worker)}}})
		// The last one may be stored though its acknowledgement was not waited for.
		if err != nil || count < int64(want) || count > int64(want)+1 {
			t.Errorf("worker %d had %d writes acknowledged and %d are stored, %v", worker, want, count, err)
		}
	}
}

func TestEveryFaultMovesThePrimary(t *testing.T) {
	t.Parallel()
	set := mongotest.NewReplicaSet(t, mongotest.Options{Members: 3})
	faults := []mongotest.Fault{
		mongotest.StepDown(),
		mongotest.KillPrimary(),
		mongotest.IsolatePrimary(mongotest.Stall),
		mongotest.PartPrimaryFromMembers(mongotest.Cut),
	}
	for _, fault := range faults {
		set.Settle(t)
		before := set.Primary(t)
		heal := fault.Inflict(t, set)
		set.NextPrimary(t, before)
		if heal != nil {
			heal(t)
		}
	}
}
