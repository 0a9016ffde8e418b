package api

import (
	"context"
	"iter"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// Position is a place in the feed of all users' changes.
type Position = storage.Position

// Delivery is a change from the feed with the position after it.
type Delivery = storage.Delivery

// ErrPositionLost is what the feed ends with when it cannot go on from a
// position: everything may have changed.
const ErrPositionLost = storage.ErrPositionLost

// Head gives the position after the newest change.
func (s *Service) Head(ctx context.Context) (Position, error) { return s.Store.Head(ctx) }

// Feed delivers each change committed after the position, of all users, in
// commit order per user, and waits for further ones. It ends when ctx ends,
// without an error, or yields one error as its last: ErrPositionLost when the
// history no longer reaches back to the position.
func (s *Service) Feed(ctx context.Context, from Position) iter.Seq2[Delivery, error] {
	return s.Store.Changes(ctx, from)
}

// missedAtOnce is how many changes Missed gives at most.
const missedAtOnce = 500

// Missed gives the changes of a user after one, as the feed told them or would
// have, in order: the first of them, and none where that one is the newest.
// ErrPositionLost when the history does not reach back to it or never had it,
// CodeUnknownUser when there is no such user (any more).
func (s *Service) Missed(ctx context.Context, user activity.UserID, after activity.Seq) ([]activity.Change, error) {
	var changes []activity.Change
	err := s.Store.Tenant(user).View(ctx, func(tx storage.Tx) error {
		changes = nil
		_, head, err := tx.LogHead(ctx)
		switch {
		case err != nil || after == head:
			return err
		case after > head:
			return ErrPositionLost
		}
		list, oldest, err := tx.Log(ctx, after, missedAtOnce)
		if err == nil && (after < oldest || len(list) == 0 || list[0].Seq != after+1) {
			err = ErrPositionLost
		}
		changes = list
		return err
	})
	return changes, err
}
