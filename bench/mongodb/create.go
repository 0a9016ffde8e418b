//go:build linux

package main

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// create measures single creations, each at once after the answer to the one
// before on its connection.
func (b *bench) create(ctx context.Context) error {
	for _, kind := range []struct {
		connections int
		goal        string
	}{{32, ">= 2.5 x feathers"}, {128, ">= 4 x feathers"}} {
		of := &row{name: fmt.Sprintf("create, %d connections", kind.connections), unit: "a second", goal: kind.goal}
		err := b.inTurns(creators(), func(c *contender) error {
			return b.opened(ctx, c, func(database string, r *running) error {
				created, err := b.drive(ctx, r, of, c.name, kind.connections)
				if err != nil {
					return err
				}
				return b.checkCreated(ctx, database, c.name, created)
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkCreated tells whether all that was acknowledged is there.
func (b *bench) checkCreated(ctx context.Context, database, subject string, created int64) error {
	filters := map[string]bson.D{"events": {}}
	switch subject {
	case ours:
		filters["changes"] = bson.D{{Key: "kind", Value: "event"}}
	case transaction:
		filters["changes"] = bson.D{}
	}
	for collection, filter := range filters {
		n, err := b.mongod.count(ctx, database, collection, filter)
		if err != nil {
			return err
		}
		if n != created {
			return fmt.Errorf("%d events were acknowledged, %s has %d", created, collection, n)
		}
	}
	return nil
}

func creators() []*contender {
	return []*contender{
		{ours, func(b *bench, ctx context.Context, database string) (*running, error) {
			if err := b.makeStore(ctx, database, nil); err != nil {
				return nil, err
			}
			return b.runOurs(ctx, database, func(s *server) func(int, int) (*worker, error) {
				return func(i, of int) (*worker, error) { return s.creator(b.users, i, of) }
			})
		}},
		{peer, func(b *bench, ctx context.Context, database string) (*running, error) {
			return b.runPeer(ctx, database, func(s *server) func(int, int) (*worker, error) {
				return func(i, of int) (*worker, error) { return s.creator(b.users, i, of) }
			})
		}},
		{insert, func(b *bench, ctx context.Context, database string) (*running, error) {
			return b.runDriver(ctx, database, func(d *driver) func(int, int) (*worker, error) { return d.inserter })
		}},
		{transaction, func(b *bench, ctx context.Context, database string) (*running, error) {
			return b.runDriver(ctx, database, func(d *driver) func(int, int) (*worker, error) { return d.transactor })
		}},
	}
}

// runOurs starts activityd with workers.
func (b *bench) runOurs(ctx context.Context, database string, workers func(*server) func(int, int) (*worker, error)) (*running, error) {
	process, err := b.startOurs(ctx, database)
	if err != nil {
		return nil, err
	}
	return &running{server: process.PID, stop: process.Stop, worker: workers(requestsOf(process))}, nil
}

// runPeer starts the service of Feathers with workers.
func (b *bench) runPeer(ctx context.Context, database string, workers func(*server) func(int, int) (*worker, error)) (*running, error) {
	process, s, err := b.startPeer(ctx, database)
	if err != nil {
		return nil, err
	}
	return &running{server: process.PID, stop: process.Stop, worker: workers(s)}, nil
}
