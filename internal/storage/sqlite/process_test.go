package sqlite_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/sqlite"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// mustSee gives a unit that fails, as a service's would, for an unknown channel.
func mustSee(id activity.ChannelID) func(storage.Tx) error {
	return func(tx storage.Tx) error {
		if _, ok := tx.Structure().Channel(id); !ok {
			return activity.NewError(activity.CodeUnknownChannel, "no channel %s", id)
		}
		return nil
	}
}

// What another process (a command beside the server) commits is seen at once
// where not to see it would be an error, and soon in any case.
func TestAnotherProcessWrites(t *testing.T) {
	dir := t.TempDir()
	server, command := open(t, sqlite.Options{Dir: dir, Exclusive: true}), open(t, sqlite.Options{Dir: dir})
	served := hands.AddUser(t, server, "alice")
	hands.AddChannel(t, served, "diary")
	commanded := command.Tenant("id-of-alice")

	for n := range 20 {
		id := activity.ChannelID(fmt.Sprintf("channel-%d", n))
		by, sees := commanded, served
		if n%2 == 1 {
			by, sees = served, commanded
		}
		hands.View(t, sees, mustSee("diary")) // caches what is about to be old
		hands.AddChannel(t, by, id)
		hands.View(t, sees, mustSee(id))
		hands.Update(t, sees, mustSee(id))
	}
	changes := 0
	hands.View(t, served, func(tx storage.Tx) error {
		log, _, err := tx.Log(t.Context(), 0, 1000)
		changes = len(log)
		return err
	})
	if changes != 22 {
		t.Errorf("%d changes, want 22", changes)
	}
}

// A deletion by another process reaches the feed, and with it the cache.
func TestTheFeedTellsOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	server, command := open(t, sqlite.Options{Dir: dir}), open(t, sqlite.Options{Dir: dir})
	served := hands.AddUser(t, server, "alice")
	hands.AddChannel(t, served, "diary")
	hands.View(t, served, mustSee("diary"))
	head, err := server.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hands.Update(t, command.Tenant("id-of-alice"), func(tx storage.Tx) error { return tx.DeleteChannel(t.Context(), "diary") })

	ctx, cancel := context.WithTimeout(t.Context(), hands.Patience)
	defer cancel()
	for d, err := range server.Changes(ctx, head) {
		if err != nil || d.Change.Action != activity.Deleted {
			t.Fatalf("%+v, %v", d.Change, err)
		}
		break
	}
	hands.View(t, served, func(tx storage.Tx) error {
		if _, ok := tx.Structure().Channel("diary"); ok {
			return fmt.Errorf("the channel is still there")
		}
		return nil
	})
}

func TestTheFeedGoesOnAfterReopening(t *testing.T) {
	dir := t.TempDir()
	s := open(t, sqlite.Options{Dir: dir})
	alice := hands.AddUser(t, s, "alice")
	hands.AddChannel(t, alice, "one")
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hands.AddChannel(t, alice, "two")
	closeStore(t, s)
	s = open(t, sqlite.Options{Dir: dir})
	hands.AddChannel(t, s.Tenant("id-of-alice"), "three")
	ctx, cancel := context.WithTimeout(t.Context(), hands.Patience)
	defer cancel()
	var told []string
	for d, err := range s.Changes(ctx, head) {
		if err != nil {
			t.Fatal(err)
		}
		if told = append(told, d.Change.Item); len(told) == 2 {
			break
		}
	}
	if fmt.Sprint(told) != "[two three]" {
		t.Errorf("told of %v", told)
	}
}
