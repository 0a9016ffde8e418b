package realtime_test

import (
	"context"
	"iter"
	"sync"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// slowStore is a store whose units of work and feed can be held up and broken.
type slowStore struct {
	storage.Store

	mu     sync.Mutex
	free   chan struct{} // units wait for it, if it is not nil
	held   chan struct{} // units of sockets wait for it
	waits  chan struct{} // gets one for each unit that waits
	feed   chan struct{} // closed to break the feed that is read
	broken error         // with which it ends
	fails  error         // of the calls for a feed or its head
	once   bool          // fails counts once
	panics bool          // the follower's reads panic
}

// slow puts a slowStore into a house.
func slow(to **slowStore) func(*built) {
	return func(b *built) {
		*to = &slowStore{Store: b.store, waits: make(chan struct{}, 1000), feed: make(chan struct{})}
		b.store = *to
	}
}

// hold lets units of work wait until the function that it gives is called.
func (s *slowStore) hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	free := make(chan struct{})
	s.free = free
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.free == free {
			s.free = nil
			close(free)
		}
	}
}

// holdSockets lets units of sockets wait until release is called.
func (s *slowStore) holdSockets() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = make(chan struct{})
}

func (s *slowStore) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != nil {
		close(s.held)
		s.held = nil
	}
}

func (s *slowStore) wait(origin activity.Origin) {
	s.mu.Lock()
	free := s.free
	if s.held != nil && origin.Socket != "" {
		free = s.held
	}
	s.mu.Unlock()
	if free != nil {
		s.waits <- struct{}{}
		<-free
	}
}

func (s *slowStore) Tenant(id activity.UserID) storage.Tenant {
	return slowTenant{s.Store.Tenant(id), s}
}

type slowTenant struct {
	storage.Tenant
	store *slowStore
}

func (t slowTenant) Update(ctx context.Context, origin activity.Origin, fn func(storage.Tx) error) error {
	t.store.wait(origin)
	return t.Tenant.Update(ctx, origin, fn)
}

// panicOnView lets the reads of the follower panic.
func (s *slowStore) panicOnView(panics bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.panics = panics
}

func (t slowTenant) View(ctx context.Context, fn func(storage.Tx) error) error {
	t.store.mu.Lock()
	panics := t.store.panics
	t.store.mu.Unlock()
	if panics && isFollowers(ctx) {
		panic("slowStore panics")
	}
	return t.Tenant.View(ctx, fn)
}

// isFollowers reports whether a context is that of the house's Run.
func isFollowers(ctx context.Context) bool { return ctx.Value(runKey{}) != nil }

type runKey struct{}

// breakFeed ends the feed that is read with an error; the next are as fails
// says.
func (s *slowStore) breakFeed(err, fails error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken, s.fails = err, fails
	close(s.feed)
	s.feed = make(chan struct{})
}

// mendWhenAsked lets the feed go on once it has told that it cannot.
func (s *slowStore) mendWhenAsked() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.once = true
}

// mend lets the feed go on.
func (s *slowStore) mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = nil
}

func (s *slowStore) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.fails
	if s.once {
		s.fails, s.once = nil, false
	}
	return err
}

func (s *slowStore) Head(ctx context.Context) (storage.Position, error) {
	if err := s.failure(); err != nil {
		return "", err
	}
	return s.Store.Head(ctx)
}

func (s *slowStore) Changes(ctx context.Context, from storage.Position) iter.Seq2[storage.Delivery, error] {
	return func(yield func(storage.Delivery, error) bool) {
		if err := s.failure(); err != nil {
			yield(storage.Delivery{}, err)
			return
		}
		s.mu.Lock()
		ends := s.feed
		s.mu.Unlock()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		done := make(chan struct{})
		defer close(done)
		go func() {
			select {
			case <-ends:
				cancel()
			case <-done:
			}
		}()
		for d, err := range s.Store.Changes(ctx, from) {
			select {
			case <-ends: // what was read and not given is lost to this reader
			default:
				if !yield(d, err) {
					return
				}
				continue
			}
			break
		}
		select {
		case <-ends:
			s.mu.Lock()
			err := s.broken
			s.mu.Unlock()
			yield(storage.Delivery{}, err)
		default:
		}
	}
}

// panicStore is a store whose writes panic, but for those of a sign-in.
type panicStore struct{ storage.Store }

func (s panicStore) Tenant(id activity.UserID) storage.Tenant {
	return panicTenant{s.Store.Tenant(id)}
}

type panicTenant struct{ storage.Tenant }

func (t panicTenant) Update(ctx context.Context, origin activity.Origin, fn func(storage.Tx) error) error {
	if origin.Socket != "" {
		panic("panicStore")
	}
	return t.Tenant.Update(ctx, origin, fn)
}
