package mongotest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// initiate makes a replica set of members that run, the first at address, and
// waits until that is its primary.
func initiate(ctx context.Context, address, set string, members []string, o Options) error {
	list := make(bson.A, len(members))
	for i, host := range members {
		list[i] = bson.D{{Key: "_id", Value: i}, {Key: "host", Value: host}}
	}
	config := bson.D{
		{Key: "_id", Value: set},
		{Key: "members", Value: list},
		{Key: "settings", Value: bson.D{
			{Key: "electionTimeoutMillis", Value: o.Election.Milliseconds()},
			{Key: "heartbeatTimeoutSecs", Value: 2},
			{Key: "heartbeatIntervalMillis", Value: 500},
		}},
	}
	err := withClient(ctx, direct(address), func(client *mongo.Client) error {
		admin := client.Database("admin")
		if err := admin.RunCommand(ctx, bson.D{{Key: "replSetInitiate", Value: config}}).Err(); err != nil {
			return err
		}
		return stepUp(ctx, admin)
	})
	if err != nil {
		return fmt.Errorf("initiate replica set %s: %w", set, err)
	}
	return nil
}

// stepUp has a member elect itself, rather than wait for the time after which it
// would, and waits until it takes writes.
func stepUp(ctx context.Context, admin *mongo.Database) error {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		// It fails until the members know of each other.
		refused := admin.RunCommand(ctx, bson.D{{Key: "replSetStepUp", Value: 1}}).Err()
		var now state
		if err := admin.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&now); err != nil {
			return err
		}
		if now.Primary {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("no primary: %w, %w", ctx.Err(), refused)
		}
	}
}

// direct is the URI of one member, whatever set it belongs to.
func direct(address string) string { return "mongodb://" + address + "/?directConnection=true" }

// withClient calls f with a client of the deployment and disconnects it.
func withClient(ctx context.Context, uri string, f func(*mongo.Client) error) error {
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetServerSelectionTimeout(limit).SetTimeout(limit))
	if err != nil {
		return err
	}
	return errors.Join(f(client), client.Disconnect(context.WithoutCancel(ctx)))
}
