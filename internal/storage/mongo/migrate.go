package mongo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// storeDoc says what the database is: the one document "store" of meta.
type storeDoc struct {
	Schema int    `bson:"schema"` // the last migration that was made
	Epoch  string `bson:"epoch"`  // of the change history
	Key    []byte `bson:"key"`    // for keyed hashes

	Transfer *transferDoc `bson:"transfer,omitempty"` // a migration into it that is not finished
}

// migration is the collections as they are from its number on.
type migration struct {
	number      int
	name        string
	Collections []struct {
		Name      string `bson:"name"`
		Validator bson.D `bson:"validator"`
		Shard     bson.D `bson:"shard"` // the key, where the database is a sharded cluster
		Indexes   []struct {
			Name    string `bson:"name"`
			Key     bson.D `bson:"key"`
			Partial bson.D `bson:"partialFilterExpression"`
		} `bson:"indexes"`
	} `bson:"collections"`
}

// readMigrations reads the files in the order of their numbers.
func readMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "*/*.json")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	all := make([]migration, len(names))
	for i, name := range names {
		text, err := fs.ReadFile(files, name)
		if err == nil {
			err = bson.UnmarshalExtJSON(text, false, &all[i])
		}
		if err != nil {
			return nil, fmt.Errorf("storage/mongo: migration %s: %w", name, err)
		}
		digits, _, _ := strings.Cut(path.Base(name), "_")
		all[i].number, err = strconv.Atoi(digits)
		all[i].name = path.Base(name)
		if err != nil || all[i].number != i+1 {
			return nil, fmt.Errorf("storage/mongo: migration %s is not number %04d", name, i+1)
		}
	}
	return all, nil
}

// migrate brings the database to the newest schema, and refuses a store that is
// not whole.
func migrate(ctx context.Context, db *mongo.Database, sharded bool, o Options) (storeDoc, error) {
	d, err := migrateAny(ctx, db, sharded, o)
	if err == nil {
		err = d.finished()
	}
	return d, err
}

// migrateAny brings the database to the newest schema. Servers that start at once
// may all do it: each step can be made twice.
func migrateAny(ctx context.Context, db *mongo.Database, sharded bool, o Options) (storeDoc, error) {
	files := o.Migrations
	steps, err := readMigrations(files)
	if err != nil {
		return storeDoc{}, err
	}
	meta := db.Collection(metaColl)
	d, err := readStoreDoc(ctx, meta)
	if err != nil {
		return d, failure("read the schema's version", err)
	}
	if d.Schema > len(steps) {
		return d, fmt.Errorf("storage/mongo: the database has schema %d of a newer activityd, this one knows %d: use the newer activityd", d.Schema, len(steps))
	}
	for _, step := range steps[d.Schema:] {
		err := step.makeUntilDone(ctx, db, sharded, o.Logger)
		if err == nil {
			err = step.note(ctx, meta)
		}
		if err != nil {
			return d, failure("migration "+step.name, err)
		}
	}
	d, err = readStoreDoc(ctx, meta)
	return d, failure("read the schema's version", err)
}

func readStoreDoc(ctx context.Context, meta *mongo.Collection) (d storeDoc, err error) {
	err = meta.FindOne(ctx, byID("store")).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = nil
	}
	return d, err
}

// makeUntilDone makes it again while another server that makes it at the same
// time is in the way.
func (m *migration) makeUntilDone(ctx context.Context, db *mongo.Database, sharded bool, log *slog.Logger) error {
	deadline := time.Now().Add(giveUpAfter)
	for try := 0; ; try++ {
		err := m.make(ctx, db, sharded, log)
		var server mongo.ServerError
		busy := errors.As(err, &server) && (server.HasErrorCode(codeLockBusy) || server.HasErrorCode(codeInProgress))
		if err == nil || !busy && !curable(err) || time.Now().After(deadline) || pause(ctx, try) != nil {
			return err
		}
	}
}

// shard spreads a collection over the shards. Where the user of the URI may not
// do so it stays on one, until somebody does.
func shard(ctx context.Context, db *mongo.Database, name string, key bson.D, log *slog.Logger) error {
	command := bson.D{{Key: "shardCollection", Value: db.Name() + "." + name}, {Key: "key", Value: key}}
	err := db.Client().Database("admin").RunCommand(ctx, command).Err()
	var server mongo.ServerError
	if errors.As(err, &server) && server.HasErrorCode(codeUnauthorized) {
		log.Warn("the user of the MongoDB URI may not shard collections: do it by hand", "collection", name, "key", key)
		return nil
	}
	return err
}

func (m *migration) make(ctx context.Context, db *mongo.Database, sharded bool, log *slog.Logger) error {
	for _, c := range m.Collections {
		if err := makeCollection(ctx, db, c.Name, c.Validator); err != nil {
			return fmt.Errorf("collection %s: %w", c.Name, err)
		}
		if sharded && c.Shard != nil {
			if err := shard(ctx, db, c.Name, c.Shard, log); err != nil {
				return fmt.Errorf("shard %s: %w", c.Name, err)
			}
		}
		var models []mongo.IndexModel
		for _, index := range c.Indexes {
			o := options.Index().SetName(index.Name)
			if index.Partial != nil {
				o.SetPartialFilterExpression(index.Partial)
			}
			models = append(models, mongo.IndexModel{Keys: index.Key, Options: o})
		}
		if len(models) == 0 {
			continue
		}
		if _, err := db.Collection(c.Name).Indexes().CreateMany(ctx, models); err != nil {
			return fmt.Errorf("indexes of %s: %w", c.Name, err)
		}
	}
	return nil
}

// makeCollection makes a collection, or gives the one that is there the
// validator.
func makeCollection(ctx context.Context, db *mongo.Database, name string, validator bson.D) error {
	if validator == nil {
		validator = bson.D{}
	}
	err := db.CreateCollection(ctx, name, options.CreateCollection().SetValidator(validator))
	var server mongo.ServerError
	if errors.As(err, &server) && server.HasErrorCode(codeNamespaceExists) {
		return db.RunCommand(ctx, bson.D{{Key: "collMod", Value: name}, {Key: "validator", Value: validator}}).Err()
	}
	return err
}

// note notes that the migration was made. Of servers that make a database at
// once one gives it the epoch and the key.
func (m *migration) note(ctx context.Context, meta *mongo.Collection) error {
	var epoch [8]byte
	var key [32]byte
	_, _ = rand.Read(epoch[:]) // never fails, as its documentation says
	_, _ = rand.Read(key[:])
	_, err := meta.UpdateOne(ctx, byID("store"), bson.D{
		{Key: "$max", Value: bson.D{{Key: "schema", Value: m.number}}},
		{Key: "$setOnInsert", Value: bson.D{{Key: "epoch", Value: hex.EncodeToString(epoch[:])}, {Key: "key", Value: key[:]}}},
	}, options.UpdateOne().SetUpsert(true))
	if mongo.IsDuplicateKeyError(err) {
		return nil // another was first
	}
	return err
}
