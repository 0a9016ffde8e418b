package mongotest_test

import (
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

func TestShardedClusterSpreadsACollection(t *testing.T) {
	t.Parallel()
	start := time.Now()
	cluster := mongotest.NewShardedCluster(t, mongotest.Options{})
	t.Logf("started in %v", time.Since(start))
	uri, name := cluster.Database(t)
	client := connect(t, uri)
	shard := bson.D{
		{Key: "shardCollection", Value: name + ".items"},
		{Key: "key", Value: bson.D{{Key: "_id", Value: "hashed"}}},
	}
	if err := client.Database("admin").RunCommand(t.Context(), shard).Err(); err != nil {
		t.Fatalf("shard: %v", err)
	}
	items := client.Database(name).Collection("items")
	const all = 200
	for i := range all {
		if _, err := items.InsertOne(t.Context(), bson.D{{Key: "_id", Value: fmt.Sprint(i)}}); err != nil {
			t.Fatalf("insert: %v", err)
		}
	}
	var sum int64
	for i, part := range cluster.Shards {
		count, err := connect(t, part.URI()).Database(name).Collection("items").CountDocuments(t.Context(), bson.D{})
		if err != nil || count == 0 {
			t.Errorf("shard %d has %d documents, %v", i, count, err)
		}
		sum += count
	}
	if sum != all {
		t.Errorf("the shards have %d documents, want %d", sum, all)
	}

	cluster.Shards[0].Kill(t, 0)
	cluster.Shards[0].Start(t, 0)
	for range 20 { // some for either shard
		write(t, items)
	}
}
