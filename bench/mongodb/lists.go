//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/activityd/activityd/bench/activityd"
	"github.com/activityd/activityd/bench/report"
	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
)

// As many users have events, and each so many.
const (
	listers = 32
	seeded  = 2_000
)

// seededTime is that of a user's nth event.
func seededTime(n int) float64 { return 1.7e9 + 60.25*float64(n) }

// lists measures lists of the newest events, each user's on a connection.
func (b *bench) lists(ctx context.Context) error {
	lengths := []struct {
		n    int
		goal string
	}{{20, ">= 2 x feathers"}, {1_000, ">= 4 x feathers"}}
	return b.inTurns(readers(), func(c *contender) error {
		return b.opened(ctx, c, func(_ string, r *running) error {
			for _, l := range lengths {
				of := &row{name: fmt.Sprintf("lists of %s, %d connections", report.Count(int64(l.n)), listers), unit: "a second", goal: l.goal}
				some := *r
				some.worker = func(i, _ int) (*worker, error) { return r.worker(i, l.n) }
				if _, err := b.drive(ctx, &some, of, c.name, listers); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// readers are those whose workers are given the length of the list.
func readers() []*contender {
	return []*contender{
		{ours, func(b *bench, ctx context.Context, database string) (*running, error) {
			if err := b.makeStore(ctx, database, func(s *mongo.Store) error { return b.fillStore(ctx, s) }); err != nil {
				return nil, err
			}
			return b.runOurs(ctx, database, func(s *server) func(int, int) (*worker, error) {
				return func(i, n int) (*worker, error) { return s.lister(b.users[i], n) }
			})
		}},
		{peer, func(b *bench, ctx context.Context, database string) (*running, error) {
			if err := b.fillPlain(ctx, database); err != nil {
				return nil, err
			}
			return b.runPeer(ctx, database, func(s *server) func(int, int) (*worker, error) {
				return func(i, n int) (*worker, error) { return s.lister(b.users[i], n) }
			})
		}},
		{find, func(b *bench, ctx context.Context, database string) (*running, error) {
			if err := b.fillPlain(ctx, database); err != nil {
				return nil, err
			}
			return b.runDriver(ctx, database, func(d *driver) func(int, int) (*worker, error) {
				return func(i, n int) (*worker, error) { return d.finder(n)(i, n) }
			})
		}},
	}
}

// fillStore gives the first users their events.
func (b *bench) fillStore(ctx context.Context, s *mongo.Store) error {
	const at = 500 // in one unit
	value, err := json.Marshal("activity activity activity activity activity")
	if err != nil {
		return err
	}
	for _, u := range b.users[:listers] {
		for from := 0; from < seeded; from += at {
			events := make([]activity.Event, at)
			for i := range events {
				events[i] = activity.Event{
					ID: activity.EventID(uuid.Must(uuid.NewV7()).String()), ChannelID: activityd.Channel,
					Time: activity.Timestamp(seededTime(from + i)), Type: activity.Type{Class: "note", Format: "txt"},
					Value: activity.Value(value), Tags: []string{}, CreatedBy: "bench", ModifiedBy: "bench",
				}
			}
			err := s.Tenant(u.ID()).Update(ctx, activity.Origin{Access: "app"}, func(tx storage.Tx) error {
				for i := range events {
					if err := tx.CreateEvent(ctx, &events[i], nil); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("filling our store: %w", err)
			}
		}
	}
	return nil
}

// fillPlain gives the first users their events as the driver and the service of
// Feathers keep them.
func (b *bench) fillPlain(ctx context.Context, database string) error {
	events := b.mongod.client.Database(database).Collection("events")
	for _, u := range b.users[:listers] {
		docs := make([]any, seeded)
		for i := range docs {
			docs[i] = document(u, seededTime(i))
		}
		if _, err := events.InsertMany(ctx, docs); err != nil {
			return fmt.Errorf("filling the events: %w", err)
		}
	}
	return nil
}
