package mongo_test

import (
	"context"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// TestDeadServersStandInNoWay: what a server wrote in a transaction that it did not
// live to end keeps others from writing no longer than it takes to notice.
func TestDeadServersStandInNoWay(t *testing.T) {
	t.Parallel()
	uri, name := mongotest.Database(t)
	uri = strings.Replace(uri, "appName="+name, "", 1) // both have the store's own
	s := open(t, mongo.Options{URI: uri})
	alice := hands.AddUser(t, s, "alice")
	hands.AddChannel(t, alice, "diary")
	writes := map[string]func(ctx context.Context, db *driver.Database) error{
		"the next change of a user": func(ctx context.Context, db *driver.Database) error {
			_, err := db.Collection("changes").InsertOne(ctx, bson.D{
				{Key: "_id", Value: bson.D{{Key: "u", Value: "id-of-alice"}, {Key: "s", Value: int64(3)}}},
				{Key: "kind", Value: "event"}, {Key: "action", Value: "created"}, {Key: "item", Value: ""},
				{Key: "time", Value: 1.0}, {Key: "revision", Value: int64(2)},
			})
			return err
		},
		"the name of a user to come": func(ctx context.Context, db *driver.Database) error {
			_, err := db.Collection("names").InsertOne(ctx, bson.D{{Key: "_id", Value: "carol"}, {Key: "user", Value: "id-of-nobody"}})
			return err
		},
	}
	for what, write := range writes {
		abandon(t, uri, name, what, write)
	}
	hands.AddEvent(t, alice, hands.Event(1, "diary"))
	hands.AddUser(t, s, "carol")
	if n := hands.Count(t, alice, "diary"); n != 1 {
		t.Errorf("there are %d events", n)
	}
}

// abandon leaves a transaction open, as a server does that is killed.
func abandon(t *testing.T, uri, name, what string, write func(context.Context, *driver.Database) error) {
	t.Helper()
	client, err := driver.Connect(options.Client().ApplyURI(uri).SetAppName("activityd"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	session, err := client.StartSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.StartTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := write(driver.NewSessionContext(t.Context(), session), client.Database(name)); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}
