package transfer_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/sqlite"
	"github.com/activityd/activityd/internal/storage/transfer"
)

// kind is a kind of store: how each of its sides is opened at a place.
type kind struct {
	name  string
	place func(t *testing.T) string // an empty one
	store func(t *testing.T, at string) (storage.Store, error)
	open  func(t *testing.T, at string) (storage.Store, error) // beside who has it open
	from  func(t *testing.T, at string) (transfer.Source, io.Closer, error)
	to    func(t *testing.T, at string) (transfer.Target, io.Closer, error)
}

func kinds() []kind {
	return []kind{
		{
			name:  "sqlite",
			place: func(t *testing.T) string { return t.TempDir() },
			store: func(t *testing.T, at string) (storage.Store, error) {
				return opened(sqlite.Open(t.Context(), sqlite.Options{Dir: at, Exclusive: true}))
			},
			open: func(t *testing.T, at string) (storage.Store, error) {
				return opened(sqlite.Open(t.Context(), sqlite.Options{Dir: at}))
			},
			from: func(t *testing.T, at string) (transfer.Source, io.Closer, error) {
				x, err := sqlite.OpenExport(t.Context(), at)
				return x, x, err
			},
			to: func(t *testing.T, at string) (transfer.Target, io.Closer, error) {
				v, err := sqlite.OpenImport(t.Context(), at)
				return v, v, err
			},
		},
		{
			name: "mongodb",
			place: func(t *testing.T) string {
				uri, name := mongotest.Database(t)
				uri = strings.Replace(uri, "appName="+name, "", 1) // servers are known by activityd's own
				return uri
			},
			store: func(t *testing.T, at string) (storage.Store, error) {
				return opened(mongo.Open(t.Context(), mongo.Options{URI: at}))
			},
			open: func(t *testing.T, at string) (storage.Store, error) {
				return opened(mongo.Open(t.Context(), mongo.Options{URI: at}))
			},
			from: func(t *testing.T, at string) (transfer.Source, io.Closer, error) {
				x, err := mongo.OpenExport(t.Context(), at)
				return x, x, err
			},
			to: func(t *testing.T, at string) (transfer.Target, io.Closer, error) {
				v, err := mongo.OpenImport(t.Context(), at)
				return v, v, err
			},
		},
	}
}

func opened[S storage.Store](s S, err error) (storage.Store, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// inStore runs fn on the store of a place.
func (k kind) inStore(t *testing.T, at string, fn func(storage.Store)) {
	t.Helper()
	s, err := k.store(t, at)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, s)
	fn(s)
}

// beside runs fn on the store of a place that somebody reads.
func beside(t *testing.T, k kind, at string, fn func(storage.Store)) {
	s, err := k.open(t, at)
	if err != nil {
		t.Error(err)
		return
	}
	defer closeAll(t, s)
	fn(s)
}

func closeAll(t *testing.T, closers ...io.Closer) {
	t.Helper()
	for _, c := range closers {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// same fails the test unless all of both places is the same.
func same(t *testing.T, a kind, at string, b kind, other string) {
	t.Helper()
	if d := differences(t, a, at, b, other); len(d) > 0 {
		t.Errorf("these differ: %q", d)
	}
}

func differences(t *testing.T, a kind, at string, b kind, other string) []string {
	t.Helper()
	x, closeX, err := a.from(t, at)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, closeX)
	y, closeY, err := b.from(t, other)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, closeY)
	d, err := transfer.Compare(t.Context(), x, y, &transfer.Progress{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// copyAll moves all from one place to another.
func copyAll(t *testing.T, a kind, from string, b kind, to string) error {
	t.Helper()
	source, x, err := a.from(t, from)
	if err != nil {
		return err
	}
	defer closeAll(t, x)
	target, y, err := b.to(t, to)
	if err != nil {
		return err
	}
	defer closeAll(t, y)
	return transfer.Copy(t.Context(), source, target, &transfer.Progress{})
}

// sameLines fails the test unless both are the same, and shows what is not.
func sameLines(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("line %d of %d is\n%q\nof %d in the source\n%q", i, len(got), got[min(i, len(got)):min(i+1, len(got))], len(want), want[min(i, len(want)):min(i+1, len(want))])
		}
	}
	if !slices.Equal(got, want) {
		t.Fatal("they differ")
	}
}
