package mongotest_test

import (
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// historyLost is MongoDB's ChangeStreamHistoryLost.
const historyLost = 286

func TestForgottenHistoryIsLostToChangeStreams(t *testing.T) {
	t.Parallel()
	set := mongotest.NewReplicaSet(t, mongotest.Options{OplogMB: 1})
	items := collection(t, set)
	stream, err := items.Watch(t.Context(), mongo.Pipeline{})
	if err != nil {
		t.Fatalf("watch: %v", err)
	}
	defer func() { _ = stream.Close(t.Context()) }()
	write(t, items)
	if !stream.Next(t.Context()) {
		t.Fatalf("the stream ended: %v", stream.Err())
	}
	token := stream.ResumeToken()

	start := time.Now()
	set.ForgetHistory(t)
	t.Logf("forgotten in %v", time.Since(start))
	_, err = items.Watch(t.Context(), mongo.Pipeline{}, options.ChangeStream().SetResumeAfter(token))
	var refused mongo.CommandError
	if !errors.As(err, &refused) || refused.Code != historyLost {
		t.Errorf("resumed after a forgotten token: %v, want code %d", err, historyLost)
	}
	names, err := items.Database().Client().ListDatabaseNames(t.Context(), bson.D{{Key: "name", Value: bson.Regex{Pattern: "filler"}}})
	if err != nil || len(names) > 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}
