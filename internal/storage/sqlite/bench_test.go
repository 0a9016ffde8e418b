package sqlite_test

import (
	"testing"

	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/sqlite"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

func BenchmarkCreate(b *testing.B) {
	hands.BenchmarkCreate(b, func(b *testing.B) storage.Store {
		b.Helper()
		return open(b, sqlite.Options{Dir: b.TempDir()})
	}, 1, 64)
}

func BenchmarkList(b *testing.B) { hands.BenchmarkList(b, open(b, sqlite.Options{Dir: b.TempDir()})) }

func BenchmarkView(b *testing.B) { hands.BenchmarkView(b, open(b, sqlite.Options{Dir: b.TempDir()})) }
