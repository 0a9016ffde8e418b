package mongo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
	"github.com/activityd/activityd/internal/storage/transfer"
	"github.com/activityd/activityd/migrations"
)

// transferDoc says that the store is being filled.
type transferDoc struct {
	From string        `bson:"from"` // the epoch of the store that is being moved into this one
	Run  bson.ObjectID `bson:"run"`  // who fills it
}

// transferColl has a note on each user who is whole, while the store is being
// filled.
const transferColl = "transfer"

// finished refuses a store that is not whole yet.
func (d *storeDoc) finished() error {
	if d.Transfer == nil {
		return nil
	}
	return errors.New("storage/mongo: a migration into this store is not finished: run the same 'activityd migrate-store' again, or drop the database")
}

// Import fills a new store, for transfer.
type Import struct {
	*Export
	run bson.ObjectID
}

var _ transfer.Target = (*Import)(nil)

// OpenImport opens the database to be filled, and makes the store where there is
// none. It refuses one that has data of anything but a migration.
func OpenImport(ctx context.Context, uri string) (*Import, error) {
	x, err := connectExport(ctx, uri)
	if err != nil {
		return nil, err
	}
	v := &Import{Export: x, run: bson.NewObjectID()}
	v.hurry()
	if err := v.open(ctx); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return v, nil
}

// hurry lets a majority take all of a user at once, with the name, which is
// written last: in a replica set it has what was written before then. Shards know
// no such order.
func (v *Import) hurry() {
	s := v.store
	if s.sharded {
		return
	}
	for _, c := range []**mongo.Collection{&s.heads, &s.structure, &s.profiles, &s.events} {
		*c = (*c).Clone(options.Collection().SetWriteConcern(writeconcern.W1()))
	}
}

func (v *Import) open(ctx context.Context) error {
	s := v.store
	d, err := readStoreDoc(ctx, s.db.Collection(metaColl))
	if err != nil {
		return failure("read the schema's version", err)
	}
	if d.Transfer == nil {
		if err := v.checkEmpty(ctx); err != nil {
			return err
		}
	} else if _, err := v.staysBusy(ctx, exportApp, eventsColl); err != nil { // what a run that was killed had sent
		return err
	}
	if d, err = migrateAny(ctx, s.db, s.sharded, s.options); err != nil {
		return err
	}
	s.epoch = d.Epoch
	return nil
}

// checkEmpty refuses a database in which anything of ours would be beside other
// things, whoever's they are.
func (v *Import) checkEmpty(ctx context.Context) error {
	steps, err := readMigrations(migrations.MongoDB)
	if err != nil {
		return err
	}
	for _, step := range steps {
		for _, c := range step.Collections {
			if c.Name == attemptsColl {
				continue
			}
			there, err := exists(v.store.db.Collection(c.Name).FindOne(ctx, bson.D{}))
			if err != nil {
				return failure("look whether the database is empty", err)
			}
			if there {
				return fmt.Errorf("storage/mongo: the database %q has data already (in %s), which would be overwritten: name one without", v.store.db.Name(), c.Name)
			}
		}
	}
	return nil
}

// Begin makes the store the target of a migration, or goes on with one.
func (v *Import) Begin(ctx context.Context, epoch string) (resumed bool, err error) {
	meta := v.store.db.Collection(metaColl)
	filter := append(byID("store"), bson.E{Key: "$or", Value: bson.A{
		bson.D{{Key: "transfer", Value: bson.D{{Key: "$exists", Value: false}}}}, bson.D{{Key: "transfer.from", Value: epoch}},
	}})
	set := bson.D{{Key: "$set", Value: bson.D{{Key: "transfer", Value: transferDoc{From: epoch, Run: v.run}}}}}
	var before storeDoc
	err = meta.FindOneAndUpdate(ctx, filter, set).Decode(&before)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, fmt.Errorf("storage/mongo: a migration from another store into the database %q is not finished: finish it, or name another", v.store.db.Name())
	}
	return before.Transfer != nil, ended(ctx, "begin the migration", err)
}

// own fails when another process has begun to fill the store.
func (v *Import) own(ctx context.Context) error {
	mine, err := exists(v.store.db.Collection(metaColl).FindOne(ctx, append(byID("store"), bson.E{Key: "transfer.run", Value: v.run})))
	if err == nil && !mine {
		return fmt.Errorf("storage/mongo: another 'activityd migrate-store' fills the database %q now", v.store.db.Name())
	}
	return ended(ctx, "look who fills the store", err)
}

// Mark keeps a note on a user who is whole.
func (v *Import) Mark(ctx context.Context, id activity.UserID, note string) error {
	if err := v.own(ctx); err != nil {
		return err
	}
	_, err := v.store.db.Collection(transferColl).InsertOne(ctx, bson.D{{Key: "_id", Value: string(id)}, {Key: "note", Value: note}})
	return ended(ctx, "note that a user is whole", err)
}

// Marked gives the note.
func (v *Import) Marked(ctx context.Context, id activity.UserID) (string, error) {
	var d struct {
		Note string `bson:"note"`
	}
	err := v.store.db.Collection(transferColl).FindOne(ctx, byID(string(id))).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = nil
	}
	return d.Note, ended(ctx, "look whether a user is whole", err)
}

// Clear removes a user: first the note, last the record by which he is found.
func (v *Import) Clear(ctx context.Context, id activity.UserID) error {
	if err := v.own(ctx); err != nil {
		return err
	}
	s := v.store
	var d userDoc
	err := s.structure.FindOne(ctx, byID(itemID(id, userKind, ""))).Decode(&d)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return ended(ctx, "remove a user", err)
	}
	for _, step := range []struct {
		coll   *mongo.Collection
		filter bson.D
	}{
		{s.db.Collection(transferColl), byID(string(id))},
		{s.names, append(byID(d.Username), bson.E{Key: "user", Value: string(id)})},
		{s.events, allOf(id)}, {s.profiles, allOf(id)}, {s.structure, allOf(id)},
		{s.heads, byID(string(id))},
	} {
		if _, err := step.coll.DeleteMany(ctx, step.filter); err != nil {
			return ended(ctx, "remove a user", err)
		}
	}
	return nil
}

// PutShared stores what the users have in common.
func (v *Import) PutShared(ctx context.Context, shared *transfer.Shared) error {
	signing := slices.SortedFunc(slices.Values(shared.SigningKeys), func(a, b storage.SigningKey) int {
		if a.Created < b.Created {
			return -1
		}
		return 1
	})
	db := v.store.db
	err := errors.Join(
		refill(ctx, db.Collection(keysColl), len(signing), func(i int) any {
			k := signing[i]
			d := keyDoc{ID: k.ID, Key: k.ID, Secret: k.Secret, Created: k.Created}
			if i == 0 {
				d.ID = "first"
			}
			return d
		}),
		refill(ctx, db.Collection(tokensColl), len(shared.Tokens), func(i int) any {
			t := shared.Tokens[i]
			return tokenDoc{Purpose: t.Purpose, Token: slices.Clone(t.Token[:]), Expires: t.Expires}
		}),
		refill(ctx, db.Collection(blockedColl), len(shared.Blocked), func(i int) any {
			return blockedDoc{Name: shared.Blocked[i].Name, Until: shared.Blocked[i].Until}
		}),
	)
	if err == nil {
		_, err = db.Collection(metaColl).UpdateOne(ctx, byID("store"), bson.D{{Key: "$set", Value: bson.D{{Key: "key", Value: shared.Key}}}})
	}
	return ended(ctx, "store keys", err)
}

// refill makes n documents all that a collection has.
func refill(ctx context.Context, coll *mongo.Collection, n int, doc func(i int) any) error {
	if _, err := coll.DeleteMany(ctx, bson.D{}); err != nil || n == 0 {
		return err
	}
	docs := make([]any, n)
	for i := range docs {
		docs[i] = doc(i)
	}
	_, err := coll.InsertMany(ctx, docs)
	return err
}

// Finish makes it a store.
func (v *Import) Finish(ctx context.Context) error {
	meta := v.store.db.Collection(metaColl)
	result, err := meta.UpdateOne(ctx, append(byID("store"), bson.E{Key: "transfer.run", Value: v.run}),
		bson.D{{Key: "$unset", Value: bson.D{{Key: "transfer", Value: ""}}}})
	if err == nil && result.MatchedCount == 0 {
		return v.own(ctx)
	}
	if err == nil {
		err = v.store.db.Collection(transferColl).Drop(ctx)
	}
	return ended(ctx, "finish the migration", err)
}

// PutUser stores a user. The sequence record is first, so that one who is not
// whole is found, and the name last, so that nobody has two.
func (v *Import) PutUser(ctx context.Context, a *transfer.Account, events iter.Seq2[*transfer.Event, error]) error {
	if err := v.own(ctx); err != nil {
		return err
	}
	i := importing{store: v.store, user: a.User.ID, channels: map[activity.ChannelID]*keys.Channel{}}
	if err := i.account(ctx, a); err != nil {
		return ended(ctx, "store a user", err)
	}
	if err := i.events(ctx, events); err != nil {
		return ended(ctx, "store events", err)
	}
	_, err := v.store.names.InsertOne(ctx, nameDoc{Name: string(a.User.Username), User: string(a.User.ID)})
	return ended(ctx, "store a user", err)
}

var unordered = options.InsertMany().SetOrdered(false) //nolint:gochecknoglobals // never changed
