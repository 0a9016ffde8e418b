package sqlite_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/sqlite"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// A channel with 100,000 periods of a minute each in 50 folders: their time by
// folder since the first of them and since the last thousand, and what a new
// one at the end looks at.
func BenchmarkPeriods(b *testing.B) {
	const n = 100_000
	s := open(b, sqlite.Options{Dir: b.TempDir()})
	alice := hands.AddUser(b, s, "alice")
	hands.AddChannel(b, alice, "work")
	hands.Update(b, alice, func(tx storage.Tx) error {
		for i := range 50 {
			name := fmt.Sprint("folder-", i)
			if err := tx.CreateFolder(b.Context(), &activity.Folder{ID: activity.FolderID(name), ChannelID: "work", Name: name}); err != nil {
				return err
			}
		}
		return nil
	})
	for from := 0; from < n; from += 1000 {
		hands.Update(b, alice, func(tx storage.Tx) error {
			for i := from; i < from+1000; i++ {
				e := hands.Event(i, "work")
				e.Time, e.Duration = activity.Timestamp(60*i), activity.Seconds(60)
				e.FolderID = activity.FolderID(fmt.Sprint("folder-", i%50))
				if err := tx.CreateEvent(b.Context(), &e, nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for name, since := range map[string]int{"all": 0, "last=1000": 60 * (n - 1000)} {
		b.Run("time/"+name, func(b *testing.B) {
			for b.Loop() {
				hands.View(b, alice, func(tx storage.Tx) error {
					counts, err := tx.TimeCounts(b.Context(), "work", activity.Timestamp(since), 60*n)
					if len(counts) != 50 {
						b.Fatalf("%d folders", len(counts))
					}
					return err
				})
			}
		})
	}
	for name, after := range map[string]float64{"all": math.Inf(-1), "first": 30, "none": 60 * n} {
		b.Run("periods/"+name, func(b *testing.B) {
			for b.Loop() {
				hands.View(b, alice, func(tx storage.Tx) error {
					for p, err := range tx.Periods(b.Context(), "work", activity.Timestamp(after)) {
						if err != nil || name == "first" && p.Time > 60 {
							return err
						}
					}
					return nil
				})
			}
		})
	}
}
