package realtime

import (
	"slices"
	"sync"

	"github.com/activityd/activityd/internal/activity"
)

// hub knows the sockets of each user.
type hub struct {
	maxInAll, maxPerUser int

	mu    sync.RWMutex
	homes map[activity.UserID]*home
	count int
}

// home is one user with sockets.
type home struct {
	user     activity.UserID
	name     activity.Username
	sessions []*session // replaced, never changed; the hub's
}

func (h *hub) init(maxInAll, maxPerUser int) {
	h.maxInAll, h.maxPerUser = maxInAll, maxPerUser
	h.homes = map[activity.UserID]*home{}
}

// enter adds a session, which from then on hears of the user's changes.
// CodeTooManyRequests.
func (h *hub) enter(s *session, user activity.UserID, name activity.Username) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.homes[user]
	switch {
	case h.count >= h.maxInAll:
		return errTooManySockets()
	case at != nil && len(at.sessions) >= h.maxPerUser:
		return activity.NewError(activity.CodeTooManyRequests, "The user has %d sockets here already: close some.", h.maxPerUser)
	case at == nil:
		at = &home{user: user, name: name}
		h.homes[user] = at
	}
	s.home = at
	at.sessions = append(slices.Clip(at.sessions), s)
	h.count++
	return nil
}

// leave takes a session out; it must be in.
func (h *hub) leave(s *session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := s.home
	rest := make([]*session, 0, len(at.sessions)-1)
	for _, other := range at.sessions {
		if other != s {
			rest = append(rest, other)
		}
	}
	at.sessions = rest
	h.count--
	if len(rest) == 0 {
		delete(h.homes, at.user)
	}
}

// of gives the sessions of a user; the slice must not be changed.
func (h *hub) of(user activity.UserID) []*session {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if at := h.homes[user]; at != nil {
		return at.sessions
	}
	return nil
}

// users gives all that have sockets.
func (h *hub) users() []activity.UserID {
	h.mu.RLock()
	defer h.mu.RUnlock()
	all := make([]activity.UserID, 0, len(h.homes))
	for user := range h.homes {
		all = append(all, user)
	}
	return all
}

// queued reports whether anything waits to be written to any socket.
func (h *hub) queued() bool {
	for _, user := range h.users() {
		for _, s := range h.of(user) {
			if s.socket.Queued() > 0 {
				return true
			}
		}
	}
	return false
}

func (h *hub) full() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.count >= h.maxInAll
}

func errTooManySockets() *activity.Error {
	return activity.NewError(activity.CodeTooManyRequests, "This server has as many sockets as it takes: try again in a moment.")
}
