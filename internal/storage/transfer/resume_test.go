package transfer_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/transfer"
)

const unfinished = "a migration into this store is not finished"

// TestResumed interrupts a copy in the middle of a user: the target is no store
// until the copy was run again, and then it has all.
func TestResumed(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			at := k.place(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			g := &generated{users: 12, events: 2500}
			broken := *g
			broken.asked = func(user, event int) {
				if user == 11 && event == 2300 { // others are whole then: eight are copied at a time
					cancel()
				}
			}
			target, closer, err := k.to(t, at)
			if err != nil {
				t.Fatal(err)
			}
			if err := transfer.Copy(ctx, &broken, target, &transfer.Progress{}); !errors.Is(err, context.Canceled) {
				t.Errorf("the interrupted copy gives %v", err)
			}
			closeAll(t, closer)
			if _, err := k.store(t, at); err == nil || !strings.Contains(err.Error(), unfinished) {
				t.Errorf("opened as a store: %v", err)
			}
			if _, _, err := k.from(t, at); err == nil || !strings.Contains(err.Error(), unfinished) {
				t.Errorf("opened as a source: %v", err)
			}
			var p transfer.Progress
			if err := into(t, g, k, at, &p); err != nil {
				t.Fatal(err)
			}
			if p.Found.Load() == 0 || p.Users.Load() != 12 || p.Events.Load() != 30000 {
				t.Errorf("%d users, %d events, %d of them found", p.Users.Load(), p.Events.Load(), p.Found.Load())
			}
			sameAs(t, g, k, at)
			if n := countUsers(t, k, at); n != 12 {
				t.Errorf("there are %d users", n)
			}
		})
	}
}

// into copies from a source to a place.
func into(t *testing.T, from transfer.Source, k kind, at string, p *transfer.Progress) error {
	t.Helper()
	target, closer, err := k.to(t, at)
	if err != nil {
		return err
	}
	defer closeAll(t, closer)
	return transfer.Copy(t.Context(), from, target, p)
}

// sameAs fails the test unless a place has what the source has.
func sameAs(t *testing.T, from transfer.Source, k kind, at string) {
	t.Helper()
	x, closer, err := k.from(t, at)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, closer)
	if d, err := transfer.Compare(t.Context(), from, x, &transfer.Progress{}); err != nil || len(d) > 0 {
		t.Errorf("compared: %q, %v", d, err)
	}
}

func countUsers(t *testing.T, k kind, at string) (n int) {
	t.Helper()
	k.inStore(t, at, func(s storage.Store) {
		var err error
		if n, err = s.Users().CountUsers(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	return n
}

// TestSourceChangesBetweenRuns: users who are not as they were are copied anew,
// and those who were deleted are taken out.
func TestSourceChangesBetweenRuns(t *testing.T) {
	t.Parallel()
	all := kinds()
	for i, a := range all {
		b := all[1-i]
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			from, to := a.place(t), b.place(t)
			a.inStore(t, from, func(s storage.Store) {
				for _, name := range []string{"anton", "berta", "carla", "dorle"} {
					addUser(t, s, name)
				}
			})
			// It comes to its end but for the last step.
			source, closer, err := a.from(t, from)
			if err != nil {
				t.Fatal(err)
			}
			target, closeTarget, err := b.to(t, to)
			if err != nil {
				t.Fatal(err)
			}
			err = transfer.Copy(t.Context(), source, unending{target}, &transfer.Progress{})
			closeAll(t, closer, closeTarget)
			if !errors.Is(err, errUnending) {
				t.Fatal(err)
			}
			a.inStore(t, from, func(s storage.Store) {
				addEvent(t, s, "berta", 5)
				if err := s.Users().DeleteUser(t.Context(), "id-of-carla"); err != nil {
					t.Fatal(err)
				}
				s.Tenant("id-of-dorle").Touch("access", 5e8)
				addUser(t, s, "erika")
			})
			if err := copyAll(t, a, from, b, to); err != nil {
				t.Fatal(err)
			}
			same(t, a, from, b, to)
		})
	}
}

var errUnending = errors.New("interrupted")

// unending is a target whose last step fails.
type unending struct{ transfer.Target }

func (unending) Finish(context.Context) error { return errUnending }

// addUser makes a user with a channel, an access and some events.
func addUser(t *testing.T, s storage.Store, name string) {
	t.Helper()
	u := activity.User{ID: activity.UserID("id-of-" + name), Username: activity.Username(name), LanguageCode: "en"}
	if err := s.Users().CreateUser(t.Context(), &u, nil); err != nil {
		t.Fatal(err)
	}
	err := s.Tenant(u.ID).Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error {
		if err := tx.CreateChannel(t.Context(), &activity.Channel{ID: "c", Name: "c"}); err != nil {
			return err
		}
		return tx.CreateAccess(t.Context(), &activity.Access{ID: "access", Type: activity.SharedAccess, Name: name})
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		addEvent(t, s, name, n)
	}
}

func addEvent(t *testing.T, s storage.Store, user string, n int) {
	t.Helper()
	e := activity.Event{ID: eventID(n), ChannelID: "c", Type: activity.Type{Class: "note", Format: "txt"}, Time: activity.Timestamp(n)}
	err := s.Tenant(activity.UserID("id-of-"+user)).Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error {
		next := e
		return tx.CreateEvent(t.Context(), &next, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
}
