package mongo

import (
	"context"
	"errors"
	"maps"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// touches are the uses of accesses that are not in the file yet.
type touches struct {
	mu sync.Mutex
	of map[activity.UserID]map[activity.AccessID]activity.Timestamp
}

func newTouches() *touches {
	return &touches{of: map[activity.UserID]map[activity.AccessID]activity.Timestamp{}}
}

func (t *touches) add(user activity.UserID, id activity.AccessID, at activity.Timestamp) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of[user] == nil {
		t.of[user] = map[activity.AccessID]activity.Timestamp{}
	}
	if last, ok := t.of[user][id]; !ok || last < at {
		t.of[user][id] = at
	}
}

// merge gives the structure with the uses noted.
func (t *touches) merge(user activity.UserID, s *storage.Structure) *storage.Structure {
	t.mu.Lock()
	noted := maps.Clone(t.of[user])
	t.mu.Unlock()
	for id, at := range noted {
		s = touched(s, id, at)
	}
	return s
}

func touched(s *storage.Structure, id activity.AccessID, at activity.Timestamp) *storage.Structure {
	a, ok := s.Access(id)
	if !ok || a.LastUsed != nil && *a.LastUsed >= at {
		return s
	}
	a.LastUsed = &at
	next, err := s.WithAccess(a)
	if err != nil {
		return s // cannot be: only the time differs
	}
	return next
}

// touch is one use.
type touch struct {
	user   activity.UserID
	access activity.AccessID
	at     activity.Timestamp
}

// some gives a batch of what is noted.
func (t *touches) some(limit int) []touch {
	t.mu.Lock()
	defer t.mu.Unlock()
	var batch []touch
	for user, noted := range t.of {
		for id, at := range noted {
			if len(batch) == limit {
				return batch
			}
			batch = append(batch, touch{user, id, at})
		}
	}
	return batch
}

// settle forgets what was stored.
func (t *touches) settle(batch []touch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, v := range batch {
		if t.of[v.user][v.access] <= v.at {
			delete(t.of[v.user], v.access)
		}
		if len(t.of[v.user]) == 0 {
			delete(t.of, v.user)
		}
	}
}

// flushTouches stores what is noted. It moves neither revision nor history.
func (s *Store) flushTouches(ctx context.Context) error {
	for {
		batch := s.touches.some(sweepRows)
		if len(batch) == 0 {
			return nil
		}
		if err := s.storeTouches(ctx, batch); err != nil {
			return failure("store the uses of accesses", err)
		}
		for _, v := range batch {
			s.cache.renew(v.user, func(a *account) *account {
				next := *a
				next.structure = touched(a.structure, v.access, v.at)
				return &next
			})
		}
		s.touches.settle(batch)
	}
}

// storeTouches stores the uses of accesses that are there.
func (s *Store) storeTouches(ctx context.Context, batch []touch) error {
	ids := make([]bson.D, len(batch))
	for i, v := range batch {
		ids[i] = itemID(v.user, accessKind, string(v.access))
	}
	cursor, err := s.structure.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, options.Find().SetProjection(byOwnID))
	if err != nil {
		return err
	}
	there := map[touch]bool{}
	for cursor.Next(ctx) {
		user, id := cursor.Current.Lookup("_id", "u").StringValue(), cursor.Current.Lookup("_id", "i").StringValue()
		there[touch{user: activity.UserID(user), access: activity.AccessID(id)}] = true
	}
	if err := errors.Join(cursor.Err(), cursor.Close(ctx)); err != nil {
		return err
	}
	var models []mongo.WriteModel
	for _, v := range batch {
		if there[touch{user: v.user, access: v.access}] {
			models = append(models, mongo.NewUpdateOneModel().SetFilter(byID(itemID(v.user, useKind, string(v.access)))).SetUpsert(true).
				SetUpdate(bson.D{{Key: "$max", Value: bson.D{{Key: "at", Value: v.at}}}}))
		}
	}
	if len(models) == 0 {
		return nil
	}
	_, err = s.structure.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	return err
}
