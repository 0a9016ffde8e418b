package mongotest_test

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// connect returns a client that is disconnected with the test.
func connect(t *testing.T, uri string) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() {
		if err := client.Disconnect(t.Context()); err != nil && t.Context().Err() == nil {
			t.Errorf("disconnect: %v", err)
		}
	})
	return client
}

func TestDatabaseHasTransactionsAndChangeStreams(t *testing.T) {
	uri, name := mongotest.Database(t)
	items := connect(t, uri).Database(name).Collection("items")
	stream, err := items.Watch(t.Context(), mongo.Pipeline{})
	if err != nil {
		t.Fatalf("watch: %v", err)
	}
	defer func() { _ = stream.Close(t.Context()) }()
	session, err := items.Database().Client().StartSession()
	if err != nil {
		t.Fatalf("start a session: %v", err)
	}
	defer session.EndSession(t.Context())
	if err := session.StartTransaction(); err != nil {
		t.Fatalf("start a transaction: %v", err)
	}
	ctx := mongo.NewSessionContext(t.Context(), session)
	if _, err := items.InsertOne(ctx, bson.D{{Key: "_id", Value: "a"}}); err != nil {
		t.Fatalf("insert: %v", err)
	}
	if err := session.CommitTransaction(ctx); err != nil {
		t.Fatalf("commit: %v", err)
	}
	if !stream.Next(t.Context()) {
		t.Fatalf("the stream ended: %v", stream.Err())
	}
	if id := stream.Current.Lookup("documentKey", "_id").StringValue(); id != "a" {
		t.Errorf("the stream tells of %q, want a", id)
	}
}

func TestDatabasesAreApartAndDropped(t *testing.T) {
	var names []string
	for range 2 {
		t.Run("same name", func(t *testing.T) {
			uri, name := mongotest.Database(t)
			names = append(names, name)
			if _, err := connect(t, uri).Database(name).Collection("items").InsertOne(t.Context(), bson.D{}); err != nil {
				t.Fatalf("insert: %v", err)
			}
		})
	}
	if names[0] == names[1] {
		t.Fatalf("two tests got the same database %s", names[0])
	}
	uri, _ := mongotest.Database(t)
	left, err := connect(t, uri).ListDatabaseNames(t.Context(), bson.D{{Key: "name", Value: bson.D{{Key: "$in", Value: names}}}})
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	if len(left) > 0 {
		t.Errorf("databases were left behind: %v", left)
	}
}

// TestDatabasesOfKilledClientsAreDropped: nothing waits for a transaction that
// its client did not live to end.
func TestDatabasesOfKilledClientsAreDropped(t *testing.T) {
	t.Run("left open", func(t *testing.T) {
		uri, name := mongotest.Database(t)
		client := connect(t, uri)
		session, err := client.StartSession()
		if err != nil {
			t.Fatalf("start a session: %v", err)
		}
		if err := session.StartTransaction(); err != nil {
			t.Fatalf("start a transaction: %v", err)
		}
		ctx := mongo.NewSessionContext(t.Context(), session)
		if _, err := client.Database(name).Collection("items").InsertOne(ctx, bson.D{}); err != nil {
			t.Fatalf("insert: %v", err)
		}
	})
}
