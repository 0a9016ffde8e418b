//go:build unix

package mongo_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// BenchmarkFollow follows changes that others make, of users who are not known
// here: the store's own stream and one reader. The database makes them by itself,
// so that the CPU time of this process, which cpu-us/change has, is that of
// following.
func BenchmarkFollow(b *testing.B) {
	const changes = 10_000
	uri, name := mongotest.Database(b)
	client, err := driver.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = client.Disconnect(context.Background()) }()
	db := client.Database(name)
	s := open(b, mongo.Options{URI: uri})
	alice := hands.AddUser(b, s, "alice")
	hands.AddChannel(b, alice, "diary")
	hands.AddFolder(b, alice, "diary", "mid", "")
	e := hands.Event(1, "diary")
	e.FolderID = "mid"
	hands.AddEvent(b, alice, e)
	template(b, db, changes)
	var used, took time.Duration
	rounds := 0
	for b.Loop() {
		said := make(chan error, 1)
		from, err := s.Head(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		cpu, began := cpuTime(b), time.Now()
		go func() { said <- makeChanges(b, db, rounds) }()
		n := 0
		for _, err := range s.Changes(b.Context(), from) {
			if err != nil {
				b.Fatal(err)
			}
			if n++; n == changes {
				break
			}
		}
		used += cpuTime(b) - cpu
		took += time.Since(began)
		if err := <-said; err != nil {
			b.Fatal(err)
		}
		rounds++
	}
	all := float64(rounds * changes)
	b.ReportMetric(float64(used.Microseconds())/all, "cpu-us/change")
	b.ReportMetric(all/took.Seconds(), "changes/s")
}

// template makes as many documents as there shall be changes, each of the newest
// change of alice.
func template(b *testing.B, db *driver.Database, n int) {
	b.Helper()
	var change bson.M
	if err := db.Collection("changes").FindOne(b.Context(), bson.D{{Key: "kind", Value: "event"}}).Decode(&change); err != nil {
		b.Fatal(err)
	}
	docs := make([]any, n)
	for i := range docs {
		doc := bson.M{}
		for k, v := range change {
			doc[k] = v
		}
		doc["_id"] = i
		docs[i] = doc
	}
	if _, err := db.Collection("template").InsertMany(b.Context(), docs); err != nil {
		b.Fatal(err)
	}
}

// makeChanges has the database make a change of each document of the template, of
// a thousand users.
func makeChanges(b *testing.B, db *driver.Database, round int) error {
	b.Helper()
	user := bson.D{{Key: "$concat", Value: bson.A{"0197a3c0-0000-7000-8000-00000000-", bson.D{{Key: "$toString", Value: bson.D{{Key: "$mod", Value: bson.A{"$_id", 1000}}}}}}}}
	cursor, err := db.Collection("template").Aggregate(b.Context(), driver.Pipeline{
		{{Key: "$set", Value: bson.D{{Key: "_id", Value: bson.D{
			{Key: "u", Value: user},
			{Key: "s", Value: bson.D{{Key: "$toLong", Value: bson.D{{Key: "$add", Value: bson.A{"$_id", round * 1_000_000}}}}}},
		}}}}},
		{{Key: "$merge", Value: bson.D{{Key: "into", Value: "changes"}}}},
	})
	if err != nil {
		return fmt.Errorf("make changes: %w", err)
	}
	return cursor.Close(b.Context())
}

// cpuTime is what this process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
