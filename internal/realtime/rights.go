package realtime

import (
	"context"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
)

// lastWords is how long a command that runs may hold up the end of a socket
// whose credential has died: its answer is often what the client waits for, as
// of a sign-out.
const lastWords = 500 * time.Millisecond

// review looks again at what sessions of a user may do, after a change of the
// user's accesses or sign-ins. Those that may nothing any more are sent away;
// those that may other things than before are told that anything may have
// changed for them.
func (t *teller) review(ctx context.Context, c *activity.Change, sessions []*session) {
	if len(sessions) == 0 {
		return
	}
	v, err := t.server.snapshot(ctx, c.User)
	if err != nil && !isCode(err, activity.CodeUnknownUser) {
		for _, s := range sessions {
			t.trouble(s, c, err)
		}
		return
	}
	t.server.settle(v, err == nil, sessions, false)
}

// settle makes sessions of a user what the snapshot says, or sends them away,
// where there is no user as where there is no right. With everything, all that
// stay are told that anything may have changed.
func (s *Server) settle(v api.Snapshot, user bool, sessions []*session, everything bool) {
	if user {
		s.setEpoch(v.Epoch)
	}
	for _, one := range sessions {
		if !user || !one.renew(v, everything) {
			one.revoke()
		}
	}
}

// renew makes the session what its access is now, and reports whether that is
// anything.
func (s *session) renew(v api.Snapshot, everything bool) bool {
	access, err := v.Admit(s.credential)
	if err != nil {
		return false
	}
	s.server.expiries.set(s, access.Expires)
	if !everything && access.PermissionsSeq == s.permissions && access.Personal() == (s.sight == nil) {
		return true
	}
	s.sight, s.permissions = v.Sight(&access), access.PermissionsSeq
	s.mu.Lock()
	if s.seen = max(s.seen, v.Head); everything {
		s.seen = v.Head // it may be another history
	}
	s.mu.Unlock()
	list := []news{{topic: topic{event: channelsChanged}, seq: v.Head, more: true}}
	for _, channel := range v.Channels(&access) {
		list = append(list,
			news{topic: topic{foldersChanged, channel}, seq: v.Head, more: true},
			news{topic: topic{eventsChanged, channel}, seq: v.Head, more: true})
	}
	s.tell(list, nil)
	return true
}

// expired looks at a session whose credential should have ended by now.
func (s *Server) expired(ctx context.Context, one *session) {
	_, access, err := one.look(ctx)
	switch {
	case err == nil: // it was made to last longer
		s.expiries.set(one, access.Expires)
	case isCode(err, activity.CodeInvalidAccessToken), isCode(err, activity.CodeUnknownUser):
		one.revoke()
	case ctx.Err() == nil:
		s.Logger.Warn("cannot tell what a socket may do: it is closed", "socket", one.socket.ID(), "error", err)
		one.socket.Close()
	}
}

// revoke ends a session whose credential lets nobody in any more. What waits is
// refused; what runs may answer, if it is quick.
func (s *session) revoke() {
	s.mu.Lock()
	if s.revoked || s.gone {
		s.mu.Unlock()
		return
	}
	s.revoked, s.dirty = true, nil
	var waiting []*pending
	busy := s.work != nil && s.work.running
	if s.work != nil {
		waiting, s.work.waiting = s.work.waiting, nil
	}
	s.mu.Unlock()
	for _, p := range waiting {
		s.refuse(p, errRevoked())
	}
	if busy {
		time.AfterFunc(lastWords, s.socket.Disconnect)
		return // the worker does it when it is done
	}
	s.socket.Disconnect()
}

// errRevoked is the error that the services give, so that a command that waited
// is answered as one that ran would have been.
func errRevoked() *activity.Error {
	return activity.NewError(activity.CodeInvalidAccessToken, "This access token lets nobody in: sign in again, or ask for a new one.")
}
