package storage

import (
	"maps"

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
	for id, other := range s.channels {
		if id != c.ID && other.Name == c.Name {
			return nil, nameTaken("channel", c.Name)
		}
	}
	next := *s
	next.channels = maps.Clone(s.channels)
	put(&next.channels, c.ID, &c)
	return &next, nil
}

// WithoutChannel gives the structure without the channel and its folders.
func (s *Structure) WithoutChannel(id activity.ChannelID) *Structure {
	next := *s
	next.channels = maps.Clone(s.channels)
	next.trees = maps.Clone(s.trees)
	delete(next.channels, id)
	delete(next.trees, id)
	return &next
}

// WithTree gives the structure with another tree of folders in the channel.
func (s *Structure) WithTree(id activity.ChannelID, tree *activity.Tree) *Structure {
	next := *s
	next.trees = maps.Clone(s.trees)
	put(&next.trees, id, tree)
	return &next
}

// WithAccess gives the structure with a added or in the place of the access of
// its id. CodeItemNameAlreadyExists within type and device;
// CodeItemIDAlreadyExists for a token that another access has.
func (s *Structure) WithAccess(a activity.Access) (*Structure, error) {
	for id, other := range s.accesses {
		if id != a.ID && other.Type == a.Type && other.Name == a.Name && other.DeviceName == a.DeviceName {
			return nil, nameTaken("access", a.Name)
		}
	}
	for _, h := range a.Tokens {
		if owner, taken := s.tokens[h]; taken && owner.ID != a.ID {
			return nil, activity.NewError(activity.CodeItemIDAlreadyExists, "This token is in use: choose another, or none to have one made.")
		}
	}
	next := s.WithoutAccess(a.ID)
	next.putAccess(&a)
	return next, nil
}

// WithUses gives the structure with uses of its accesses that no store has yet;
// the map must not be changed any more. Of two uses the later one counts.
func (s *Structure) WithUses(uses map[activity.AccessID]activity.Timestamp) *Structure {
	next := *s
	next.uses = uses
	return &next
}

// WithoutAccess gives the structure without the access and its tokens.
func (s *Structure) WithoutAccess(id activity.AccessID) *Structure {
	next := *s
	next.accesses = maps.Clone(s.accesses)
	next.tokens = maps.Clone(s.tokens)
	if a, ok := s.accesses[id]; ok {
		for _, h := range a.Tokens {
			delete(next.tokens, h)
		}
		delete(next.accesses, id)
	}
	return &next
}

// WithSession gives the structure with another session.
func (s *Structure) WithSession(v activity.Session) *Structure {
	next := *s
	next.sessions = maps.Clone(s.sessions)
	put(&next.sessions, v.ID, &v)
	return &next
}

// WithoutSession gives the structure without the session.
func (s *Structure) WithoutSession(id activity.SessionID) *Structure {
	next := *s
	next.sessions = maps.Clone(s.sessions)
	delete(next.sessions, id)
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
