package storage

import "github.com/activityd/activityd/internal/activity"

// Parts is what a store has read of a tenant, in any order, to make its
// Structure at once. What the With methods check is not checked again.
type Parts struct {
	User     activity.User
	Channels []activity.Channel
	Folders  []activity.Folder // of all channels
	Accesses []activity.Access
	Sessions []activity.Session
}

// Structure makes the structure of the parts.
func (p Parts) Structure() *Structure {
	s := NewStructure(p.User)
	for _, c := range p.Channels {
		put(&s.channels, c.ID, &c)
	}
	folders := map[activity.ChannelID][]activity.Folder{}
	for _, f := range p.Folders {
		folders[f.ChannelID] = append(folders[f.ChannelID], f)
	}
	for id, of := range folders {
		put(&s.trees, id, activity.NewTree(of))
	}
	for _, a := range p.Accesses {
		s.putAccess(&a)
	}
	for _, v := range p.Sessions {
		put(&s.sessions, v.ID, &v)
	}
	return s
}

func (s *Structure) putAccess(a *activity.Access) {
	put(&s.accesses, a.ID, a)
	for _, h := range a.Tokens {
		put(&s.tokens, h, a)
	}
}

func put[K comparable, V any](m *map[K]V, key K, v V) {
	if *m == nil {
		*m = make(map[K]V, 1)
	}
	(*m)[key] = v
}
