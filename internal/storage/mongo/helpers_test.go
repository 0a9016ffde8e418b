package mongo_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// open opens a store, in a database of the test's own where none is named.
func open(t testing.TB, o mongo.Options) *mongo.Store {
	t.Helper()
	if o.URI == "" {
		o.URI, _ = mongotest.Database(t)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	s, err := mongo.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func closeStore(t testing.TB, s *mongo.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// number makes one id of each number.
func number(n int) activity.EventID {
	return activity.EventID(fmt.Sprintf("00000000-0000-7000-8000-%012x", n))
}

func addUser(t testing.TB, s *mongo.Store, name string) storage.Tenant {
	t.Helper()
	u := activity.User{ID: activity.UserID("id-of-" + name), Username: activity.Username(name), LanguageCode: "en"}
	if err := s.Users().CreateUser(t.Context(), &u, nil); err != nil {
		t.Fatal(err)
	}
	return s.Tenant(u.ID)
}

func update(t testing.TB, of storage.Tenant, fn func(storage.Tx) error) {
	t.Helper()
	if err := of.Update(t.Context(), activity.Origin{}, fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, of storage.Tenant, fn func(storage.Tx) error) {
	t.Helper()
	if err := of.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func addChannel(t testing.TB, of storage.Tenant, id activity.ChannelID) {
	t.Helper()
	update(t, of, func(tx storage.Tx) error {
		return tx.CreateChannel(t.Context(), &activity.Channel{ID: id, Name: string(id)})
	})
}

func addFolder(t testing.TB, of storage.Tenant, channel activity.ChannelID, id, parent activity.FolderID) {
	t.Helper()
	update(t, of, func(tx storage.Tx) error {
		return tx.CreateFolder(t.Context(), &activity.Folder{ID: id, ChannelID: channel, Name: string(id), ParentID: parent})
	})
}

func event(n int, channel activity.ChannelID) activity.Event {
	return activity.Event{
		ID: number(n), ChannelID: channel, Time: activity.Timestamp(n), Type: activity.Type{Class: "mass", Format: "kg"},
		Value: activity.Value(`72.5`), Tags: []string{"morning", "scale"}, ClientData: activity.Object(`{"source":"test"}`),
		CreatedBy: "test", ModifiedBy: "test",
	}
}

func addEvent(t testing.TB, of storage.Tenant, e activity.Event) {
	t.Helper()
	update(t, of, func(tx storage.Tx) error { return tx.CreateEvent(t.Context(), &e, nil) })
}

func count(t testing.TB, of storage.Tenant, channel activity.ChannelID) int {
	t.Helper()
	n := 0
	for _, err := range of.Events(t.Context(), all(channel)) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func all(channel activity.ChannelID) storage.EventQuery {
	return storage.EventQuery{Channel: channel, Scope: activity.WholeScope(activity.Manage), State: storage.AllState}
}

// patience is how long a test waits for what must come; only a store that is
// broken needs all of it.
const patience = 50 * time.Second
