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
// as that took.
const (
	rivalTime   = 2 * time.Second // after it was seen to write
	longestTurn = 100 * time.Millisecond
	fairLosses  = 2 // before one takes the shortest way
)

// leaveTurn decides, after a commit that began at a time, how long the user is
// left to others, and gives when a rival was seen last.
func (w *work) leaveTurn(base known, began time.Time) (rival time.Time) {
	rival = base.rival
	if w.losses > 0 {
		rival = time.Now()
	}
	if time.Since(rival) < rivalTime {
		w.leave = min(time.Since(began), longestTurn)
	}
	return rival
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
		end(session)
		return nil, err
	}
	c := newChain(s, user, base)
	c.session, c.open = session, true
	return c, nil
}
