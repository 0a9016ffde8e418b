package mongo_test

import (
	"context"
	"testing"

	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// TestFeedLeavesAPrimaryThatIsNone: the primary is parted from the members, but
// not from clients, which goes on answering: the feed must not stay with it.
func TestFeedLeavesAPrimaryThatIsNone(t *testing.T) {
	t.Parallel()
	set := mongotest.NewReplicaSet(t, mongotest.Options{Members: 3})
	uri, _ := set.Database(t)
	a, b := open(t, mongo.Options{URI: uri}), open(t, mongo.Options{URI: uri})
	alice := hands.AddUser(t, a, "alice")
	hands.AddChannel(t, alice, "diary")
	from, err := b.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	was := set.Primary(t)
	set.PartFromMembers(was, mongotest.Stall)
	set.NextPrimary(t, was)
	createUntilThere(t, alice, hands.Event(1, "diary"), false)
	ctx, cancel := context.WithTimeout(t.Context(), hands.Patience)
	defer cancel()
	for d, err := range b.Changes(ctx, from) {
		if err != nil {
			t.Fatal(err)
		}
		if d.Change.Item == string(hands.Number(1)) {
			return
		}
	}
	t.Fatal("the other server was not told of the event while the partition lasted")
}
