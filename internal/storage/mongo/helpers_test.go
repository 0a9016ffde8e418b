package mongo_test

import (
	"log/slog"
	"testing"

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
