package mongo_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// writer creates events of known ids, one after the other, each again until the
// store says that it is there.
type writer struct {
	tenants []storage.Tenant // of the same user, at several servers
	number  int
	made    int
	slowest time.Duration
	doubled atomic.Int64
}

// writeUntil creates events until ctx ends.
func (w *writer) writeUntil(ctx context.Context, t *testing.T, laps *mongotest.Laps) {
	for ctx.Err() == nil {
		began := time.Now()
		for try := 0; ; try++ {
			e := hands.Event(w.number*1_000_000+w.made, "diary")
			tenant := w.tenants[try%len(w.tenants)]
			err := tenant.Update(context.Background(), activity.Origin{}, func(tx storage.Tx) error {
				made := e
				return tx.CreateEvent(context.Background(), &made, &storage.Request{Access: "a"})
			})
			if err == nil {
				break
			}
			if errors.Is(err, activity.NewError(activity.CodeItemIDAlreadyExists, "")) {
				if try == 0 {
					w.doubled.Add(1)
				}
				break // an answer was lost
			}
			if !errors.Is(err, activity.NewError(activity.CodeServiceUnavailable, "")) {
				t.Errorf("writer %d: %v", w.number, err)
				return
			}
		}
		w.made++
		w.slowest = max(w.slowest, time.Since(began))
		laps.Done(w.number)
	}
}

// follower reads the feed of one server and counts each user's changes.
type follower struct {
	last map[activity.UserID]activity.Seq
	err  error
}

// followUntil reads until each user's change of that number was told, once the
// channel gives them.
func (f *follower) followUntil(ctx context.Context, s *mongo.Store, from storage.Position, want <-chan map[activity.UserID]activity.Seq) {
	var wanted map[activity.UserID]activity.Seq
	done := func() bool {
		for user, seq := range wanted {
			if f.last[user] < seq {
				return false
			}
		}
		return wanted != nil
	}
	for d, err := range s.Changes(ctx, from) {
		if err != nil {
			f.err = err
			return
		}
		if last := f.last[d.Change.User]; d.Change.Seq != last+1 {
			f.err = fmt.Errorf("of %s change %d came after %d", d.Change.User, d.Change.Seq, last)
			return
		}
		f.last[d.Change.User] = d.Change.Seq
		select {
		case wanted = <-want:
		default:
		}
		if done() {
			return
		}
	}
	f.err = errors.New("the feed ended")
}

// TestFaults: while a replica set loses its primary in all ways, nothing that
// was acknowledged is lost, nothing is made twice, and no change is missed.
func TestFaults(t *testing.T) {
	t.Parallel()
	const writers = 8
	set := mongotest.NewReplicaSet(t, mongotest.Options{Members: 3})
	uri, _ := set.Database(t)
	stores := []*mongo.Store{open(t, mongo.Options{URI: uri}), open(t, mongo.Options{URI: uri})}
	from, err := stores[0].Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	laps := mongotest.NewLaps(writers)
	all := make([]*writer, writers)
	var writing sync.WaitGroup
	for i := range all {
		id := fmt.Sprintf("user-%d", i)
		first := hands.AddUser(t, stores[i%2], id)
		hands.AddChannel(t, first, "diary")
		all[i] = &writer{number: i, tenants: []storage.Tenant{first, stores[(i+1)%2].Tenant(activity.UserID("id-of-" + id))}}
	}
	followers, want, following := follow(ctx, stores, from)
	for _, w := range all {
		writing.Go(func() { w.writeUntil(ctx, t, laps) })
	}
	faults := []mongotest.Fault{
		mongotest.StepDown(), mongotest.KillPrimary(), mongotest.IsolatePrimary(mongotest.Cut),
		mongotest.IsolatePrimary(mongotest.Stall), mongotest.PartPrimaryFromMembers(mongotest.Stall),
	}
	set.Inflict(t, faults, func(fault mongotest.Fault) {
		began := time.Now()
		limited, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		if err := laps.Wait(limited); err != nil {
			t.Errorf("%s: %v", fault.Name, err)
		}
		t.Logf("%s: all write again after %v", fault.Name, time.Since(began))
	})
	stop()
	writing.Wait()
	expected := map[activity.UserID]activity.Seq{}
	for _, w := range all {
		expected[activity.UserID(fmt.Sprintf("id-of-user-%d", w.number))] = w.check(t)
	}
	for i := range followers {
		want[i] <- expected
		hands.AddUser(t, stores[i], fmt.Sprintf("waker-%d", i)) // a change for it to look
	}
	following.Wait()
	for i, f := range followers {
		if f.err != nil {
			t.Errorf("follower %d: %v", i, f.err)
		}
	}
}

// follow starts a follower of each store.
func follow(ctx context.Context, stores []*mongo.Store, from storage.Position) (all []*follower, want []chan map[activity.UserID]activity.Seq, following *sync.WaitGroup) {
	following = &sync.WaitGroup{}
	for _, s := range stores {
		f := &follower{last: map[activity.UserID]activity.Seq{}}
		c := make(chan map[activity.UserID]activity.Seq, 1)
		all, want = append(all, f), append(want, c)
		following.Go(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
			defer cancel()
			f.followUntil(ctx, s, from, c)
		})
	}
	return all, want, following
}

// check looks whether all that was acknowledged is there, once, and gives the
// number of the user's last change.
func (w *writer) check(t *testing.T) (head activity.Seq) {
	t.Helper()
	if n := w.doubled.Load(); n > 0 {
		t.Errorf("writer %d found %d of its ids taken", w.number, n)
	}
	if n := hands.Count(t, w.tenants[0], "diary"); n != w.made {
		t.Errorf("writer %d made %d events, %d are there", w.number, w.made, n)
	}
	hands.View(t, w.tenants[0], func(tx storage.Tx) (err error) {
		_, head, err = tx.LogHead(t.Context())
		return err
	})
	if want := activity.Seq(w.made) + 2; head != want {
		t.Errorf("writer %d is at change %d, want %d", w.number, head, want)
	}
	t.Logf("writer %d made %d events, the slowest took %v", w.number, w.made, w.slowest)
	return head
}

// TestCommitWithoutAnAnswer: the connection ends as a commit is answered, so
// that nobody knows whether it happened.
func TestCommitWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	set := mongotest.NewReplicaSet(t, mongotest.Options{})
	uri, _ := set.Database(t)
	s := open(t, mongo.Options{URI: uri})
	alice := hands.AddUser(t, s, "alice")
	hands.AddChannel(t, alice, "diary")
	for i, data := range []bson.D{
		{{Key: "failCommands", Value: bson.A{"commitTransaction"}}, {Key: "closeConnection", Value: true}},
		{{Key: "failCommands", Value: bson.A{"commitTransaction"}}, {Key: "errorCode", Value: 251}, {Key: "errorLabels", Value: bson.A{"TransientTransactionError"}}},
		{{Key: "failCommands", Value: bson.A{"commitTransaction"}}, {Key: "errorCode", Value: 91}, {Key: "errorLabels", Value: bson.A{"RetryableWriteError"}}},
		{{Key: "failCommands", Value: bson.A{"bulkWrite"}}, {Key: "closeConnection", Value: true}},
		{{Key: "failCommands", Value: bson.A{"bulkWrite"}}, {Key: "errorCode", Value: 112}, {Key: "errorLabels", Value: bson.A{"TransientTransactionError"}}},
		{{Key: "failCommands", Value: bson.A{"find"}}, {Key: "closeConnection", Value: true}},
	} {
		for _, times := range []int{1, 3} {
			off := set.FailCommand(t, 0, bson.D{{Key: "times", Value: times}}, data)
			for _, asks := range []bool{false, true} {
				n := i*100 + times*10
				if asks {
					n++
				}
				createUntilThere(t, alice, hands.Event(n, "diary"), asks)
			}
			off()
		}
	}
	if n := hands.Count(t, alice, "diary"); n != 24 {
		t.Errorf("%d events are there, want 24", n)
	}
	hands.View(t, alice, func(tx storage.Tx) error {
		_, head, err := tx.LogHead(t.Context())
		if head != 26 {
			t.Errorf("the last change is %d, want 26", head)
		}
		return err
	})
}

// createUntilThere creates an event, again where the store could not. Where it
// asks, the unit has a transaction of its own.
func createUntilThere(t *testing.T, of storage.Tenant, e activity.Event, asks bool) {
	t.Helper()
	began := time.Now()
	for {
		err := of.Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error {
			made := e
			if err := tx.CreateEvent(t.Context(), &made, nil); err != nil || !asks {
				return err
			}
			for _, err := range tx.ListEvents(t.Context(), hands.All("diary")) {
				if err != nil {
					return err
				}
			}
			return nil
		})
		unavailable := errors.Is(err, activity.NewError(activity.CodeServiceUnavailable, ""))
		switch {
		case err == nil, errors.Is(err, activity.NewError(activity.CodeItemIDAlreadyExists, "")) && time.Since(began) > time.Second:
			return // at once, or by an earlier try
		case !unavailable || time.Since(began) > hands.Patience:
			t.Fatal(err)
		}
	}
}
