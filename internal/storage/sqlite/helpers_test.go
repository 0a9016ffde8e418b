package sqlite_test

import (
	"log/slog"
	"testing"

	"github.com/activityd/activityd/internal/storage/sqlite"
)

func open(t testing.TB, o sqlite.Options) *sqlite.Store {
	t.Helper()
	o.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	s, err := sqlite.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func closeStore(t testing.TB, s *sqlite.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
