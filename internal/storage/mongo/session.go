package mongo

import (
	"context"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// Bounds of time: of one operation on the database, and of a unit of work that
// is tried again because the database is away or others were faster.
const (
	operationTime = 10 * time.Second
	commitTime    = 5 * time.Second  // for asking again whether it was done
	giveUpAfter   = 10 * time.Second // the last try may last for selectTime more
)

// clock is the newest operation that this process knows to be committed: what
// reads after it, on whatever server, must see it.
type clock struct {
	mu  sync.Mutex
	now *bson.Timestamp
}

func (c *clock) get() *bson.Timestamp {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(to *bson.Timestamp) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to != nil && (c.now == nil || c.now.Before(*to)) {
		c.now = to
	}
}

// advanceTo takes the time of a snapshot.
func (c *clock) advanceTo(to bson.Timestamp) {
	if !to.IsZero() {
		c.advance(&to)
	}
}

// causal gives a session whose reads see what this process has committed.
func (s *Store) causal() (*mongo.Session, error) {
	session, err := s.client.StartSession(options.Session().SetCausalConsistency(true).SetDefaultTransactionOptions(s.transactions))
	if err != nil {
		return nil, err
	}
	if now := s.clock.get(); now != nil {
		err = session.AdvanceOperationTime(now)
	}
	return session, err
}

// snapshot gives a session whose reads all see the moment of the first.
func (s *Store) snapshot() (*mongo.Session, error) {
	return s.client.StartSession(options.Session().SetSnapshot(true))
}

// transactionOptions: what a transaction reads is committed by a majority when
// it commits; across shards it must be of one moment too.
func transactionOptions(sharded bool) *options.TransactionOptionsBuilder {
	concern := readconcern.Majority()
	if sharded {
		concern = readconcern.Snapshot()
	}
	return options.Transaction().SetReadConcern(concern).SetWriteConcern(writeconcern.Majority())
}

// end ends a session, and its transaction if one is open. While no server takes
// writes nobody is told: a primary that steps down has aborted it, and one that
// comes back has it ended as those of servers that are gone.
func (s *Store) end(session *mongo.Session) {
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	if s.outage.away() {
		cancel()
	}
	session.EndSession(ctx)
}

// commit commits the session's transaction. It goes on asking while the answer
// is lost; an error with unknownLabel says that it was in vain.
func (s *Store) commit(ctx context.Context, session *mongo.Session) error {
	deadline := time.Now().Add(commitTime)
	for try := 0; ; try++ {
		err := session.CommitTransaction(ctx)
		if err == nil {
			s.clock.advance(session.OperationTime())
			return nil
		}
		if !labelled(err, unknownLabel) {
			return err
		}
		if time.Now().After(deadline) || pause(ctx, try) != nil {
			s.kill(session)
			return err
		}
	}
}

// kill ends a session in the database with the transaction that it may have:
// else one that is neither committed nor aborted stands in the way of others for
// a minute. It is left to that while no server takes writes.
func (s *Store) kill(session *mongo.Session) {
	if s.outage.away() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTime)
	defer cancel()
	command := bson.D{{Key: "killSessions", Value: bson.A{session.ID()}}}
	if err := s.db.RunCommand(ctx, command).Err(); err != nil {
		s.options.Logger.Debug("cannot end a transaction whose commit was not answered", "error", err)
	}
}

// transact runs fn in a transaction of its own, again while others are in its
// way or the database is away. fn gets the context to read and write with.
func (s *Store) transact(ctx context.Context, op string, fn func(context.Context) error) error {
	deadline := time.Now().Add(giveUpAfter)
	for try := 0; ; try++ {
		err := s.transactOnce(ctx, fn)
		if err == nil || !labelled(err, transientLabel) || s.outage.refuses() != nil || time.Now().After(deadline) || s.waitAgain(ctx, try, err) != nil {
			return failure(op, err)
		}
	}
}

func (s *Store) transactOnce(ctx context.Context, fn func(context.Context) error) error {
	session, err := s.causal()
	if err != nil {
		return err
	}
	defer s.end(session)
	if err := session.StartTransaction(); err != nil {
		return err
	}
	if err := fn(mongo.NewSessionContext(ctx, session)); err != nil {
		return err // EndSession aborts
	}
	return s.commit(mongo.NewSessionContext(ctx, session), session)
}

// pause waits before another try, longer each time.
func pause(ctx context.Context, try int) error {
	return pauseFor(ctx, min(500*time.Millisecond, time.Millisecond<<min(try, 9)))
}

func pauseFor(ctx context.Context, d time.Duration) error {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
