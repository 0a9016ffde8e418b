package mongo

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/memory"
)

// flushUses stores the uses of accesses. It moves neither revision nor history.
func (s *Store) flushUses(ctx context.Context) error {
	return s.uses.Flush(sweepRows, func(batch []memory.Use) error {
		if err := s.storeUses(ctx, batch); err != nil {
			return failure("store the uses of accesses", err)
		}
		for _, use := range batch {
			s.cache.Renew(use.User, func(k known) known {
				next := *k.account
				next.structure = next.structure.WithLastUsed(use.Use)
				k.account = &next
				return k
			})
		}
		return nil
	})
}

// storeUses stores the uses of accesses that are there.
func (s *Store) storeUses(ctx context.Context, batch []memory.Use) error {
	there, err := s.accessesOf(ctx, batch)
	if err != nil {
		return err
	}
	var models []mongo.WriteModel
	for _, use := range batch {
		if there[accessOf{use.User, use.Access}] {
			models = append(models, mongo.NewUpdateOneModel().SetFilter(byID(itemID(use.User, useKind, string(use.Access)))).SetUpsert(true).
				SetUpdate(bson.D{{Key: "$max", Value: bson.D{{Key: "at", Value: use.At}}}}))
		}
	}
	if len(models) == 0 {
		return nil
	}
	_, err = s.structure.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	return err
}

type accessOf struct {
	user activity.UserID
	id   activity.AccessID
}

// accessesOf gives those accesses of the uses that are there.
func (s *Store) accessesOf(ctx context.Context, batch []memory.Use) (map[accessOf]bool, error) {
	ids := make([]bson.D, len(batch))
	for i, use := range batch {
		ids[i] = itemID(use.User, accessKind, string(use.Access))
	}
	cursor, err := s.structure.Find(ctx, bson.D{isIn("_id", ids)}, options.Find().SetProjection(byOwnID))
	if err != nil {
		return nil, err
	}
	there := map[accessOf]bool{}
	for cursor.Next(ctx) {
		user, id := cursor.Current.Lookup("_id", "u").StringValue(), cursor.Current.Lookup("_id", "i").StringValue()
		there[accessOf{activity.UserID(user), activity.AccessID(id)}] = true
	}
	return there, errors.Join(cursor.Err(), cursor.Close(ctx))
}
