package api

import (
	"context"
	"iter"

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
