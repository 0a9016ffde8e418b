package transfer_test

import (
	"math/rand/v2"
	"testing"

	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/storagetest"
)

// TestThereAndBack moves a random world to the other store and back into a third:
// each answers every question as the first does.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	all := kinds()
	for i, a := range all {
		b := all[1-i]
		t.Run(a.name+" to "+b.name+" and back", func(t *testing.T) {
			t.Parallel()
			places := []string{a.place(t), b.place(t), a.place(t)}
			var want []string
			a.inStore(t, places[0], func(s storage.Store) {
				storagetest.FillWorld(t, s, rand.Uint64())
				want = storagetest.WorldContents(t, s)
			})
			stores := []kind{a, b, a}
			for n := range 2 {
				if err := copyAll(t, stores[n], places[n], stores[n+1], places[n+1]); err != nil {
					t.Fatal(err)
				}
			}
			same(t, a, places[0], b, places[1])
			b.inStore(t, places[1], func(s storage.Store) { sameLines(t, storagetest.WorldContents(t, s), want) })
			a.inStore(t, places[2], func(s storage.Store) { sameLines(t, storagetest.WorldContents(t, s), want) })
		})
	}
}
