package mongo_test

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// TestQueriesReadWhatTheyGive: the database's profiler tells that no query looks
// at more documents than it must.
func TestQueriesReadWhatTheyGive(t *testing.T) {
	t.Parallel()
	const n = 3000
	uri, name := mongotest.Database(t)
	db := database(t, uri, name)
	s := open(t, mongo.Options{URI: uri})
	alice, bob := hands.AddUser(t, s, "alice"), hands.AddUser(t, s, "bob")
	for _, of := range []storage.Tenant{alice, bob} {
		hands.Fill(t, of, "diary", n)
	}
	for i := range 5 {
		e := hands.Event(n+i, "diary")
		e.Duration = activity.Running
		hands.AddEvent(t, alice, e)
	}
	var since activity.Timestamp
	hands.View(t, alice, func(tx storage.Tx) error {
		e, err := tx.Event(t.Context(), "diary", hands.Number(n))
		since = e.Modified
		return err
	})
	from := activity.Timestamp(1500)
	after := hands.Number(2000)
	for what, tt := range map[string]struct {
		query storage.EventQuery
		most  int // documents looked at
	}{
		"the newest":   {storage.EventQuery{Limit: 20}, 20},
		"the first":    {storage.EventQuery{Limit: 20, Ascending: true}, 20},
		"from a time":  {storage.EventQuery{Limit: 20, Ascending: true, From: &from}, 20},
		"behind one":   {storage.EventQuery{Limit: 20, After: &after}, 22},
		"what runs":    {storage.EventQuery{Running: true}, 5},
		"the latest":   {storage.EventQuery{ModifiedSince: &since}, 4},
		"in the trash": {storage.EventQuery{ModifiedSince: &since, State: storage.TrashedState}, 4},
	} {
		tt.query.Channel, tt.query.Scope = "diary", activity.WholeScope(activity.Read)
		looked := profiled(t, db, func() {
			for _, err := range alice.Events(t.Context(), tt.query) {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
		if looked > tt.most {
			t.Errorf("%s: it looked at %d documents", what, looked)
		}
	}
	looked := profiled(t, db, func() {
		hands.View(t, alice, func(tx storage.Tx) error {
			for _, err := range tx.Periods(t.Context(), "diary", 0) {
				if err != nil {
					return err
				}
			}
			_, err := tx.TimeCounts(t.Context(), "diary", 0, 1e10)
			return err
		})
	})
	if looked > 10 {
		t.Errorf("for five periods it looked at %d documents", looked)
	}
}

// profiled gives how many documents of the events the database looked at in fn.
func profiled(t *testing.T, db *driver.Database, fn func()) (looked int) {
	t.Helper()
	level := func(level int) {
		if err := db.RunCommand(t.Context(), bson.D{{Key: "profile", Value: level}}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Collection("system.profile").Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	level(2)
	fn()
	level(0)
	cursor, err := db.Collection("system.profile").Find(t.Context(), bson.D{{Key: "ns", Value: db.Name() + ".events"}})
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Plan   string `bson:"planSummary"`
		Looked int    `bson:"docsExamined"`
	}
	if err := cursor.All(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Error("the database was not asked")
	}
	for _, op := range all {
		looked += op.Looked
		if strings.Contains(op.Plan, "COLLSCAN") {
			t.Errorf("plan %s", op.Plan)
		}
	}
	return looked
}
