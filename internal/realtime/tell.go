package realtime

import (
	"context"
	"errors"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
)

// readTimeout is how long one read of the store may take that telling waits for.
const readTimeout = 15 * time.Second

// teller tells the sockets of one user after the other what changed. It belongs
// to one goroutine, and so do the users whose changes it tells meanwhile.
type teller struct {
	server *Server

	// trouble is called for a session that cannot be told of a change, in the
	// change's place.
	trouble func(s *session, c *activity.Change, err error)

	listening []*session // of the change at work
}

// take tells the sockets of a user what changed, those that may see it.
func (t *teller) take(ctx context.Context, c *activity.Change) {
	sessions := t.server.hub.of(c.User)
	if len(sessions) == 0 {
		return
	}
	if missing(sessions, c.Seq) {
		t.server.fill(ctx, c)
	}
	t.listening = t.listening[:0]
	for _, s := range sessions {
		if s.hears(c) {
			t.listening = append(t.listening, s)
		}
	}
	switch c.Kind {
	case activity.AccessKind, activity.SessionKind, activity.UserKind:
		if c.Kind == activity.UserKind || c.Action != activity.Created {
			t.review(ctx, c, t.listening)
		}
	case activity.ChannelKind, activity.FolderKind, activity.EventKind:
		t.spread(ctx, c)
		t.server.counts.delay(t.server.Clock().Sub(c.Time.Time()))
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
	return s.listens()
}

// listens reports whether the session is told of changes. The lock is held.
func (s *session) listens() bool { return s.armed && !s.gone && !s.revoked }

// spread tells of a change in a channel. What all personal accesses see of it
// is found once, and what is told alike is encoded once.
func (t *teller) spread(ctx context.Context, c *activity.Change) {
	var all []news
	b := &bulletin{}
	for _, s := range t.listening {
		list := all
		if s.sight != nil || all == nil {
			seen, err := t.see(ctx, s, c)
			if err != nil {
				t.trouble(s, c, err)
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

func (t *teller) see(ctx context.Context, s *session, c *activity.Change) ([]api.ChangeView, error) {
	if s.sight == nil {
		return s.sight.See(ctx, c)
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return s.sight.See(ctx, c)
}

// snapshot reads the user's newest. CodeUnknownUser.
func (s *Server) snapshot(ctx context.Context, user activity.UserID) (api.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return s.Service.Snapshot(ctx, user)
}

// blind ends a session whose sight cannot be told: its client comes back, and
// asks for what it missed. A user who is gone is left to the change that says so.
func (s *Server) blind(ctx context.Context, one *session, err error) {
	if ctx.Err() != nil || isCode(err, activity.CodeUnknownUser) {
		return
	}
	s.Logger.Warn("cannot tell what a socket may see: it is closed", "socket", one.socket.ID(), "error", err)
	one.socket.Close()
}

func isCode(err error, code activity.Code) bool {
	var e *activity.Error
	return errors.As(err, &e) && e.Code == code
}
