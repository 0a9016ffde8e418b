package mongo_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
)

// Units that create one event each, from so many goroutines and users.
func BenchmarkCreate(b *testing.B) {
	for _, writers := range []int{1, 32, 128} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := open(b, mongo.Options{})
			tenants := make([]storage.Tenant, writers)
			for i := range tenants {
				tenants[i] = addUser(b, s, fmt.Sprintf("user-%d", i))
				addChannel(b, tenants[i], "diary")
			}
			var next atomic.Int64
			b.ReportAllocs()
			b.ResetTimer()
			var all sync.WaitGroup
			for _, of := range tenants {
				all.Go(func() {
					for {
						n := int(next.Add(1))
						if n > b.N {
							return
						}
						e := event(n, "diary")
						err := of.Update(b.Context(), activity.Origin{Access: "bench"}, func(tx storage.Tx) error {
							return tx.CreateEvent(b.Context(), &e, nil)
						})
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
		})
	}
}

func BenchmarkList(b *testing.B) {
	s := open(b, mongo.Options{})
	alice := addUser(b, s, "alice")
	fill(b, alice, "diary", 10_000)
	for _, limit := range []int{20, 1000} {
		b.Run(fmt.Sprintf("limit=%d", limit), func(b *testing.B) {
			q := all("diary")
			q.Limit = limit
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for _, err := range alice.Events(b.Context(), q) {
					if err != nil {
						b.Fatal(err)
					}
					n++
				}
				if n != limit {
					b.Fatalf("%d events", n)
				}
			}
		})
	}
}

func BenchmarkView(b *testing.B) {
	s := open(b, mongo.Options{})
	alice := addUser(b, s, "alice")
	fill(b, alice, "diary", 1000)
	b.Run("structure", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			view(b, alice, func(tx storage.Tx) error {
				tx.Structure()
				return nil
			})
		}
	})
	b.Run("event", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			view(b, alice, func(tx storage.Tx) error {
				_, err := tx.Event(b.Context(), "diary", number(500))
				return err
			})
		}
	})
}

// fill makes a channel with n events, in units of a thousand.
func fill(t testing.TB, of storage.Tenant, channel activity.ChannelID, n int) {
	t.Helper()
	addChannel(t, of, channel)
	for from := 0; from < n; from += 1000 {
		update(t, of, func(tx storage.Tx) error {
			for i := from; i < min(from+1000, n); i++ {
				e := event(i, channel)
				if err := tx.CreateEvent(t.Context(), &e, nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
}
