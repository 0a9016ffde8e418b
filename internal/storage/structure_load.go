package storage

import (
	"slices"
	"strings"

	"github.com/activityd/activityd/internal/activity"
)

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
	s.channels = newIndex(p.Channels, func(c *activity.Channel) string { return string(c.ID) })
	s.sessions = newIndex(p.Sessions, func(v *activity.Session) string { return string(v.ID) })
	folders := map[activity.ChannelID][]activity.Folder{}
	for _, f := range p.Folders {
		folders[f.ChannelID] = append(folders[f.ChannelID], f)
	}
	for id, of := range folders {
		s.trees = s.trees.with(string(id), activity.NewTree(of))
	}
	s.accesses = newIndex(p.Accesses, func(a *activity.Access) string { return string(a.ID) })
	for _, e := range s.accesses {
		for _, h := range e.value.Tokens {
			s.tokens = append(s.tokens, entry[activity.Access]{string(h[:]), e.value})
		}
	}
	slices.SortFunc(s.tokens, func(a, b entry[activity.Access]) int { return strings.Compare(a.key, b.key) })
	return s
}
