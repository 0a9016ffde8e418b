package mongo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
	"github.com/activityd/activityd/internal/storage/transfer"
	"github.com/activityd/activityd/migrations"
)

// Export reads a whole store, for transfer. Servers that work on the database
// meanwhile are not shut out.
type Export struct {
	store *Store // its collections alone: nothing runs
}

var _ transfer.Source = (*Export)(nil)

// exportApp is how the database knows who reads or fills a whole store, and who
// serves one.
const (
	exportApp = "activityd migrate-store"
	serveApp  = "activityd"
)

// exportRows is how many documents the database gives at once.
const exportRows = 2000

// OpenExport opens the store in a database to be read. It refuses one that has
// none, that a server is seen to use, that a migration has not finished, and one
// of another schema than this activityd's.
func OpenExport(ctx context.Context, uri string) (*Export, error) {
	x, err := connectExport(ctx, uri)
	if err != nil {
		return nil, err
	}
	err = x.checkStore(ctx)
	if err == nil {
		err = x.checkServers(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return x, nil
}

func connectExport(ctx context.Context, uri string) (*Export, error) {
	if err := CheckURI(uri); err != nil {
		return nil, fmt.Errorf("the MongoDB URI %w", err)
	}
	parsed, err := connstring.ParseAndValidate(uri)
	if err != nil {
		return nil, because(err, "the DNS records of the mongodb+srv URI cannot be read (%s): check its host name, and DNS", reason(err))
	}
	client, err := mongo.Connect(options.Client().SetAppName(exportApp).SetServerSelectionTimeout(selectTime).SetConnectTimeout(connectTime).ApplyURI(uri).
		SetReadPreference(readpref.Primary()).SetReadConcern(readconcern.Majority()).SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		return nil, fmt.Errorf("the MongoDB URI cannot be used: %w", err)
	}
	x := &Export{exportStore(client.Database(cmp.Or(parsed.Database, defaultDatabase)))}
	if x.store.sharded, err = checkServer(ctx, x.store.db); err != nil {
		_ = x.Close() // why it is refused says more
		return nil, refused(err, parsed)
	}
	return x, nil
}

func exportStore(db *mongo.Database) *Store {
	return &Store{
		options: Options{}.withDefaults(), client: db.Client(), db: db,
		names: db.Collection(namesColl), heads: db.Collection(headsColl), structure: db.Collection(structureColl),
		profiles: db.Collection(profilesColl), events: db.Collection(eventsColl), changes: db.Collection(changesColl),
	}
}

// Close ends the connections.
func (x *Export) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	return x.store.client.Disconnect(ctx)
}

// Epoch names the store.
func (x *Export) Epoch() string { return x.store.epoch }

// checkStore refuses what cannot be read as it is.
func (x *Export) checkStore(ctx context.Context) error {
	steps, err := readMigrations(migrations.MongoDB)
	if err != nil {
		return err
	}
	d, err := readStoreDoc(ctx, x.store.db.Collection(metaColl))
	switch {
	case err != nil:
		return failure("read the schema's version", err)
	case d.Schema == 0:
		return fmt.Errorf("storage/mongo: there is no store in the database %q", x.store.db.Name())
	case d.Schema < len(steps):
		return errors.New("storage/mongo: the database has an older schema: start this activityd on it once")
	case d.Schema > len(steps):
		return fmt.Errorf("storage/mongo: the database has schema %d of a newer activityd, this one knows %d: use the newer activityd", d.Schema, len(steps))
	}
	x.store.epoch = d.Epoch
	return d.finished()
}

// checkServers refuses a database whose changes a server is seen to follow, which
// waits for news nearly all the time, and goes on to: one that has just ended is
// seen for a moment yet.
func (x *Export) checkServers(ctx context.Context) error {
	busy, err := x.staysBusy(ctx, serveApp, changesColl)
	if busy {
		err = fmt.Errorf("storage/mongo: an activityd server uses the database %q: stop all of them first", x.store.db.Name())
	}
	return err
}

// staysBusy reports whether an app is seen to work on a collection, and does not
// end within seconds. Where the user of the URI may not look, none is seen.
func (x *Export) staysBusy(ctx context.Context, app, coll string) (bool, error) {
	const looks = 9
	admin := x.store.client.Database("admin", options.Database().SetReadConcern(readconcern.Local()))
	for try := range looks {
		cursor, err := admin.Aggregate(ctx, mongo.Pipeline{
			{{Key: "$currentOp", Value: bson.D{}}},
			{{Key: "$match", Value: bson.D{{Key: "appName", Value: app}, {Key: "ns", Value: x.store.db.Name() + "." + coll}}}},
			{{Key: "$limit", Value: 1}},
		})
		if err != nil {
			return false, nil //nolint:nilerr // it may not look: what is written shows at the end
		}
		var seen []bson.Raw
		if err := cursor.All(ctx, &seen); err != nil || len(seen) == 0 {
			return false, nil //nolint:nilerr // as above
		}
		if err := pause(ctx, try+4); err != nil {
			return false, err
		}
	}
	return true, nil
}

// Size gives about how many users and events there are.
func (x *Export) Size(ctx context.Context) (users, events int64, err error) {
	if users, err = x.store.heads.EstimatedDocumentCount(ctx); err == nil {
		events, err = x.store.events.EstimatedDocumentCount(ctx)
	}
	return users, events, ended(ctx, "count", err)
}

// Shared gives what the users have in common.
func (x *Export) Shared(ctx context.Context) (*transfer.Shared, error) {
	d, err := readStoreDoc(ctx, x.store.db.Collection(metaColl))
	if err != nil {
		return nil, ended(ctx, "export keys", err)
	}
	v := &transfer.Shared{Key: d.Key}
	err = errors.Join(
		each(ctx, x.store.db.Collection(keysColl), "key", func(d *keyDoc) {
			v.SigningKeys = append(v.SigningKeys, storage.SigningKey{ID: d.Key, Secret: d.Secret, Created: d.Created})
		}),
		each(ctx, x.store.db.Collection(tokensColl), "_id", func(d *tokenDoc) {
			t := transfer.OneTimeToken{Purpose: d.Purpose, Expires: d.Expires}
			copy(t.Token[:], d.Token)
			v.Tokens = append(v.Tokens, t)
		}),
		each(ctx, x.store.db.Collection(blockedColl), "_id", func(d *blockedDoc) {
			v.Blocked = append(v.Blocked, transfer.BlockedName{Name: d.Name, Until: d.Until})
		}),
	)
	return v, ended(ctx, "export keys", err)
}

// tokenDoc is a one-time token, blockedDoc the name of a deleted user.
type (
	tokenDoc struct {
		Purpose string             `bson:"_id"`
		Token   []byte             `bson:"token"`
		Expires activity.Timestamp `bson:"expires"`
	}
	blockedDoc struct {
		Name  []byte             `bson:"_id"`
		Until activity.Timestamp `bson:"until"`
	}
)

// each calls fn with each document of a collection, in the order of a field.
func each[T any](ctx context.Context, coll *mongo.Collection, order string, fn func(*T)) error {
	cursor, err := coll.Find(ctx, bson.D{}, options.Find().SetSort(bson.D{{Key: order, Value: 1}}))
	if err != nil {
		return err
	}
	for cursor.Next(ctx) {
		var d T
		if err := cursor.Decode(&d); err != nil {
			return errors.Join(err, cursor.Close(ctx))
		}
		fn(&d)
	}
	return errors.Join(cursor.Err(), cursor.Close(ctx))
}

// Users gives the ids of all users, in pages.
func (x *Export) Users(ctx context.Context) iter.Seq2[activity.UserID, error] {
	return func(yield func(activity.UserID, error) bool) {
		for last := ""; ; {
			cursor, err := x.store.heads.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: last}}}},
				options.Find().SetSort(byOwnID).SetLimit(usersPage).SetProjection(byOwnID))
			var page []headDoc
			if err == nil {
				err = cursor.All(ctx, &page)
			}
			if err != nil {
				yield("", ended(ctx, "export users", err))
				return
			}
			for _, d := range page {
				if !yield(activity.UserID(d.ID), nil) {
					return
				}
				last = d.ID
			}
			if len(page) < usersPage {
				return
			}
		}
	}
}

// User gives a user, as the sweep would leave him. What is written meanwhile may
// be in it in part: it moves the user's sequence number too.
func (x *Export) User(ctx context.Context, id activity.UserID) (*transfer.Account, iter.Seq2[*transfer.Event, error], error) {
	k, err := x.store.load(ctx, id, known{})
	if err != nil {
		return nil, nil, ended(ctx, "export a user", err)
	}
	if k.account == nil {
		return nil, nil, storage.UnknownUser()
	}
	profiles, err := x.exportProfiles(ctx, id)
	if err != nil {
		return nil, nil, ended(ctx, "export profiles", err)
	}
	n, err := x.countMoves(ctx, id, k.account)
	if err != nil {
		return nil, nil, ended(ctx, "count events to be moved", err)
	}
	from := transfer.Moves{Seq: k.head.seq, Modified: k.head.modified}
	to := from.Skip(n)
	v := transfer.NewAccount(k.account.structure, to.Seq, to.Modified, profiles)
	return v, func(yield func(*transfer.Event, error) bool) {
		e := exporting{store: x.store, user: id, account: k.account, moves: from, yield: yield}
		for _, channel := range v.Channels {
			if err := e.channel(ctx, channel.ID); errors.Is(err, errLeft) {
				return
			} else if err != nil {
				yield(nil, ended(ctx, "export events", err))
				return
			}
		}
	}, nil
}

func (x *Export) exportProfiles(ctx context.Context, user activity.UserID) (profiles []transfer.Profile, err error) {
	cursor, err := x.store.profiles.Find(ctx, allOf(user))
	if err != nil {
		return nil, err
	}
	for cursor.Next(ctx) {
		var d struct {
			Object *string `bson:"object"`
		}
		if err := cursor.Decode(&d); err != nil {
			return nil, errors.Join(err, cursor.Close(ctx))
		}
		name := cursor.Current.Lookup("_id", "name").StringValue()
		profiles = append(profiles, transfer.Profile{Name: name, Object: jsonBytes(d.Object)})
	}
	return profiles, errors.Join(cursor.Err(), cursor.Close(ctx))
}

// countMoves gives how many events the sweep has still to move out of folders
// that were merged.
func (x *Export) countMoves(ctx context.Context, user activity.UserID, a *account) (moves int, err error) {
	for in := range maps.Values(a.channels) {
		merged := in.Merged()
		if len(merged) == 0 {
			continue
		}
		n, err := x.store.events.CountDocuments(ctx, append(inChannel(user, in.Key), isIn("folder", merged)), options.Count().SetHint("modified"))
		if err != nil {
			return 0, err
		}
		moves += int(n)
	}
	return moves, nil
}

// exporting is a user whose events are being read.
type exporting struct {
	store   *Store
	user    activity.UserID
	account *account
	moves   transfer.Moves
	stored  stored
	event   transfer.Event
	yield   func(*transfer.Event, error) bool
}

// channel gives the events of a channel; errLeft where no more are wanted.
func (x *exporting) channel(ctx context.Context, id activity.ChannelID) error {
	in := x.account.channels[id]
	cursor, err := x.store.events.Find(ctx, inChannel(x.user, in.Key), options.Find().SetHint("time").
		SetSort(bson.D{{Key: "time", Value: 1}, {Key: "_id.i", Value: 1}}).SetBatchSize(exportRows))
	if err != nil {
		return err
	}
	for cursor.Next(ctx) {
		if err := x.stored.readAll(cursor.Current, id); err != nil {
			return errors.Join(err, cursor.Close(ctx))
		}
		x.take(in)
		if !x.yield(&x.event, nil) {
			return errors.Join(errLeft, cursor.Close(ctx))
		}
	}
	return errors.Join(cursor.Err(), cursor.Close(ctx))
}

// take makes the event of what was read.
func (x *exporting) take(in *keys.Channel) {
	s := &x.stored
	x.event = transfer.Event{Event: s.as(in), Chain: s.chain}
	_, folderGone := in.Gone[s.folder]
	switch {
	case x.event.Deleted != nil:
		x.event.Time, x.event.Created = s.event.Time, s.event.Created
		if folderGone {
			_, gone := in.Place(s.folder)
			x.event.Chain = slices.Clone(gone.Chain)
		}
	default:
		if folderGone {
			x.moves = x.moves.Next()
			x.event.Modified = x.moves.Modified
		}
		x.event.Request = s.request
	}
}
