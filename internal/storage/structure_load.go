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
		s.channels[c.ID] = c
	}
	folders := map[activity.ChannelID][]activity.Folder{}
	for _, f := range p.Folders {
		folders[f.ChannelID] = append(folders[f.ChannelID], f)
	}
	for id, of := range folders {
		s.trees[id] = activity.NewTree(of)
	}
	for _, a := range p.Accesses {
		s.accesses[a.ID] = a
		for _, h := range a.Tokens {
			s.tokens[h] = a.ID
		}
	}
	for _, v := range p.Sessions {
		s.sessions[v.ID] = v
	}
	return s
}
