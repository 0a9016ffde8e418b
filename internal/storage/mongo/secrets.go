package mongo

import (
	"bytes"
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// secrets keeps what the servers of one installation share.
type secrets struct{ store *Store }

// keyDoc is a signing key. The first is kept as "first", so that of servers
// that start at once one makes it.
type keyDoc struct {
	ID      string             `bson:"_id"`
	Key     string             `bson:"key"` // its id
	Secret  []byte             `bson:"secret"`
	Created activity.Timestamp `bson:"created"`
}

// SigningKeys gives the keys for sessions, and makes the first.
func (v secrets) SigningKeys(ctx context.Context, newKey func() storage.SigningKey) (keys []storage.SigningKey, err error) {
	keys, err = v.read(ctx)
	if err != nil || len(keys) > 0 {
		return keys, err
	}
	made := newKey()
	err = v.store.write(ctx, "store a signing key", func(ctx context.Context) error {
		_, err := v.store.db.Collection(keysColl).InsertOne(ctx, keyDoc{ID: "first", Key: made.ID, Secret: made.Secret, Created: made.Created})
		if mongo.IsDuplicateKeyError(err) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return v.read(ctx)
}

func (v secrets) read(ctx context.Context) (keys []storage.SigningKey, err error) {
	err = v.store.read(ctx, "read the signing keys", func(ctx context.Context) error {
		cursor, err := v.store.db.Collection(keysColl).Find(ctx, bson.D{}, options.Find().SetSort(bson.D{{Key: "created", Value: -1}, {Key: "key", Value: -1}}))
		if err != nil {
			return err
		}
		var docs []keyDoc
		if err := cursor.All(ctx, &docs); err != nil {
			return err
		}
		for _, d := range docs {
			keys = append(keys, storage.SigningKey{ID: d.Key, Secret: slices.Clone(d.Secret), Created: d.Created})
		}
		return nil
	})
	return keys, err
}

// PutOneTimeToken keeps a token's hash in the place of that of its purpose.
func (v secrets) PutOneTimeToken(ctx context.Context, purpose string, token activity.TokenHash, expires activity.Timestamp) error {
	return v.store.write(ctx, "store a one-time token", func(ctx context.Context) error {
		doc := bson.D{{Key: "_id", Value: purpose}, {Key: "token", Value: bytes.Clone(token[:])}, {Key: "expires", Value: expires}}
		_, err := v.store.db.Collection(tokensColl).ReplaceOne(ctx, byID(purpose), doc, options.Replace().SetUpsert(true))
		return err
	})
}

// validToken selects a one-time token that would be taken now.
func validToken(token activity.TokenHash, now activity.Timestamp) bson.D {
	return bson.D{{Key: "token", Value: token[:]}, {Key: "expires", Value: bson.D{{Key: "$gt", Value: now}}}}
}

// HasOneTimeToken reports whether the token would be taken now.
func (v secrets) HasOneTimeToken(ctx context.Context, token activity.TokenHash) (has bool, err error) {
	err = v.store.read(ctx, "look for a one-time token", func(ctx context.Context) error {
		has, err = exists(v.store.db.Collection(tokensColl).FindOne(ctx, validToken(token, v.store.now())))
		return err
	})
	return has, err
}

// CountAttempt adds one to a counter.
func (v secrets) CountAttempt(ctx context.Context, key string, window time.Duration) (count int, ends activity.Timestamp, err error) {
	now := v.store.now()
	open := bson.D{{Key: "$gt", Value: bson.A{"$ends", now}}}
	next := func(then, otherwise any) bson.D { return bson.D{{Key: "$cond", Value: bson.A{open, then, otherwise}}} }
	var d struct {
		Count int                `bson:"count"`
		Ends  activity.Timestamp `bson:"ends"`
	}
	err = v.store.write(ctx, "count an attempt", func(ctx context.Context) error {
		return v.store.db.Collection(attemptsColl).FindOneAndUpdate(ctx, byID(v.store.keyed("attempt", key)), mongo.Pipeline{{{Key: "$set", Value: bson.D{
			{Key: "count", Value: next(bson.D{{Key: "$add", Value: bson.A{"$count", 1}}}, 1)},
			{Key: "ends", Value: next("$ends", now+activity.Timestamp(window.Seconds()))},
		}}}}, options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(&d)
	})
	return d.Count, d.Ends, err
}

// ForgetAttempts sets a counter back.
func (v secrets) ForgetAttempts(ctx context.Context, key string) error {
	return v.store.write(ctx, "forget attempts", func(ctx context.Context) error {
		_, err := v.store.db.Collection(attemptsColl).DeleteOne(ctx, byID(v.store.keyed("attempt", key)))
		return err
	})
}
