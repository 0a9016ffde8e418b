package mongo

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/chores"
)

const (
	pruneUsers = 2000 // whose history is looked at in a minute
	pruneRows  = 500  // changes that are pruned at once

	pruneApart = chores.Every * 5 / 6 // of turns, at least: nobody misses his own by a moment
)

// pruneTurn takes the turn to prune, of which all servers together have one in a
// minute. It gives the user after whom the turn before ended.
func (s *Store) pruneTurn(ctx context.Context) (after string, ours bool, err error) {
	var turn struct {
		After string `bson:"after"`
	}
	now := s.now()
	due := bson.E{Key: "at", Value: bson.D{{Key: "$lte", Value: now - activity.Timestamp(pruneApart.Seconds())}}}
	err = s.db.Collection(metaColl).FindOneAndUpdate(ctx, append(byID(turnID), due), bson.D{{Key: "$set", Value: bson.D{{Key: "at", Value: now}}}},
		options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(&turn)
	if mongo.IsDuplicateKeyError(err) { // the record is there, but not due
		return "", false, nil
	}
	return turn.After, err == nil, err
}

const turnID = "prune"

// prune removes what is older than the history is kept, of some users after the
// other, and what has expired.
func (s *Store) prune(ctx context.Context) error {
	last, ours, err := s.pruneTurn(ctx)
	if err != nil || !ours {
		return failure("prune", err)
	}
	before := s.now() - activity.Timestamp(max(s.options.History, 2*headFor).Seconds())
	cursor, err := s.heads.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: last}}}},
		options.Find().SetSort(byOwnID).SetLimit(pruneUsers).SetProjection(byOwnID))
	if err != nil {
		return failure("prune", err)
	}
	var users []headDoc
	if err := cursor.All(ctx, &users); err != nil {
		return failure("prune", err)
	}
	for _, d := range users {
		if err := s.pruneUser(ctx, activity.UserID(d.ID), before); err != nil {
			return failure("prune", err)
		}
		last = d.ID
	}
	if len(users) < pruneUsers {
		last = "" // from the beginning
	}
	if _, err := s.db.Collection(metaColl).UpdateOne(ctx, byID(turnID), bson.D{{Key: "$set", Value: bson.D{{Key: "after", Value: last}}}}); err != nil {
		return failure("prune", err)
	}
	now := s.now()
	for coll, field := range map[string]string{tokensColl: "expires", attemptsColl: "ends", blockedColl: "until"} {
		if _, err := s.db.Collection(coll).DeleteMany(ctx, bson.D{{Key: field, Value: bson.D{{Key: "$lte", Value: now}}}}); err != nil {
			return failure("prune", err)
		}
	}
	return failure("prune", s.turns.forget(ctx, now-activity.Timestamp(time.Hour.Seconds())))
}

// pruneUser removes a user's changes that were before a time. The numbers have
// no gaps, so that all between the first and the last are known.
func (s *Store) pruneUser(ctx context.Context, user activity.UserID, before activity.Timestamp) error {
	for {
		changes, err := s.readLog(ctx, user, 0, 1)
		if err != nil || len(changes) == 0 || changes[0].Time >= before {
			return err
		}
		if changes, err = s.readLog(ctx, user, 0, pruneRows); err != nil {
			return err
		}
		var last activity.Seq
		n := 0
		for _, c := range changes {
			if c.Time < before {
				last = c.Seq
				n++
			}
		}
		if n == 0 {
			return errors.New("the changes of a user are not in order")
		}
		// The newest change may be among them, which says where the history stands.
		floor := bson.D{{Key: "$max", Value: bson.D{{Key: "seq", Value: int64(last)}, {Key: "modified", Value: changes[n-1].Time}}}}
		if _, err := s.heads.UpdateOne(ctx, byID(string(user)), floor); err != nil {
			return err
		}
		if _, err := s.changes.DeleteMany(ctx, between(user, changeID(user, 0), changeID(user, last))); err != nil {
			return err
		}
		s.counts.Pruned.Add(uint64(n))
	}
}
