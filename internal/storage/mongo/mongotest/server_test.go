package mongotest_test

import (
	"errors"
	"net/url"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// version asks a MongoDB which one it is, and for its replica set.
func version(t *testing.T, uri string) (version, set string) {
	t.Helper()
	admin := connect(t, uri).Database("admin")
	var build struct{ Version string }
	if err := admin.RunCommand(t.Context(), bson.D{{Key: "buildInfo", Value: 1}}).Decode(&build); err != nil {
		t.Fatalf("ask for the version: %v", err)
	}
	var hello struct{ SetName string }
	if err := admin.RunCommand(t.Context(), bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
		t.Fatalf("say hello: %v", err)
	}
	return build.Version, hello.SetName
}

func TestStandaloneSeemsOlder(t *testing.T) {
	t.Parallel()
	uri := mongotest.NewStandalone(t)
	parsed, err := url.Parse(uri)
	if err != nil {
		t.Fatalf("parse %s: %v", uri, err)
	}
	real, set := version(t, uri)
	if set != "" {
		t.Errorf("the standalone belongs to the replica set %q", set)
	}
	old := "5" + real[1:]
	proxy := mongotest.NewProxy(t, parsed.Host)
	proxy.ReplaceInAnswers(real, old)
	if seems, _ := version(t, "mongodb://"+proxy.Address()); seems != old {
		t.Errorf("version %s seems to be %s, want %s", real, seems, old)
	}
}

func TestFailCommand(t *testing.T) {
	t.Parallel()
	set := mongotest.NewReplicaSet(t, mongotest.Options{})
	items := collection(t, set)
	off := set.FailCommand(t, 0, "alwaysOn", bson.D{
		{Key: "failCommands", Value: bson.A{"insert"}},
		{Key: "errorCode", Value: 112},
	})
	_, err := items.InsertOne(t.Context(), bson.D{})
	var failed mongo.ServerError
	if !errors.As(err, &failed) || !failed.HasErrorCode(112) {
		t.Errorf("an insert with the fail point: %v, want code 112", err)
	}
	off()
	write(t, items)
}
