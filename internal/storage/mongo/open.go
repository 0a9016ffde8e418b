package mongo

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"github.com/activityd/activityd/internal/storage/chores"
	"github.com/activityd/activityd/internal/storage/counts"
	"github.com/activityd/activityd/migrations"
)

// defaultDatabase is used where the URI names none.
const defaultDatabase = "activityd"

// leastWire is the protocol of MongoDB 6.0.
const leastWire = 17

// How long an operation waits for a server that can do it, and how soon one that
// is mute is given up: after both of the others. The URI may say otherwise.
const (
	selectTime    = 5 * time.Second
	connectTime   = 3 * time.Second
	heartbeatTime = 2 * time.Second
)

// Options say where the store is and how it works. Zero values are defaults.
type Options struct {
	URI     string           // of a replica set or a mongos, with the database, activityd by default; required
	Clock   func() time.Time // time.Now by default
	History time.Duration    // how long changes are kept; 30 days by default
	Logger  *slog.Logger     // for what no caller hears of; discards by default

	CachedUsers int // whose structure is kept in memory; 8,192 by default

	// Watch, when not nil, is called as an update begins to wait for its turn,
	// and what it gives when it is done: with how many units were in its group,
	// 0 where it never ran, and its error. It must be quick.
	Watch func(ctx context.Context) func(units int, err error)

	// Migrations are those of package migrations by default.
	Migrations fs.FS
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.History <= 0 {
		o.History = 30 * 24 * time.Hour
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.CachedUsers <= 0 {
		o.CachedUsers = 8192
	}
	if o.Migrations == nil {
		o.Migrations = migrations.MongoDB
	}
	return o
}

// Open opens the store in a database, and makes it where there is none. It
// refuses a URI that CheckURI refuses; a database that cannot be reached, that
// does not take the credentials, is older than MongoDB 6.0 or stands alone, for it
// needs transactions and change streams; a user who may not write; and data of a
// newer activityd. The error is one sentence for people, without any secret.
func Open(ctx context.Context, o Options) (*Store, error) {
	o = o.withDefaults()
	if err := CheckURI(o.URI); err != nil {
		return nil, fmt.Errorf("the MongoDB URI %w", err)
	}
	uri, err := connstring.ParseAndValidate(o.URI)
	if err != nil {
		return nil, because(err, "the DNS records of the mongodb+srv URI cannot be read (%s): check its host name, and DNS", reason(err))
	}
	if uri.Database == "" {
		uri.Database = defaultDatabase
	}
	away := &outage{log: o.Logger, patient: selectTime}
	if uri.ServerSelectionTimeoutSet {
		away.patient = uri.ServerSelectionTimeout
	}
	primary, connections := newPrimary(), newConnections()
	client, err := mongo.Connect(options.Client().SetAppName(appName).SetServerSelectionTimeout(selectTime).
		SetConnectTimeout(connectTime).SetHeartbeatInterval(heartbeatTime).SetDialer(connections).ApplyURI(o.URI).
		SetServerMonitor(monitor(away, primary, connections)).
		SetRetryReads(true).SetRetryWrites(true).SetReadPreference(readpref.Primary()).SetReadConcern(readconcern.Majority()).SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		return nil, fmt.Errorf("the MongoDB URI cannot be used: %w", err)
	}
	s, err := open(ctx, o, client, uri, primary, away)
	if err != nil {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), operationTime)
		defer cancel()
		_ = client.Disconnect(closing) // why it was not opened says more
		return nil, err
	}
	away.watch(true)
	return s, nil
}

// monitor has the driver tell what it knows of the servers to all whom it concerns.
func monitor(away *outage, primary *primary, connections *connections) *event.ServerMonitor {
	return &event.ServerMonitor{
		ServerHeartbeatFailed: away.failed,
		TopologyDescriptionChanged: func(e *event.TopologyDescriptionChangedEvent) {
			away.changed(e)
			primary.changed(e)
			connections.changed(e)
		},
	}
}

func open(ctx context.Context, o Options, client *mongo.Client, uri *connstring.ConnString, primary *primary, away *outage) (*Store, error) {
	db := client.Database(uri.Database)
	sharded, made, err := prepare(ctx, db, o)
	if err != nil {
		return nil, refused(err, uri)
	}
	s := &Store{
		options: o, client: client, primary: primary, db: db, sharded: sharded, transactions: transactionOptions(sharded), epoch: made.Epoch, key: made.Key,
		names: db.Collection(namesColl), heads: db.Collection(headsColl), structure: db.Collection(structureColl),
		profiles: db.Collection(profilesColl), events: db.Collection(eventsColl), changes: db.Collection(changesColl),
		cache: newCache(o.CachedUsers), queues: newQueues(), commits: newGathering(sharded),
		janitor: chores.New(), tail: newTail(), counts: counts.New(groupSize), outage: away, closing: make(chan struct{}),
		abandoned: abandoned{client: client, app: cmp.Or(uri.AppName, appName), log: o.Logger},
	}
	s.units.begin()
	s.turns = newTurns(db.Collection(metaColl), &s.units)
	from, err := s.headPlace(ctx)
	if err != nil {
		return nil, failure("find the newest change", err)
	}
	s.watcher = newWatcher(s, from)
	committers := groupCommitters
	if sharded {
		committers = singleCommitters
	}
	for range committers {
		s.commiter.Go(s.commitGroups)
	}
	s.turnTold.Go(s.watchTurns)
	s.janitor.Start(chores.Chores{
		Sweep: func(ctx context.Context, rest func()) error {
			return away.spare(func() error { return s.sweepAll(ctx, rest) })
		},
		Flush: func(ctx context.Context) error { return away.spare(func() error { return s.flushUses(ctx) }) },
		Prune: func(ctx context.Context) error { return away.spare(func() error { return s.prune(ctx) }) },
		Log:   o.Logger,
	})
	return s, nil
}

// prepare makes sure that the store can work with a database, and makes it newest.
func prepare(ctx context.Context, db *mongo.Database, o Options) (sharded bool, made storeDoc, err error) {
	if sharded, err = checkServer(ctx, db); err != nil {
		return sharded, made, err
	}
	if made, err = migrate(ctx, db, sharded, o); err != nil {
		return sharded, made, err
	}
	return sharded, made, trial(ctx, db) // who may only read is told now
}

// trial writes what a majority must take.
func trial(ctx context.Context, db *mongo.Database) error {
	_, err := db.Collection(metaColl).UpdateOne(ctx, byID("trials"),
		bson.D{{Key: "$inc", Value: bson.D{{Key: "count", Value: int64(1)}}}}, options.UpdateOne().SetUpsert(true))
	return err
}

// checkServer refuses what the store cannot work with.
func checkServer(ctx context.Context, db *mongo.Database) (sharded bool, err error) {
	var hello struct {
		SetName string `bson:"setName"`
		Message string `bson:"msg"`
		Wire    int    `bson:"maxWireVersion"`
	}
	err = db.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello)
	sharded = hello.Message == "isdbgrid"
	switch {
	case err != nil:
		return false, err
	case hello.Wire < leastWire:
		return false, errTooOld
	case hello.SetName == "" && !sharded:
		return false, errAlone
	}
	// What was asked is told to everyone; this is not.
	return sharded, db.RunCommand(ctx, bson.D{{Key: "listCollections", Value: 1}, {Key: "nameOnly", Value: true}, {Key: "cursor", Value: bson.D{}}}).Err()
}
