package sqlite

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/chores"
	"github.com/activityd/activityd/internal/storage/counts"
	"github.com/activityd/activityd/internal/storage/memory"
)

// Store is the SQLite store. Open makes one.
type Store struct {
	options Options
	lock    *os.File // nil unless exclusive
	epoch   string   // of the history
	key     []byte   // of keyed hashes
	lists   map[listKind]string

	cache   *memory.Cache[*account]
	news    *news
	writer  *writer
	readers *readers
	uses    memory.Uses
	janitor *chores.Janitor
	counts  *counts.Counts

	gate    sync.Mutex // guards closed, and calls against Add after Wait
	closed  bool
	calls   sync.WaitGroup
	closing chan struct{}
}

var _ storage.Store = (*Store)(nil)

// enter begins a call, which leave must end.
func (s *Store) enter() error {
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

// Ready writes to the file, and so knows that it can be written.
func (s *Store) Ready(ctx context.Context) error {
	return s.write(ctx, "write a trial", func(c *conn) error {
		return c.exec("UPDATE meta SET value = value + 1 WHERE name = 'trials'")
	})
}

// write runs fn as a unit of work that is no tenant's.
func (s *Store) write(ctx context.Context, op string, fn func(*conn) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	return s.writer.do(ctx, op, func() error { return failure(op, fn(s.writer.conn)) }, nil)
}

// read runs fn on a snapshot.
func (s *Store) read(ctx context.Context, op string, fn func(*conn) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	return s.readers.snapshot(ctx, op, fn)
}

func (s *Store) now() activity.Timestamp { return activity.TimestampOf(s.options.Clock()) }

// Close ends the store when the running units of work have ended.
func (s *Store) Close() error {
	s.gate.Lock()
	if s.closed {
		s.gate.Unlock()
		return nil
	}
	s.closed = true
	s.gate.Unlock()

	close(s.closing) // readers of the feed go
	s.calls.Wait()
	s.janitor.Close()
	errs := []error{s.flushUses(context.Background()), s.readers.close(), s.writer.close()}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}
