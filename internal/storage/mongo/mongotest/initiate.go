package mongotest

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
)

// initiate makes a replica set of members that run, the first at address, and
// waits until it has a primary.
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
			{Key: "heartbeatIntervalMillis", Value: 500},
		}},
	}
	err := withClient(ctx, "mongodb://"+address+"/?directConnection=true", func(client *mongo.Client) error {
		return client.Database("admin").RunCommand(ctx, bson.D{{Key: "replSetInitiate", Value: config}}).Err()
	})
	if err != nil {
		return fmt.Errorf("initiate replica set %s: %w", set, err)
	}
	uri := "mongodb://" + address + "/?replicaSet=" + set
	if err := withClient(ctx, uri, func(client *mongo.Client) error { return client.Ping(ctx, readpref.Primary()) }); err != nil {
		return fmt.Errorf("wait for the primary of %s: %w", set, err)
	}
	return nil
}

// withClient calls f with a client of the deployment and disconnects it.
func withClient(ctx context.Context, uri string, f func(*mongo.Client) error) error {
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetServerSelectionTimeout(limit).SetTimeout(limit))
	if err != nil {
		return err
	}
	return errors.Join(f(client), client.Disconnect(context.WithoutCancel(ctx)))
}
