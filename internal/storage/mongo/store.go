package mongo

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/chores"
	"github.com/activityd/activityd/internal/storage/counts"
	"github.com/activityd/activityd/internal/storage/memory"
)

// Store is the MongoDB store. Open makes one.
type Store struct {
	options      Options
	client       *mongo.Client
	primary      *primary
	db           *mongo.Database
	sharded      bool
	oneByOne     atomic.Bool // a command takes statements of one collection, before MongoDB 8.0
	transactions *options.TransactionOptionsBuilder
	epoch        string // of the history
	key          []byte // of keyed hashes

	names, heads, structure, profiles, events, changes *mongo.Collection

	clock     clock
	units     units
	abandoned abandoned
	cache     *cache
	queues    *queues
	commits   *gathering
	uses      memory.Uses
	janitor   *chores.Janitor
	watcher   *watcher
	tail      *tail
	counts    *counts.Counts
	outage    *outage
	turns     *turns

	gate     sync.Mutex // guards closed, and calls against Add after Wait
	closed   bool
	calls    sync.WaitGroup
	closing  chan struct{}
	commiter sync.WaitGroup
	turnTold sync.WaitGroup
}

var _ storage.Store = (*Store)(nil)

// enter begins a call, which leave must end. While the database is away for
// longer none begins.
func (s *Store) enter() error {
	if err := s.outage.refuses(); err != nil {
		return err
	}
	s.gate.Lock()
	defer s.gate.Unlock()
	if s.closed {
		return unavailable(errClosed)
	}
	s.calls.Add(1)
	return nil
}

func (s *Store) leave() { s.calls.Done() }

// Tenant scopes to one user.
func (s *Store) Tenant(id activity.UserID) storage.Tenant { return tenant{store: s, user: id} }

// Users keeps who the tenants are.
func (s *Store) Users() storage.Users { return users{s} }

// Secrets keeps what the servers of one installation share.
func (s *Store) Secrets() storage.Secrets { return secrets{s} }

// Ready writes a trial that a majority must take.
func (s *Store) Ready(ctx context.Context) error {
	return s.write(ctx, "write a trial", func(ctx context.Context) error {
		return trial(ctx, s.db)
	})
}

// write runs fn, which writes one document, and keeps its time. fn may run a
// second time where two made the document at once.
func (s *Store) write(ctx context.Context, op string, fn func(context.Context) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	session, err := s.causal()
	if err != nil {
		return failure(op, err)
	}
	defer s.end(session)
	ctx = mongo.NewSessionContext(ctx, session)
	err = fn(ctx)
	if mongo.IsDuplicateKeyError(err) {
		err = fn(ctx)
	}
	if err == nil {
		s.clock.advance(session.OperationTime())
	}
	return ended(ctx, op, err)
}

// read runs fn, whose reads see what this process has committed.
func (s *Store) read(ctx context.Context, op string, fn func(context.Context) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	session, err := s.causal()
	if err != nil {
		return failure(op, err)
	}
	defer s.end(session)
	return ended(ctx, op, fn(mongo.NewSessionContext(ctx, session)))
}

func (s *Store) now() activity.Timestamp { return activity.TimestampOf(s.options.Clock()) }

// closeTime is how long the end of a store may wait for a database that is away.
const closeTime = 5 * time.Second

// Close ends the store when the running units of work have ended.
func (s *Store) Close() error {
	s.gate.Lock()
	if s.closed {
		s.gate.Unlock()
		return nil
	}
	s.closed = true
	s.gate.Unlock()

	err := s.outage.refuses()
	s.outage.watch(false)
	close(s.closing) // readers of the feed go
	s.calls.Wait()
	s.janitor.Close()
	s.queues.wait()
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if err == nil {
		err = s.flushUses(ctx)
	}
	s.commits.close()
	s.commiter.Wait()
	s.watcher.close()
	s.turnTold.Wait()
	return errors.Join(err, s.client.Disconnect(ctx))
}
