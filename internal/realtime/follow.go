package realtime

import (
	"context"
	"errors"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
)

// How long the follower waits after a failure: twice as long each time.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

// follower reads the feed and tells the sockets. It is one goroutine.
type follower struct {
	server   *Server
	position api.Position
	failing  bool
	pause    time.Duration
}

// run follows until ctx ends. After a failure it goes on from where it was; if
// that cannot be, everything may have changed, and everybody is told so.
func (f *follower) run(ctx context.Context) {
	if !f.begin(ctx) {
		return
	}
	close(f.server.following)
	for {
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		f.failed(err)
		if !f.rest(ctx) {
			return
		}
		if errors.Is(err, api.ErrPositionLost) {
			if !f.begin(ctx) {
				return
			}
			f.resync(ctx)
		}
	}
}

// begin finds the feed's present end. It gives up only with ctx.
func (f *follower) begin(ctx context.Context) bool {
	for {
		position, err := f.server.Service.Head(ctx)
		if err == nil {
			f.position = position
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		f.failed(err)
		if !f.rest(ctx) {
			return false
		}
	}
}

// follow takes one change after the other.
func (f *follower) follow(ctx context.Context) error {
	for d, err := range f.server.Service.Feed(ctx, f.position) {
		if err != nil {
			return err
		}
		if f.failing {
			f.failing, f.pause = false, 0
			f.server.Logger.Info("the feed of changes goes on")
		}
		if err := f.try(func() { f.take(ctx, &d.Change) }); err != nil {
			for _, s := range f.server.hub.of(d.Change.User) {
				f.blind(ctx, s, err)
			}
		}
		f.position = d.Position
	}
	return nil
}

// try gives the panic of what it calls.
func (f *follower) try(work func()) (err error) {
	defer survive(&err)
	work()
	return nil
}

// failed logs the first of failures in a row.
func (f *follower) failed(err error) {
	if !f.failing {
		f.failing = true
		f.server.Logger.Error("the feed of changes has stopped; it is tried again", "error", err)
	}
}

// rest waits before another try, and reports whether ctx still lives.
func (f *follower) rest(ctx context.Context) bool {
	f.pause = min(max(2*f.pause, firstPause), lastPause)
	timer := time.NewTimer(f.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// take tells the sockets of a user what changed, those that may see it.
func (f *follower) take(ctx context.Context, c *activity.Change) {
	sessions := f.server.hub.of(c.User)
	if len(sessions) == 0 {
		return
	}
	switch c.Kind {
	case activity.AccessKind, activity.SessionKind, activity.UserKind:
		changed := c.Kind == activity.UserKind || c.Action != activity.Created
		var waiting []*session
		for _, s := range sessions {
			if s.hears(c) {
				waiting = append(waiting, s)
			}
		}
		if changed {
			f.review(ctx, c.User, waiting, false)
		}
	case activity.ChannelKind, activity.FolderKind, activity.EventKind:
		f.spread(ctx, c, sessions)
		f.server.counts.delay(f.server.Clock().Sub(c.Time.Time()))
	case activity.ProfileKind:
	}
}

// hears reports whether the session is to be told of a change. One that is not
// armed remembers that it has come by.
func (s *session) hears(c *activity.Change) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Seq <= s.seen {
		return false
	}
	s.seen = c.Seq
	return s.armed && !s.gone && !s.revoked
}

// spread tells of a change in a channel. What all personal accesses see of it
// is found once, and what is told alike is encoded once.
func (f *follower) spread(ctx context.Context, c *activity.Change, sessions []*session) {
	var all []news
	b := &bulletin{}
	for _, s := range sessions {
		if !s.hears(c) {
			continue
		}
		list := all
		if s.sight != nil || all == nil {
			seen, err := s.sight.See(ctx, c)
			if err != nil {
				f.blind(ctx, s, err)
				continue
			}
			list = topicsOf(c, seen)
		}
		if s.sight == nil {
			all = list
		}
		if len(list) == 0 || !s.own && c.Origin.Socket != "" && c.Origin.Socket == s.socket.ID() {
			continue
		}
		s.tell(list, b)
	}
}

// blind ends a session whose sight cannot be told: its client comes back, and
// asks for what it missed. A user who is gone is left to the change that says so.
func (f *follower) blind(ctx context.Context, s *session, err error) {
	if ctx.Err() != nil || isCode(err, activity.CodeUnknownUser) {
		return
	}
	f.server.Logger.Warn("cannot tell what a socket may see: it is closed", "socket", s.socket.ID(), "error", err)
	s.socket.Close()
}

func isCode(err error, code activity.Code) bool {
	var e *activity.Error
	return errors.As(err, &e) && e.Code == code
}
