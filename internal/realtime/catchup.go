package realtime

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
)

// catchers is how many users are caught up with at once.
const catchers = 16

// catching is the work after the feed has lost its place: each user with sockets
// is told what the history has after the last change that they were told.
type catching struct {
	server *Server
	epoch  string // of the history that was followed; "" for none
	users  []activity.UserID

	next                       atomic.Int64 // of users
	behind, everything, closed atomic.Int64 // for the log
}

// catchUp tells everybody what was committed after what they were told, and
// before now: of whom the history does not reach back so far, that anything may
// have changed. What the feed tells again is known by its number. A new position
// must have been taken before.
func (s *Server) catchUp(ctx context.Context) {
	c := &catching{server: s, users: s.hub.users()}
	if epoch := s.epoch.Load(); epoch != nil {
		c.epoch = *epoch
	}
	var work sync.WaitGroup
	for range min(catchers, len(c.users)) {
		work.Go(func() { c.run(ctx) })
	}
	work.Wait()
	if ctx.Err() == nil {
		s.Logger.Info("all sockets were told what the feed of changes had lost", "users", len(c.users),
			"behind", c.behind.Load(), "everything", c.everything.Load(), "closed", c.closed.Load())
	}
}

// run brings up one user after the other.
func (c *catching) run(ctx context.Context) {
	for ctx.Err() == nil {
		i := c.next.Add(1) - 1
		if i >= int64(len(c.users)) {
			return
		}
		c.insist(ctx, c.users[i])
	}
}

// insist brings up a user, however often the store is away. Where it has another
// fault, the user's sockets are closed: their clients come back and ask.
func (c *catching) insist(ctx context.Context, user activity.UserID) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := c.server.bringUp(ctx, user, c)
		switch {
		case err == nil, ctx.Err() != nil:
			return
		case isCode(err, activity.CodeServiceUnavailable), errors.Is(err, context.DeadlineExceeded):
		default:
			c.closed.Add(1)
			for _, s := range c.server.hub.of(user) {
				c.server.blind(ctx, s, err)
			}
			return
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// fill brings up a user of whom the feed tells a change but not those before it.
// That is how it shows where a store told of a moment that was not the newest, as
// it may after a failover.
func (s *Server) fill(ctx context.Context, change *activity.Change) {
	c := &catching{server: s}
	err := s.bringUp(ctx, change.User, c)
	sessions := s.hub.of(change.User)
	if err == nil && missing(sessions, change.Seq) {
		err = api.ErrPositionLost
	}
	if err == nil {
		return
	}
	for _, one := range sessions {
		if one.misses(change.Seq) {
			s.blind(ctx, one, err)
		}
	}
}

// missing reports whether one of the sessions was not told all before a change.
func missing(sessions []*session, seq activity.Seq) bool {
	for _, s := range sessions {
		if s.misses(seq) {
			return true
		}
	}
	return false
}

func (s *session) misses(seq activity.Seq) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return seq > s.seen+1 && s.listens()
}

// bringUp tells the sockets of a user what they were not told yet. Rights come
// first: nothing is told to whom it does not concern any more. After an error it
// may be called again; what was told is not told twice.
func (s *Server) bringUp(ctx context.Context, user activity.UserID, c *catching) (err error) {
	defer survive(&err)
	sessions, oldest, newest := s.hub.listening(user)
	if len(sessions) == 0 {
		return nil
	}
	v, err := s.snapshot(ctx, user)
	switch nobody := isCode(err, activity.CodeUnknownUser); {
	case err != nil && !nobody:
		return err
	case nobody:
		s.settle(v, false, sessions, false)
		return nil
	case c.epoch != "" && v.Epoch != c.epoch, newest > v.Head:
		c.everything.Add(1)
		s.settle(v, true, sessions, true)
		return nil
	case oldest == v.Head: // and so the rights are those of then
		return nil
	}
	c.behind.Add(1)
	s.settle(v, true, sessions, false)
	err = s.replay(ctx, user, v.Head)
	if errors.Is(err, api.ErrPositionLost) {
		c.everything.Add(1)
		sessions, _, _ = s.hub.listening(user)
		s.settle(v, true, sessions, true)
		err = nil
	}
	return err
}

// replay tells the sockets of a user what the history has up to a change, as the
// feed would have. ErrPositionLost.
func (s *Server) replay(ctx context.Context, user activity.UserID, until activity.Seq) error {
	var failed error
	t := teller{server: s, trouble: func(one *session, c *activity.Change, err error) {
		one.unhear(c)
		failed = err
	}}
	for {
		_, after, _ := s.hub.listening(user)
		if after >= until {
			return nil
		}
		changes, err := s.missed(ctx, user, after)
		if err != nil {
			return err
		}
		if len(changes) == 0 {
			return errNotYet()
		}
		for i := range changes {
			t.take(ctx, &changes[i])
			if failed != nil {
				return failed
			}
		}
	}
}

// errNotYet is for a read of a moment before one that was read already.
func errNotYet() *activity.Error {
	return activity.NewError(activity.CodeServiceUnavailable, "The store does not show yet what it has shown before.")
}

func (s *Server) missed(ctx context.Context, user activity.UserID, after activity.Seq) ([]activity.Change, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return s.Service.Missed(ctx, user, after)
}

// unhear lets the session hear of a change again.
func (s *session) unhear(c *activity.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = min(s.seen, c.Seq-1)
}

// listening gives the sessions of a user that are told of changes, and the least
// and the greatest number of those that they were told last; a least one beyond
// all without sessions. Those that are not told yet are made to look again at
// what they begin with.
func (h *hub) listening(user activity.UserID) (sessions []*session, oldest, newest activity.Seq) {
	const beyond = 1<<63 - 1
	oldest = beyond
	for _, s := range h.of(user) {
		s.mu.Lock()
		if s.listens() {
			sessions = append(sessions, s)
			oldest, newest = min(oldest, s.seen), max(newest, s.seen)
		}
		s.again = !s.armed
		s.mu.Unlock()
	}
	return sessions, oldest, newest
}
