package mongo_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// TestOutage: while the database is away every call says so, and all goes on by
// itself when it is back.
func TestOutage(t *testing.T) {
	t.Parallel()
	set := mongotest.NewReplicaSet(t, mongotest.Options{})
	uri, _ := set.Database(t)
	s := open(t, mongo.Options{URI: uri})
	alice := hands.AddUser(t, s, "alice")
	hands.AddChannel(t, alice, "diary")
	follows := read(t, s, head(t, s))
	set.Kill(t, 0)
	calls := map[string]func() error{
		"Ready": func() error { return s.Ready(t.Context()) },
		"Head": func() error {
			_, err := s.Head(t.Context())
			return err
		},
		"Update": func() error {
			e := hands.Event(1, "diary")
			return alice.Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error { return tx.CreateEvent(t.Context(), &e, nil) })
		},
		"View": func() error {
			return alice.View(t.Context(), func(tx storage.Tx) error {
				_, err := tx.Event(t.Context(), "diary", hands.Number(1))
				return err
			})
		},
		"Events": func() (last error) {
			for _, err := range alice.Events(t.Context(), hands.All("diary")) {
				last = err
			}
			return last
		},
		"CreateUser": func() error {
			return s.Users().CreateUser(t.Context(), &activity.User{ID: "bob", Username: "bob"}, nil)
		},
		"CountUsers": func() error {
			_, err := s.Users().CountUsers(t.Context())
			return err
		},
	}
	var all sync.WaitGroup
	for name, call := range calls {
		all.Go(func() {
			if err := call(); !errors.Is(err, activity.NewError(activity.CodeServiceUnavailable, "")) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	all.Wait()
	set.Start(t, 0)
	hands.Eventually(t, "the store is ready", func() bool { return s.Ready(t.Context()) == nil })
	hands.AddEvent(t, alice, hands.Event(2, "diary"))
	if c := follows.next(t); c.Item != string(hands.Number(2)) {
		t.Errorf("the feed goes on with %+v", c)
	}
	if n := hands.Count(t, alice, "diary"); n != 1 {
		t.Errorf("%d events are there", n)
	}
}
