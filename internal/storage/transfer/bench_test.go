package transfer_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/sqlite"
	"github.com/activityd/activityd/internal/storage/transfer"
)

// BenchmarkCopy moves a store of many events from SQLite to MongoDB and back.
// -benchtime 1x does it once.
func BenchmarkCopy(b *testing.B) {
	for _, g := range []generated{{users: 1, events: 1_000_000}, {users: 5000, events: 20}} {
		b.Run(fmt.Sprintf("%d users of %d events", g.users, g.events), func(b *testing.B) {
			for b.Loop() {
				benchmarkCopy(b, &g)
			}
		})
	}
}

func benchmarkCopy(b *testing.B, g *generated) {
	b.Helper()
	uri, _ := mongotest.Database(b)
	first, last := b.TempDir(), b.TempDir()
	sqliteTarget := func(dir string) transfer.Target {
		v, err := sqlite.OpenImport(b.Context(), dir)
		return must(b, v, err)
	}
	timed(b, g, "fill sqlite", g, sqliteTarget(first))
	x, err := sqlite.OpenExport(b.Context(), first)
	y, errY := mongo.OpenImport(b.Context(), uri)
	timed(b, g, "sqlite to mongodb", must(b, x, err), must(b, y, errY))
	z, err := mongo.OpenExport(b.Context(), uri)
	timed(b, g, "mongodb to sqlite", must(b, z, err), sqliteTarget(last))
}

func must[T any](b *testing.B, v T, err error) T {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// timed copies, and reports how many events a second that were.
func timed(b *testing.B, g *generated, what string, from transfer.Source, to transfer.Target) {
	b.Helper()
	began := time.Now()
	if err := transfer.Copy(b.Context(), from, to, &transfer.Progress{}); err != nil {
		b.Fatal(err)
	}
	b.Logf("%s: %s, %.0f events/s", what, time.Since(began).Round(time.Millisecond), float64(g.users*g.events)/time.Since(began).Seconds())
	for _, v := range []any{from, to} {
		if c, ok := v.(io.Closer); ok {
			if err := c.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
