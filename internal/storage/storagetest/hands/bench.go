package hands

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// BenchmarkCreate measures units that create one event each, from so many
// goroutines and users. open gives an empty store.
func BenchmarkCreate(b *testing.B, open func(*testing.B) storage.Store, writers ...int) {
	for _, n := range writers {
		b.Run(fmt.Sprintf("writers=%d", n), func(b *testing.B) {
			s := open(b)
			tenants := make([]storage.Tenant, n)
			for i := range tenants {
				tenants[i] = AddUser(b, s, fmt.Sprintf("user-%d", i))
				AddChannel(b, tenants[i], "diary")
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
						e := Event(n, "diary")
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

// BenchmarkList measures lists of the newest events of ten thousand.
func BenchmarkList(b *testing.B, s storage.Store) {
	alice := AddUser(b, s, "alice")
	Fill(b, alice, "diary", 10_000)
	for _, limit := range []int{20, 1000} {
		b.Run(fmt.Sprintf("limit=%d", limit), func(b *testing.B) {
			q := All("diary")
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

// BenchmarkView measures units that read the structure, and one event.
func BenchmarkView(b *testing.B, s storage.Store) {
	alice := AddUser(b, s, "alice")
	Fill(b, alice, "diary", 1000)
	b.Run("structure", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			View(b, alice, func(tx storage.Tx) error {
				tx.Structure()
				return nil
			})
		}
	})
	b.Run("event", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			View(b, alice, func(tx storage.Tx) error {
				_, err := tx.Event(b.Context(), "diary", Number(500))
				return err
			})
		}
	})
}
