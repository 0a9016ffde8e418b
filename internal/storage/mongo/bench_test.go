package mongo_test

import (
	"testing"

	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

func BenchmarkCreate(b *testing.B) {
	hands.BenchmarkCreate(b, func(b *testing.B) storage.Store {
		b.Helper()
		return open(b, mongo.Options{})
	}, 1, 32, 128)
}

func BenchmarkList(b *testing.B) { hands.BenchmarkList(b, open(b, mongo.Options{})) }

func BenchmarkView(b *testing.B) { hands.BenchmarkView(b, open(b, mongo.Options{})) }
