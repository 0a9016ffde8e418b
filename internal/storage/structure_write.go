package storage

import (
	"github.com/activityd/activityd/internal/activity"
)

// WithUser gives the structure with another account record.
func (s *Structure) WithUser(u activity.User) *Structure {
	next := *s
	next.user = u
	return &next
}

// WithChannel gives the structure with c added or in the place of the channel
// of its id. CodeItemNameAlreadyExists.
func (s *Structure) WithChannel(c activity.Channel) (*Structure, error) {
	for _, other := range s.channels {
		if other.value.ID != c.ID && other.value.Name == c.Name {
			return nil, nameTaken("channel", c.Name)
		}
	}
	next := *s
	next.channels = s.channels.with(string(c.ID), &c)
	return &next, nil
}

// WithoutChannel gives the structure without the channel and its folders.
func (s *Structure) WithoutChannel(id activity.ChannelID) *Structure {
	next := *s
	next.channels, next.trees = s.channels.without(string(id)), s.trees.without(string(id))
	return &next
}

// WithTree gives the structure with another tree of folders in the channel.
func (s *Structure) WithTree(id activity.ChannelID, tree *activity.Tree) *Structure {
	next := *s
	next.trees = s.trees.with(string(id), tree)
	return &next
}

// WithAccess gives the structure with a added or in the place of the access of
// its id. CodeItemNameAlreadyExists within type and device;
// CodeItemIDAlreadyExists for a token that another access has.
func (s *Structure) WithAccess(a activity.Access) (*Structure, error) {
	for _, e := range s.accesses {
		if other := e.value; other.ID != a.ID && other.Type == a.Type && other.Name == a.Name && other.DeviceName == a.DeviceName {
			return nil, nameTaken("access", a.Name)
		}
	}
	for _, h := range a.Tokens {
		if owner := s.tokens.get(string(h[:])); owner != nil && owner.ID != a.ID {
			return nil, activity.NewError(activity.CodeItemIDAlreadyExists, "This token is in use: choose another, or none to have one made.")
		}
	}
	next := s.WithoutAccess(a.ID)
	next.accesses = next.accesses.with(string(a.ID), &a)
	for _, h := range a.Tokens {
		next.tokens = next.tokens.with(string(h[:]), &a)
	}
	return next, nil
}

// WithUses gives the structure with uses of its accesses that no store has yet;
// they must not be changed any more. Of two uses the later one counts.
func (s *Structure) WithUses(uses []Use) *Structure {
	next := *s
	next.uses = uses
	return &next
}

// WithLastUsed gives the structure with a use that the store has; an earlier one
// than it had, or of an unknown access, changes nothing.
func (s *Structure) WithLastUsed(u Use) *Structure {
	a := s.accesses.get(string(u.Access))
	if a == nil || a.LastUsed != nil && *a.LastUsed >= u.At {
		return s
	}
	used := *a
	used.LastUsed = &u.At
	next := *s
	next.accesses = s.accesses.with(string(used.ID), &used)
	for _, h := range used.Tokens {
		next.tokens = next.tokens.with(string(h[:]), &used)
	}
	return &next
}

// WithoutAccess gives the structure without the access and its tokens.
func (s *Structure) WithoutAccess(id activity.AccessID) *Structure {
	next := *s
	if a := s.accesses.get(string(id)); a != nil {
		next.accesses = s.accesses.without(string(id))
		for _, h := range a.Tokens {
			next.tokens = next.tokens.without(string(h[:]))
		}
	}
	return &next
}

// WithSession gives the structure with another session.
func (s *Structure) WithSession(v activity.Session) *Structure {
	next := *s
	next.sessions = s.sessions.with(string(v.ID), &v)
	return &next
}

// WithoutSession gives the structure without the session.
func (s *Structure) WithoutSession(id activity.SessionID) *Structure {
	next := *s
	next.sessions = s.sessions.without(string(id))
	return &next
}

// FallingOut gives the sessions that must go when one more is added: those
// that have expired and, beyond activity.MaxSessions, the oldest.
func (s *Structure) FallingOut(now activity.Timestamp) []activity.SessionID {
	var gone, kept []activity.SessionID
	for _, v := range s.Sessions() {
		if v.Expires <= now {
			gone = append(gone, v.ID)
		} else {
			kept = append(kept, v.ID)
		}
	}
	if over := len(kept) - (activity.MaxSessions - 1); over > 0 {
		gone = append(gone, kept[:over]...)
	}
	return gone
}

func nameTaken(kind, name string) error {
	return activity.NewError(activity.CodeItemNameAlreadyExists, "Another %s has that name already: choose another name.", kind).
		With(map[string]any{"name": name})
}
