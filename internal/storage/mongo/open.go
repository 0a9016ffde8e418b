package mongo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/auth"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

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
// refuses a database that cannot be reached, that does not take the credentials,
// is older than MongoDB 6.0 or stands alone, for it needs transactions and
// change streams; and data of a newer activityd.
func Open(ctx context.Context, o Options) (*Store, error) {
	o = o.withDefaults()
	uri, err := connstring.ParseAndValidate(o.URI)
	if err != nil {
		return nil, fmt.Errorf("storage/mongo: the MongoDB URI cannot be used: %w", err)
	}
	if uri.Database == "" {
		uri.Database = defaultDatabase
	}
	client, err := mongo.Connect(options.Client().SetAppName("activityd").SetServerSelectionTimeout(selectTime).
		SetConnectTimeout(connectTime).SetHeartbeatInterval(heartbeatTime).ApplyURI(o.URI).SetRetryReads(true).SetRetryWrites(true).SetReadPreference(readpref.Primary()).SetReadConcern(readconcern.Majority()).SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		return nil, fmt.Errorf("storage/mongo: the MongoDB URI cannot be used: %w", err)
	}
	s, err := open(ctx, o, client, uri.Database)
	if err != nil {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), operationTime)
		defer cancel()
		return nil, errors.Join(err, client.Disconnect(closing))
	}
	return s, nil
}

func open(ctx context.Context, o Options, client *mongo.Client, database string) (*Store, error) {
	db := client.Database(database)
	sharded, err := checkServer(ctx, db)
	if err != nil {
		return nil, err
	}
	made, err := migrate(ctx, db, sharded, o)
	if err != nil {
		return nil, err
	}
	s := &Store{
		options: o, client: client, db: db, sharded: sharded, transactions: transactionOptions(sharded), epoch: made.Epoch, key: made.Key,
		names: db.Collection(namesColl), heads: db.Collection(headsColl), structure: db.Collection(structureColl),
		profiles: db.Collection(profilesColl), events: db.Collection(eventsColl), changes: db.Collection(changesColl),
		cache: newCache(o.CachedUsers), queues: newQueues(), commits: newGathering(sharded), touches: newTouches(),
		janitor: newJanitor(), tail: newTail(), counts: counts.New(groupSize), closing: make(chan struct{}),
	}
	s.units.begin()
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
	go s.sweep()
	return s, nil
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
		return false, unreached(err)
	case hello.Wire < leastWire:
		return false, errors.New("storage/mongo: this MongoDB is too old: use 6.0 or later")
	case hello.SetName == "" && !sharded:
		return false, errors.New("storage/mongo: this mongod stands alone, without the transactions and change streams that activityd needs: make it a replica set, of one member if need be (--replSet, rs.initiate())")
	}
	// What was asked is told to everyone; this is not.
	err = db.RunCommand(ctx, bson.D{{Key: "listCollections", Value: 1}, {Key: "nameOnly", Value: true}, {Key: "cursor", Value: bson.D{}}}).Err()
	if err != nil {
		return false, unreached(err)
	}
	return sharded, nil
}

// unreached says why a server does not answer as it should.
func unreached(err error) error {
	var server mongo.ServerError
	var handshake *auth.Error
	if errors.As(err, &handshake) || errors.As(err, &server) && (server.HasErrorCode(codeAuthentication) || server.HasErrorCode(codeUnauthorized)) {
		return fmt.Errorf("storage/mongo: MongoDB does not take these credentials: check the user, the password and authSource of the URI: %w", err)
	}
	return fmt.Errorf("storage/mongo: MongoDB cannot be reached: check the hosts of the URI and that it runs: %w", err)
}
