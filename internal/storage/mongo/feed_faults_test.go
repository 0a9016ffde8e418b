package mongo_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// TestFeedStreamFails: whatever error the change stream ends with, a reader whose
// place is still in the history misses nothing, and nobody waits for ever.
func TestFeedStreamFails(t *testing.T) {
	t.Parallel()
	set := mongotest.NewReplicaSet(t, mongotest.Options{})
	uri, _ := set.Database(t)
	s := open(t, mongo.Options{URI: uri})
	r := readAgain(t, s, head(t, s))
	fails := func(more ...bson.E) bson.D {
		return append(bson.D{{Key: "failCommands", Value: bson.A{"getMore"}}}, more...)
	}
	code := func(code int) bson.D { return fails(bson.E{Key: "errorCode", Value: code}) }
	for i, data := range []bson.D{
		code(43),    // the cursor is gone
		code(237),   // it was killed
		code(11601), // so was the operation
		code(280),   // fatal
		code(286),   // the history is lost
		code(136),   // so is the place in the capped collection
		code(10334), // an event that is too large
		code(13),    // not allowed
		code(1),     // an internal error
		fails(bson.E{Key: "closeConnection", Value: true}),
	} {
		off := set.FailCommand(t, 0, bson.D{{Key: "times", Value: 1}}, data)
		for n := range 2 {
			name := fmt.Sprintf("user-%d-%d", i, n)
			hands.AddUser(t, s, name)
			if c := r.next(t); string(c.User) != "id-of-"+name {
				t.Fatalf("after %v the reader is told %+v", data, c)
			}
		}
		off()
	}
}

// readAgain is read for one who tries again from where he was when he is told that
// this cannot be.
func readAgain(t *testing.T, s *mongo.Store, from storage.Position) *reader {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 4*hands.Patience)
	r := &reader{told: make(chan activity.Change, 1000), err: make(chan error, 1), stop: cancel}
	go func() {
		defer close(r.err)
		for ctx.Err() == nil {
			for d, err := range s.Changes(ctx, from) {
				if err == nil {
					from = d.Position
					r.told <- d.Change
				}
			}
		}
		r.err <- ctx.Err()
	}()
	t.Cleanup(func() {
		cancel()
		for range r.err { // it has gone
		}
	})
	return r
}

// TestFeedStreamStalls: a stream that is connected and gives no answer, while all
// else goes on, is given up for another.
func TestFeedStreamStalls(t *testing.T) {
	t.Parallel()
	set := mongotest.NewReplicaSet(t, mongotest.Options{})
	uri, name := set.Database(t)
	var log lines
	s := open(t, mongo.Options{URI: uri, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	r := read(t, s, head(t, s))
	alice := hands.AddUser(t, s, "alice")
	if c := r.next(t); c.User != "id-of-alice" {
		t.Errorf("told %+v", c)
	}
	set.FailCommand(t, 0, bson.D{{Key: "times", Value: 1}}, bson.D{
		{Key: "failCommands", Value: bson.A{"getMore"}}, {Key: "appName", Value: name},
		{Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: 20_000},
	})
	waits := bson.D{{Key: "waitForFailPoint", Value: "failCommand"}, {Key: "timesEntered", Value: 1}, {Key: "maxTimeMS", Value: 30_000}}
	if err := database(t, uri, "admin").RunCommand(t.Context(), waits).Err(); err != nil {
		t.Fatal(err)
	}
	hands.AddChannel(t, alice, "diary")
	if c := r.next(t); c.Channel != "diary" {
		t.Errorf("told %+v", c)
	}
	if text := log.String(); !strings.Contains(text, "the change stream broke") || !strings.Contains(text, "deadline exceeded") {
		t.Errorf("the log is\n%s", text)
	}
}

// lines collects a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestFeedStreamFailsForLong: while no stream can be opened the readers are told
// that their place is lost, again and again; afterwards all goes on.
func TestFeedStreamFailsForLong(t *testing.T) {
	t.Parallel()
	set := mongotest.NewReplicaSet(t, mongotest.Options{})
	uri, _ := set.Database(t)
	s := open(t, mongo.Options{URI: uri})
	before := head(t, s)
	hands.AddUser(t, s, "alice")
	off := set.FailCommand(t, 0, "alwaysOn", bson.D{{Key: "failCommands", Value: bson.A{"aggregate", "getMore"}}, {Key: "errorCode", Value: 286}})
	lost(t, s, head(t, s)) // it may wait at the tail first, until the watcher finds out
	lost(t, s, head(t, s))
	off()
	r := read(t, s, before)
	for _, want := range []string{"alice", "bob"} {
		if want == "bob" {
			hands.AddUser(t, s, want)
		}
		if c := r.next(t); string(c.User) != "id-of-"+want {
			t.Errorf("told %+v, want %s", c, want)
		}
	}
}

// TestFeedQuietReader: a reader to whom nothing is told while the database is busy
// with other things keeps his place, through a change of the primary too.
func TestFeedQuietReader(t *testing.T) {
	t.Parallel()
	set := mongotest.NewReplicaSet(t, mongotest.Options{OplogMB: 1})
	uri, _ := set.Database(t)
	s := open(t, mongo.Options{URI: uri})
	byTime := read(t, s, head(t, s))
	from := head(t, s)
	hands.AddUser(t, s, "alice")
	byToken := read(t, s, positionOf(t, s, from))
	if c := byTime.next(t); c.User != "id-of-alice" {
		t.Errorf("told %+v", c)
	}
	for _, name := range []string{"bob", "carol"} {
		set.ForgetHistory(t)
		set.StepDown(t)
		hands.AddUser(t, s, name)
		for _, r := range []*reader{byTime, byToken} {
			if c := r.next(t); string(c.User) != "id-of-"+name {
				t.Errorf("told %+v, want %s", c, name)
			}
		}
	}
}

// TestFeedOfAnotherDeployment: from a position that another database gave, under
// the same epoch as after a restore, nobody goes on, and nobody waits until its
// time has come.
func TestFeedOfAnotherDeployment(t *testing.T) {
	t.Parallel()
	s, other := open(t, mongo.Options{}), open(t, mongo.Options{})
	epoch, _, _ := strings.Cut(string(head(t, s)), ":")
	from := head(t, other)
	hands.AddUser(t, other, "alice")
	_, token, _ := strings.Cut(string(positionOf(t, other, from)), ":token:82")
	hands.AddUser(t, s, "bob") // which shows that the token is missing before
	for name, position := range map[string]string{
		"a token of another collection": ":token:82" + token,
		"a token of the future":         ":token:82ffffff" + token[6:],
		"a time of the future":          ":time:4294967295:1",
		"no token":                      ":token:82",
		"something else":                ":token:what",
		"no number":                     ":time:1",
	} {
		t.Run(name, func(t *testing.T) { lost(t, s, storage.Position(epoch+position)) })
	}
}

// TestVoidedEpoch: after the command of docs/operations.md for a restored backup,
// nobody goes on from before.
func TestVoidedEpoch(t *testing.T) {
	t.Parallel()
	uri, name := mongotest.Database(t)
	before := open(t, mongo.Options{URI: uri})
	from := head(t, before)
	closeStore(t, before)
	done, err := database(t, uri, name).Collection("meta").UpdateOne(t.Context(), bson.D{{Key: "_id", Value: "store"}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "epoch", Value: bson.NewObjectID().Hex()}}}})
	if err != nil || done.ModifiedCount != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	after := open(t, mongo.Options{URI: uri})
	lost(t, after, from)
	from = head(t, after)
	hands.AddUser(t, after, "alice")
	if p := positionOf(t, after, from); p == from {
		t.Error("the feed does not go on")
	}
}

// TestFeedRenamed: the collection goes away under another name, and the database
// as a whole.
func TestFeedRenamed(t *testing.T) {
	t.Parallel()
	for name, command := range map[string]func(uri, name string) (database string, command bson.D){
		"renamed": func(_, name string) (string, bson.D) {
			return "admin", bson.D{{Key: "renameCollection", Value: name + ".changes"}, {Key: "to", Value: name + ".elsewhere"}}
		},
		"dropped with all": func(_, name string) (string, bson.D) { return name, bson.D{{Key: "dropDatabase", Value: 1}} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			uri, db := mongotest.Database(t)
			s := open(t, mongo.Options{URI: uri})
			from := head(t, s)
			hands.AddUser(t, s, "alice")
			r := read(t, s, positionOf(t, s, from))
			in, run := command(uri, db)
			if err := database(t, uri, in).RunCommand(t.Context(), run).Err(); err != nil {
				t.Fatal(err)
			}
			if err := <-r.err; err == nil {
				t.Error("the reader's feed ended without a word")
			}
			hands.AddUser(t, s, "between") // which the new head must be behind
			again := read(t, s, head(t, s))
			hands.AddUser(t, s, "bob")
			if c := again.next(t); c.User != "id-of-bob" {
				t.Errorf("from the new head on it tells %+v", c)
			}
		})
	}
}
