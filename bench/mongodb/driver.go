//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/activityd/activityd/bench/activityd"
)

// driver is the driver alone, with the concerns of our store.
type driver struct {
	users  []activityd.User
	client *mongo.Client
	db     *mongo.Database
}

// openDriver connects, and makes the index that lists need.
func (b *bench) openDriver(ctx context.Context, database string) (*driver, error) {
	client, err := mongo.Connect(options.Client().ApplyURI(b.mongod.uri(database)).
		SetReadConcern(readconcern.Majority()).SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		return nil, err
	}
	d := &driver{users: b.users, client: client, db: client.Database(database)}
	_, err = d.db.Collection("events").Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "user", Value: 1}, {Key: "time", Value: 1}}})
	for _, name := range []string{"changes", "heads"} {
		err = errors.Join(err, d.db.CreateCollection(ctx, name))
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *driver) close() error { return d.client.Disconnect(context.Background()) }

// runDriver opens the driver with workers.
func (b *bench) runDriver(ctx context.Context, database string, workers func(*driver) func(int, int) (*worker, error)) (*running, error) {
	d, err := b.openDriver(ctx, database)
	if err != nil {
		return nil, err
	}
	return &running{stop: d.close, worker: workers(d)}, nil
}

// document is an event as the service of Feathers keeps it.
func document(u activityd.User, at float64) bson.D {
	return bson.D{
		{Key: "_id", Value: bson.NewObjectID()},
		{Key: "user", Value: u.Name},
		{Key: "channelId", Value: "work"},
		{Key: "time", Value: at},
		{Key: "folderId", Value: nil},
		{Key: "tags", Value: bson.A{}},
		{Key: "trashed", Value: false},
		{Key: "type", Value: bson.D{{Key: "class", Value: "note"}, {Key: "format", Value: "txt"}}},
		{Key: "value", Value: "activity activity activity activity activity"},
		{Key: "created", Value: at},
		{Key: "modified", Value: at},
		{Key: "createdBy", Value: "bench"},
		{Key: "modifiedBy", Value: "bench"},
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// inserter inserts events, one at a time.
func (d *driver) inserter(i, of int) (*worker, error) {
	events := d.db.Collection("events")
	n := i
	return &worker{close: func() error { return nil }, call: func(ctx context.Context) error {
		_, err := events.InsertOne(ctx, document(d.users[n%len(d.users)], seconds(time.Now())))
		n += of
		return err
	}}, nil
}

// transactor writes in one transaction what our store does in one: the event,
// the change, and the user's sequence.
func (d *driver) transactor(i, of int) (*worker, error) {
	session, err := d.client.StartSession()
	if err != nil {
		return nil, err
	}
	stop := func() error {
		session.EndSession(context.Background())
		return nil
	}
	n := i
	return &worker{close: stop, call: func(ctx context.Context) error {
		u := d.users[n%len(d.users)]
		n += of
		_, err := session.WithTransaction(ctx, func(ctx context.Context) (any, error) { return nil, d.write(ctx, u) })
		return err
	}}, nil
}

func (d *driver) write(ctx context.Context, u activityd.User) error {
	at := seconds(time.Now())
	head := struct {
		Seq int64 `bson:"seq"`
	}{}
	err := d.db.Collection("heads").FindOneAndUpdate(ctx, bson.D{{Key: "_id", Value: u.Name}},
		bson.D{{Key: "$inc", Value: bson.D{{Key: "seq", Value: int64(1)}}}},
		options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(&head)
	if err != nil {
		return err
	}
	doc := document(u, at)
	if _, err := d.db.Collection("events").InsertOne(ctx, doc); err != nil {
		return err
	}
	_, err = d.db.Collection("changes").InsertOne(ctx, bson.D{
		{Key: "_id", Value: bson.D{{Key: "u", Value: u.Name}, {Key: "s", Value: head.Seq}}},
		{Key: "kind", Value: "event"}, {Key: "action", Value: "created"}, {Key: "item", Value: doc[0].Value},
		{Key: "channel", Value: "work"}, {Key: "after", Value: bson.A{}}, {Key: "time", Value: at},
	})
	return err
}

// finder reads the n newest events of one user.
func (d *driver) finder(n int) func(i, of int) (*worker, error) {
	return func(i, _ int) (*worker, error) {
		events, u := d.db.Collection("events"), d.users[i]
		newest := options.Find().SetSort(bson.D{{Key: "time", Value: -1}}).SetLimit(int64(n)).SetBatchSize(int32(n))
		return &worker{close: func() error { return nil }, call: func(ctx context.Context) error {
			cursor, err := events.Find(ctx, bson.D{{Key: "user", Value: u.Name}}, newest)
			if err != nil {
				return err
			}
			var found []bson.Raw
			if err := cursor.All(ctx, &found); err != nil {
				return err
			}
			if len(found) != n || found[0].Lookup("time").Double() != seededTime(seeded-1) {
				return fmt.Errorf("a list of %d events", len(found))
			}
			return nil
		}}, nil
	}
}
