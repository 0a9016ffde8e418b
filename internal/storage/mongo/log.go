package mongo

import (
	"context"
	"errors"
	"math"

	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/activity"
)

// Log gives the changes after seq.
func (r *reads) Log(ctx context.Context, after activity.Seq, limit int) (changes []activity.Change, oldest activity.Seq, err error) {
	within, err := r.reading(ctx)
	if err != nil {
		return nil, 0, err
	}
	changes, err = r.store.readLog(within, r.user, after, limit)
	if err != nil {
		return nil, 0, r.failed(ctx, "read the history", err)
	}
	// The changes of a user have no gaps, but for those pruned at the old end.
	first, err := r.store.readLog(within, r.user, 0, 1)
	if err != nil {
		return nil, 0, r.failed(ctx, "read the history", err)
	}
	oldest = r.head().seq
	if len(first) > 0 {
		oldest = first[0].Seq - 1
	}
	if r.chain == nil {
		return changes, oldest, nil
	}
	for _, c := range r.chain.records {
		oldest = min(oldest, c.Seq-1)
		if c.Seq > after && len(changes) < limit {
			changes = append(changes, c.Change)
		}
	}
	return changes, oldest, nil
}

// readLog gives the changes of a user after seq that are in the database.
func (s *Store) readLog(ctx context.Context, user activity.UserID, after activity.Seq, limit int) (changes []activity.Change, err error) {
	if limit <= 0 {
		return nil, nil
	}
	filter := between(user, changeID(user, after+1), changeID(user, math.MaxInt64))
	cursor, err := s.changes.Find(ctx, filter, options.Find().SetSort(byOwnID).SetLimit(int64(limit)))
	if err != nil {
		return nil, err
	}
	for cursor.Next(ctx) {
		v, err := readRecord(cursor.Current)
		if err != nil {
			return nil, errors.Join(err, cursor.Close(ctx))
		}
		changes = append(changes, v.Change)
	}
	return changes, errors.Join(cursor.Err(), cursor.Close(ctx))
}

// LogHead gives the epoch of the history and the newest seq.
func (r *reads) LogHead(ctx context.Context) (string, activity.Seq, error) {
	if _, err := r.reading(ctx); err != nil {
		return "", 0, err
	}
	return r.store.epoch, r.head().seq, nil
}
