package transfer_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/transfer"
)

// TestTargetWithData: nothing that is there is overwritten.
func TestTargetWithData(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			g := &generated{users: 1, events: 1}
			at := k.place(t)
			k.inStore(t, at, func(s storage.Store) { addUser(t, s, "anton") })
			refused(t, into(t, g, k, at, &transfer.Progress{}), "has data already")
			if n := countUsers(t, k, at); n != 1 {
				t.Errorf("there are %d users now", n)
			}
			served := k.place(t) // by a server that nobody has used
			k.inStore(t, served, func(s storage.Store) {
				if _, err := s.Secrets().SigningKeys(t.Context(), func() storage.SigningKey { return storage.SigningKey{ID: "k"} }); err != nil {
					t.Fatal(err)
				}
			})
			refused(t, into(t, g, k, served, &transfer.Progress{}), "has data already")
			done := k.place(t)
			if err := into(t, g, k, done, &transfer.Progress{}); err != nil {
				t.Fatal(err)
			}
			refused(t, into(t, g, k, done, &transfer.Progress{}), "has data already")
		})
	}
}

// TestTargetOfAnother: what one migration has begun no other one goes on with.
func TestTargetOfAnother(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			at := k.place(t)
			begin := func(epoch string) error {
				target, closer, err := k.to(t, at)
				if err != nil {
					return err
				}
				defer closeAll(t, closer)
				_, err = target.Begin(t.Context(), epoch)
				return err
			}
			if err := begin("one"); err != nil {
				t.Fatal(err)
			}
			refused(t, begin("another"), "a migration from another store")
			if err := begin("one"); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSourceOfNone: what is no store is not made one.
func TestSourceOfNone(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		_, _, err := k.from(t, k.place(t))
		refused(t, err, "there is no store in")
	}
}

// TestSourceIsServed: a server that uses the source is seen, sooner or later.
func TestSourceIsServed(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			at := k.place(t)
			k.inStore(t, at, func(storage.Store) {
				deadline := time.Now().Add(time.Minute)
				for {
					_, closer, err := k.from(t, at)
					if err != nil {
						refused(t, err, map[string]string{"sqlite": "another activityd serves", "mongodb": "an activityd server uses the database"}[k.name])
						return
					}
					closeAll(t, closer)
					if time.Now().After(deadline) {
						t.Fatal("nobody saw the server")
					}
				}
			})
		})
	}
}

// TestSourceChanges: what is written while it is copied makes the copy fail, and
// the next one goes on.
func TestSourceChanges(t *testing.T) {
	t.Parallel()
	all := kinds()
	for i, a := range all {
		b := all[1-i]
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			from, to := a.place(t), b.place(t)
			a.inStore(t, from, func(s storage.Store) {
				addUser(t, s, "anton")
				addUser(t, s, "berta")
			})
			for _, one := range []struct { // in this order: then anton is not copied yet
				what  string
				write func(storage.Store)
			}{
				{"event", func(s storage.Store) { addEvent(t, s, "anton", 100) }},
				{"user", func(s storage.Store) { addUser(t, s, "carla") }},
			} {
				source, closer, err := a.from(t, from)
				if err != nil {
					t.Fatal(err)
				}
				disturbed := &disturbed{Source: source, after: func() { beside(t, a, from, one.write) }}
				err = into(t, disturbed, b, to, &transfer.Progress{})
				closeAll(t, closer)
				if !errors.Is(err, transfer.ErrChanged) {
					t.Fatalf("%s: %v", one.what, err)
				}
			}
			if err := copyAll(t, a, from, b, to); err != nil {
				t.Fatal(err)
			}
			same(t, a, from, b, to)
			if n := countUsers(t, b, to); n != 3 {
				t.Errorf("there are %d users", n)
			}
		})
	}
}

// disturbed is a source to which somebody writes when the first user was read.
type disturbed struct {
	transfer.Source
	after func()
}

func (d *disturbed) User(ctx context.Context, id activity.UserID) (*transfer.Account, iter.Seq2[*transfer.Event, error], error) {
	a, events, err := d.Source.User(ctx, id)
	if id != "id-of-anton" {
		return a, events, err
	}
	return a, func(yield func(*transfer.Event, error) bool) {
		events(yield)
		if d.after != nil {
			d.after()
		}
		d.after = nil
	}, err
}

// TestLost: an event that does not arrive as it was is found at once, and told.
func TestLost(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		target, closer, err := k.to(t, k.place(t))
		if err != nil {
			t.Fatal(err)
		}
		err = transfer.Copy(t.Context(), &generated{users: 2, events: 10}, lossy{target}, &transfer.Progress{})
		refused(t, err, "did not arrive whole, these differ: events (10 in both, not the same)")
		closeAll(t, closer)
	}
}

// lossy is a target that loses a bit of a time.
type lossy struct{ transfer.Target }

func (l lossy) PutUser(ctx context.Context, a *transfer.Account, events iter.Seq2[*transfer.Event, error]) error {
	return l.Target.PutUser(ctx, a, func(yield func(*transfer.Event, error) bool) {
		for e, err := range events {
			other := *e
			if e.Time == 5 {
				other.Modified += 1e-6
			}
			if !yield(&other, err) {
				return
			}
		}
	})
}

// TestDifferences: comparing tells what differs, and where.
func TestDifferences(t *testing.T) {
	t.Parallel()
	all := kinds()
	places := []string{all[0].place(t), all[1].place(t)}
	for i, k := range all {
		k.inStore(t, places[i], func(s storage.Store) {
			addUser(t, s, []string{"anton", "berta"}[i])
			addUser(t, s, "carla")
			if i == 0 {
				addEvent(t, s, "carla", 9)
			}
		})
	}
	got := strings.Join(differences(t, all[0], places[0], all[1], places[1]), "\n")
	for _, want := range []string{"user anton is not in the target", "user berta is not in the source", "user carla: ", "events (4 in the source, 3 in the target)", "the keys"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func refused(t *testing.T, err error, why string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("got %v, want %q", err, why)
	}
}
