package failover_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// bare writes by the driver alone, as impatiently as that can be set: what it has
// to wait for a majority is the replica set's own time, which no server of ours
// can undercut.
type bare struct {
	items *mongo.Collection

	mu      sync.Mutex
	last    time.Time     // when a write was acknowledged
	longest time.Duration // between two of them, since it is measured
	ended   time.Time     // that one
}

// impatience bounds what the bare driver waits for before it tries anew.
const impatience = 500 * time.Millisecond

func newBare(t *testing.T, uri string) *bare {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetWriteConcern(writeconcern.Majority()).
		SetServerSelectionTimeout(impatience).SetConnectTimeout(impatience).SetHeartbeatInterval(impatience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return &bare{items: client.Database("bare").Collection("items")}
}

// run writes until ctx ends.
func (b *bare) run(ctx context.Context) {
	for pause(ctx, 20*time.Millisecond) {
		limited, cancel := context.WithTimeout(ctx, impatience)
		_, err := b.items.InsertOne(limited, bson.D{})
		cancel()
		if err == nil {
			b.wrote()
		}
	}
}

func (b *bare) wrote() {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if gap := now.Sub(b.last); gap > b.longest {
		b.longest, b.ended = gap, now
	}
	b.last = now
}

// begin begins to measure.
func (b *bare) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.longest = 0
}

// end gives when the longest time without a write ended, once one was written
// after the time given.
func (b *bare) end(ctx context.Context, after time.Time) (ended time.Time, err error) {
	err = until(ctx, func() string {
		b.mu.Lock()
		defer b.mu.Unlock()
		if ended = b.ended; b.last.Before(after) {
			return "the driver alone cannot write"
		}
		return ""
	})
	return ended, err
}
