package mongo

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// TestAskedTurns: a server knows whom it has to wait for, and how long.
func TestAskedTurns(t *testing.T) {
	t.Parallel()
	uri, name := mongotest.Database(t)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(t.Context()) })
	meta := client.Database(name).Collection(metaColl)
	var ours, theirs units
	ours.begin()
	theirs.begin()
	here, there := newTurns(meta, &ours), newTurns(meta, &theirs)
	waits := func(what string, user activity.UserID, want int) {
		t.Helper()
		if err := here.look(); err != nil {
			t.Fatal(err)
		}
		if list, _ := here.waits(user); len(list) != want {
			t.Errorf("%s: it waits for %d servers, want %d", what, len(list), want)
		}
	}
	waits("nobody asked", "alice", 0)
	here.ask("alice", 1)
	waits("it asked itself", "alice", 0)
	there.ask("alice", 1)
	waits("the other asked", "alice", 1)
	waits("the other asked for another user", "bob", 0)
	here.heard(ours.next(), "alice")
	here.heard(theirs.next(), "bob")
	waits("somebody else wrote", "alice", 1)
	here.heard(theirs.next(), "alice")
	waits("the other had its turn", "alice", 0)
	there.ask("alice", 2)
	waits("the other asks again", "alice", 1)
	here.leave("alice")
	waits("the other did not take its turn", "alice", 0)
	there.ask("alice", 3)
	there.thank("alice")
	waits("the other takes it back", "alice", 0)
	there.ask("bob", 4)
	if err := here.forget(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	if n, err := meta.CountDocuments(t.Context(), bson.D{}); err != nil || n != 1 {
		t.Errorf("%d records are left, want that of bob, %v", n, err)
	}
}
