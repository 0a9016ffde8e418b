package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/activityd/activityd/internal/activity"
)

// Where servers write for one user at the same time, who has just committed knows
// the newest and is the first to begin again: the others would lose until they
// give up. So a server that knows of a rival leaves as much time behind a commit
// as that took. One that has written for a while without a pause does so once: a
// rival that never wins is not known.
const (
	rivalTime   = 2 * time.Second // after it was seen to write
	aloneTime   = time.Second
	longestTurn = 300 * time.Millisecond
	fairLosses  = 2 // before one takes the shortest way
)

// turns is what decides when a user is left to others.
type turns struct {
	rival time.Time // when another server was last seen to write for the user
	left  time.Time // when the user was last left to others, or seen first
}

// leaveTurn decides, after a commit that began at a time, how long the user is
// left to others.
func (w *work) leaveTurn(t turns, began time.Time) turns {
	now := time.Now()
	took := now.Sub(began)
	if w.losses > 0 {
		t.rival = now
	}
	switch {
	case now.Sub(t.rival) < rivalTime:
		w.leave, t.left = min(took, longestTurn), now
	case t.left.IsZero() || !w.store.queues.busy(w.user):
		t.left = now
	case now.Sub(t.left) > aloneTime:
		w.leave, t.left = min(2*took+longestWait, longestTurn), now
	}
	return t
}

// openChain begins a chain with a transaction of its own, which reads what has
// been committed on the primary. Who waits for a majority to have that, as others
// do, begins when the rival does too, and has one journey more to make.
func (s *Store) openChain(user activity.UserID) (*chain, error) {
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	session, err := s.causal()
	if err != nil {
		return nil, err
	}
	var base known
	if err = session.StartTransaction(); err == nil {
		base, err = s.load(mongo.NewSessionContext(ctx, session), user, known{})
	}
	switch {
	case err == nil && base.account == nil:
		err = unknownUser()
	case err != nil:
		err = again(err)
	}
	if err != nil {
		s.end(session)
		return nil, err
	}
	c := newChain(s, user, base)
	c.session, c.open = session, true
	return c, nil
}
