// Package stores gives tests of what stands on a store one of each kind, so
// that one test body serves all. It is for tests only, knows the stores and what
// names them to activityd, and imports nothing above them. The tests of a package
// that uses it run by mongotest.Main.
package stores

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/sqlite"
)

// Kind is a kind of store.
type Kind string

// The kinds of stores.
const (
	SQLite  Kind = "sqlite"
	MongoDB Kind = "mongodb"
)

// Each runs a test for each kind of store, one after the other.
func Each(t *testing.T, test func(*testing.T, Kind)) {
	t.Helper()
	for _, k := range []Kind{SQLite, MongoDB} {
		t.Run(string(k), func(t *testing.T) { test(t, k) })
	}
}

// New gives a place for a store of this kind, which is gone with the test.
func (k Kind) New(t testing.TB) Place {
	t.Helper()
	p := Place{Dir: filepath.Join(t.TempDir(), "data")}
	if k == MongoDB {
		p.URI, _ = mongotest.Database(t)
	}
	return p
}

// Open opens a store of this kind in a place of its own; the test's end closes
// it.
func (k Kind) Open(t testing.TB, o Options) storage.Store {
	t.Helper()
	return k.New(t).Open(t, o)
}

// Place is where a store has its data, and servers theirs.
type Place struct {
	Dir string // the server's data_dir; SQLite's store is in it
	URI string // of the MongoDB that has the store, "" for SQLite
}

// Options are what tests set of a store. Zero values are the store's defaults.
type Options struct {
	Clock   func() time.Time
	History time.Duration
}

// Flags are those by which `activityd serve` finds the store, besides data_dir.
func (p Place) Flags() []string {
	if p.URI == "" {
		return nil
	}
	return []string{"--mongodb-uri", p.URI}
}

// Servers is how many servers can have the store at the same time, of as many
// as are wanted.
func (p Place) Servers(wanted int) int {
	if p.URI == "" {
		return 1 // it locks its file
	}
	return wanted
}

// Open opens the store; the test's end closes it.
func (p Place) Open(t testing.TB, o Options) storage.Store {
	t.Helper()
	s, err := p.open(t.Context(), t, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, s) })
	return s
}

// Look opens the store beside the servers that have it, while look runs.
func (p Place) Look(t testing.TB, look func(storage.Store)) {
	t.Helper()
	s, err := p.open(t.Context(), t, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, s)
	look(s)
}

func (p Place) open(ctx context.Context, t testing.TB, o Options) (storage.Store, error) {
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	if p.URI != "" {
		return mongo.Open(ctx, mongo.Options{URI: p.URI, Clock: o.Clock, History: o.History, Logger: log})
	}
	return sqlite.Open(ctx, sqlite.Options{Dir: p.Dir, Clock: o.Clock, History: o.History, Logger: log})
}

func shut(t testing.TB, s storage.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
