package realtime_test

import (
	"context"
	"iter"
	"sync"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// doctored is a store that shows the follower what a test wants it to see, where
// its hooks are set.
type doctored struct {
	storage.Store

	mu   sync.Mutex
	head storage.Position // given in the place of the newest
	// view is called before each unit of reading, with what it shall fail with.
	view func(activity.UserID) error
	// viewed is called behind it, once it has read.
	viewed func(ctx context.Context, user activity.UserID)
	// log changes what the history seems to be.
	log func(user activity.UserID, changes []activity.Change, oldest activity.Seq) ([]activity.Change, activity.Seq)
	// logHead changes where it seems to stand.
	logHead func(epoch string, head activity.Seq) (string, activity.Seq)
	// drop has the feed leave a change out.
	drop func(activity.Change) bool
	// reads are the units of reading that the follower ran.
	reads int
}

// doctor puts a doctored store around the one of a house.
func doctor(to **doctored) func(*built) {
	return func(b *built) {
		*to = &doctored{Store: b.store}
		b.store = *to
	}
}

// set changes hooks while the house is open.
func (s *doctored) set(change func(*doctored)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *doctored) Head(ctx context.Context) (storage.Position, error) {
	p, err := s.Store.Head(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.head != "" && err == nil {
		p = s.head
	}
	return p, err
}

func (s *doctored) Changes(ctx context.Context, from storage.Position) iter.Seq2[storage.Delivery, error] {
	return func(yield func(storage.Delivery, error) bool) {
		for d, err := range s.Store.Changes(ctx, from) {
			s.mu.Lock()
			drops := err == nil && s.drop != nil && s.drop(d.Change)
			s.mu.Unlock()
			if !drops && !yield(d, err) {
				return
			}
		}
	}
}

func (s *doctored) Tenant(id activity.UserID) storage.Tenant {
	return doctoredTenant{s.Store.Tenant(id), s, id}
}

type doctoredTenant struct {
	storage.Tenant
	store *doctored
	user  activity.UserID
}

func (t doctoredTenant) View(ctx context.Context, fn func(storage.Tx) error) error {
	t.store.mu.Lock()
	view, viewed := t.store.view, t.store.viewed
	var err error
	if isFollowers(ctx) {
		t.store.reads++
		if view != nil {
			err = view(t.user)
		}
	}
	t.store.mu.Unlock()
	if err != nil {
		return err
	}
	err = t.Tenant.View(ctx, func(tx storage.Tx) error { return fn(doctoredTx{tx, t}) })
	if viewed != nil {
		viewed(ctx, t.user)
	}
	return err
}

type doctoredTx struct {
	storage.Tx
	of doctoredTenant
}

func (tx doctoredTx) Log(ctx context.Context, after activity.Seq, limit int) ([]activity.Change, activity.Seq, error) {
	changes, oldest, err := tx.Tx.Log(ctx, after, limit)
	tx.of.store.mu.Lock()
	defer tx.of.store.mu.Unlock()
	if err == nil && tx.of.store.log != nil {
		changes, oldest = tx.of.store.log(tx.of.user, changes, oldest)
	}
	return changes, oldest, err
}

func (tx doctoredTx) LogHead(ctx context.Context) (string, activity.Seq, error) {
	epoch, head, err := tx.Tx.LogHead(ctx)
	tx.of.store.mu.Lock()
	defer tx.of.store.mu.Unlock()
	if err == nil && tx.of.store.logHead != nil {
		epoch, head = tx.of.store.logHead(epoch, head)
	}
	return epoch, head, err
}
