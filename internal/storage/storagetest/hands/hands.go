// Package hands does what the tests and benchmarks of each store do all the
// time. It owns no store; what it does must succeed, or the test ends.
package hands

import (
	"fmt"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// Number makes one id of each number.
func Number(n int) activity.EventID {
	return activity.EventID(fmt.Sprintf("00000000-0000-7000-8000-%012x", n))
}

// AddUser makes the user "id-of-" and the name.
func AddUser(t testing.TB, s storage.Store, name string) storage.Tenant {
	t.Helper()
	u := activity.User{ID: activity.UserID("id-of-" + name), Username: activity.Username(name), LanguageCode: "en"}
	if err := s.Users().CreateUser(t.Context(), &u, nil); err != nil {
		t.Fatal(err)
	}
	return s.Tenant(u.ID)
}

// Update runs a unit of work without an origin.
func Update(t testing.TB, of storage.Tenant, fn func(storage.Tx) error) {
	t.Helper()
	if err := of.Update(t.Context(), activity.Origin{}, fn); err != nil {
		t.Fatal(err)
	}
}

// View runs a unit of work for reading.
func View(t testing.TB, of storage.Tenant, fn func(storage.Tx) error) {
	t.Helper()
	if err := of.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// AddChannel makes a channel named by its id.
func AddChannel(t testing.TB, of storage.Tenant, id activity.ChannelID) {
	t.Helper()
	Update(t, of, func(tx storage.Tx) error {
		return tx.CreateChannel(t.Context(), &activity.Channel{ID: id, Name: string(id)})
	})
}

// AddFolder makes a folder named by its id; parent "" makes a root.
func AddFolder(t testing.TB, of storage.Tenant, channel activity.ChannelID, id, parent activity.FolderID) {
	t.Helper()
	Update(t, of, func(tx storage.Tx) error {
		return tx.CreateFolder(t.Context(), &activity.Folder{ID: id, ChannelID: channel, Name: string(id), ParentID: parent})
	})
}

// Event gives an event, not stored yet, of that number and time.
func Event(n int, channel activity.ChannelID) activity.Event {
	return activity.Event{
		ID: Number(n), ChannelID: channel, Time: activity.Timestamp(n), Type: activity.Type{Class: "mass", Format: "kg"},
		Value: activity.Value(`72.5`), Tags: []string{"morning", "scale"}, ClientData: activity.Object(`{"source":"test"}`),
		CreatedBy: "test", ModifiedBy: "test",
	}
}

// AddEvent stores a new event.
func AddEvent(t testing.TB, of storage.Tenant, e activity.Event) {
	t.Helper()
	Update(t, of, func(tx storage.Tx) error { return tx.CreateEvent(t.Context(), &e, nil) })
}

// Fill makes a channel with n events, in units of a thousand.
func Fill(t testing.TB, of storage.Tenant, channel activity.ChannelID, n int) {
	t.Helper()
	AddChannel(t, of, channel)
	for from := 0; from < n; from += 1000 {
		Update(t, of, func(tx storage.Tx) error {
			for i := from; i < min(from+1000, n); i++ {
				e := Event(i, channel)
				if err := tx.CreateEvent(t.Context(), &e, nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// All selects all events of a channel.
func All(channel activity.ChannelID) storage.EventQuery {
	return storage.EventQuery{Channel: channel, Scope: activity.WholeScope(activity.Manage), State: storage.AllState}
}

// Count lists all events of a channel and gives how many there are.
func Count(t testing.TB, of storage.Tenant, channel activity.ChannelID) int {
	t.Helper()
	n := 0
	for _, err := range of.Events(t.Context(), All(channel)) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// Patience is how long a test waits for what must come; only a store that is
// broken needs all of it.
const Patience = 50 * time.Second

// Eventually waits until done says so.
func Eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	deadline := time.NewTimer(Patience)
	defer deadline.Stop()
	for !done() {
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
