//go:build long

package mongo_test

import (
	"context"
	"errors"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/storagetest"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

func TestContractOnAShardedCluster(t *testing.T) {
	cluster := mongotest.NewShardedCluster(t, mongotest.Options{})
	storagetest.Run(t, func(t *testing.T, o storagetest.Options) storage.Store {
		t.Helper()
		uri, name := cluster.Database(t)
		s := open(t, mongo.Options{URI: uri, Clock: o.Clock, Watch: o.Watch})
		spread(t, uri, name)
		return s
	})
}

// spread has the events of half of the users on the other shard, away from all
// else that they have.
func spread(t *testing.T, uri, name string) {
	t.Helper()
	client, err := driver.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(context.Background()) }()
	var shards struct {
		Shards []struct {
			ID string `bson:"_id"`
		}
	}
	admin := client.Database("admin")
	if err := admin.RunCommand(t.Context(), bson.D{{Key: "listShards", Value: 1}}).Decode(&shards); err != nil {
		t.Fatal(err)
	}
	var of struct {
		Primary string
	}
	if err := client.Database("config").Collection("databases").FindOne(t.Context(), bson.D{{Key: "_id", Value: name}}).Decode(&of); err != nil {
		t.Fatal(err)
	}
	for _, shard := range shards.Shards {
		if shard.ID == of.Primary {
			continue
		}
		move := bson.D{
			{Key: "moveRange", Value: name + ".events"}, {Key: "min", Value: bson.D{{Key: "_id.u", Value: "8"}}}, {Key: "toShard", Value: shard.ID},
		}
		hands.Eventually(t, "the range is moved", func() bool { // one at a time: those of other cases too
			err := admin.RunCommand(t.Context(), move).Err()
			var failed driver.ServerError
			if errors.As(err, &failed) && failed.HasErrorCode(inProgress) {
				return false
			}
			if err != nil {
				t.Fatal(err)
			}
			return true
		})
	}
}

// inProgress tells that another operation of the kind runs.
const inProgress = 117

func TestContractOnThreeMembers(t *testing.T) {
	set := mongotest.NewReplicaSet(t, mongotest.Options{Members: 3})
	storagetest.Run(t, func(t *testing.T, o storagetest.Options) storage.Store {
		t.Helper()
		uri, _ := set.Database(t)
		return open(t, mongo.Options{URI: uri, Clock: o.Clock, Watch: o.Watch})
	})
}

func TestOpenTogetherOnAShardedCluster(t *testing.T) {
	uri, _ := mongotest.NewShardedCluster(t, mongotest.Options{}).Database(t)
	openTogether(t, uri)
}
