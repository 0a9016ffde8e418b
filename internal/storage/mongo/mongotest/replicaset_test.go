package mongotest_test

import (
	"context"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// write inserts a document with majority concern, again until it succeeds, and
// fails the test after a minute. It returns how long it took.
func write(t *testing.T, items *mongo.Collection) time.Duration {
	t.Helper()
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		attempt, cancelAttempt := context.WithTimeout(ctx, 2*time.Second)
		_, err := items.InsertOne(attempt, bson.D{})
		cancelAttempt()
		if err == nil {
			return time.Since(start)
		}
		if ctx.Err() != nil {
			t.Fatalf("no write for a minute: %v", err)
		}
	}
}

// collection returns one of the replica set, known to be written to.
func collection(t *testing.T, set *mongotest.ReplicaSet) *mongo.Collection {
	t.Helper()
	uri, name := set.Database(t)
	items := connect(t, uri).Database(name).Collection("items")
	write(t, items)
	return items
}

func TestKilledMemberReturnsWithItsData(t *testing.T) {
	t.Parallel()
	start := time.Now()
	set := mongotest.NewReplicaSet(t, mongotest.Options{})
	t.Logf("started in %v", time.Since(start))
	items := collection(t, set)
	set.Kill(t, 0)
	set.Start(t, 0)
	write(t, items)
	count, err := items.CountDocuments(t.Context(), bson.D{})
	if err != nil || count != 2 {
		t.Errorf("%d documents, %v; want 2", count, err)
	}
}

func TestStepDownOfTheOnlyMember(t *testing.T) {
	t.Parallel()
	start := time.Now()
	set := mongotest.NewReplicaSet(t, mongotest.Options{})
	t.Logf("started in %v", time.Since(start))
	items := collection(t, set)
	if next := set.StepDown(t); next != 0 {
		t.Errorf("the next primary is %d, want 0", next)
	}
	write(t, items)
}

func TestClientsPartedFromAPrimaryThatStays(t *testing.T) {
	t.Parallel()
	start := time.Now()
	set := mongotest.NewReplicaSet(t, mongotest.Options{Members: 3, Election: time.Minute})
	t.Logf("started in %v", time.Since(start))
	items := collection(t, set)
	primary := set.Primary(t)
	for _, traffic := range []mongotest.Traffic{mongotest.Cut, mongotest.Stall} {
		set.PartFromClients(primary, traffic)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err := items.InsertOne(ctx, bson.D{})
		cancel()
		if err == nil {
			t.Error("a client that is cut off wrote")
		}
		set.Heal()
		write(t, items)
	}
	if set.Primary(t) != primary {
		t.Errorf("the primary changed, though only clients were parted from it")
	}
}

func TestMajorityIsNotAcknowledgedByAPartedPrimary(t *testing.T) {
	t.Parallel()
	start := time.Now()
	set := mongotest.NewReplicaSet(t, mongotest.Options{Members: 3, Election: time.Minute})
	t.Logf("started in %v", time.Since(start))
	items := collection(t, set)
	set.PartFromMembers(set.Primary(t), mongotest.Stall)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := items.InsertOne(ctx, bson.D{}); err == nil {
		t.Error("a primary without its members acknowledged a write by majority")
	}
}
