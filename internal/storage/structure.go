package storage

import (
	"cmp"
	"maps"
	"slices"

	"github.com/activityd/activityd/internal/activity"
)

// Structure is what of a tenant is small and read as a whole: the account,
// channels, folders, accesses and sessions. A Structure never changes; the
// With and Without methods give others, and hold the rules of uniqueness and
// reference that all stores share. NewStructure makes the first.
type Structure struct {
	user activity.User

	channels index[activity.Channel]
	trees    index[activity.Tree]
	accesses index[activity.Access]
	tokens   index[activity.Access] // by hash
	sessions index[activity.Session]

	uses []Use // see WithUses
}

// Use is when an access was used last.
type Use struct {
	Access activity.AccessID
	At     activity.Timestamp
}

// NewStructure gives the structure of a user without data.
func NewStructure(u activity.User) *Structure { return &Structure{user: u} }

// User gives the account.
func (s *Structure) User() activity.User { return s.user }

// Channel gives the channel of that id.
func (s *Structure) Channel(id activity.ChannelID) (activity.Channel, bool) {
	return value(s.channels.get(string(id)))
}

// Channels gives all channels by name.
func (s *Structure) Channels() []activity.Channel {
	return s.channels.sorted(func(a, b *activity.Channel) int {
		return cmp.Or(activity.CompareNames(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
}

// Tree gives the folders of a channel; an empty tree for an unknown one.
func (s *Structure) Tree(id activity.ChannelID) *activity.Tree {
	if t := s.trees.get(string(id)); t != nil {
		return t
	}
	return &activity.Tree{}
}

// Access gives the access of that id.
func (s *Structure) Access(id activity.AccessID) (activity.Access, bool) {
	return s.used(s.accesses.get(string(id)))
}

// AccessByToken gives the access that has a token of that hash.
func (s *Structure) AccessByToken(h activity.TokenHash) (activity.Access, bool) {
	return s.used(s.tokens.get(string(h[:])))
}

// Accesses gives all accesses by name.
func (s *Structure) Accesses() []activity.Access {
	list := s.accesses.sorted(func(a, b *activity.Access) int {
		return cmp.Or(activity.CompareNames(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	for i := range list {
		list[i], _ = s.used(&list[i])
	}
	return list
}

// used gives an access with its last use; none for nil.
func (s *Structure) used(a *activity.Access) (activity.Access, bool) {
	if a == nil {
		return activity.Access{}, false
	}
	one := *a
	for _, u := range s.uses {
		if u.Access == a.ID && (a.LastUsed == nil || *a.LastUsed < u.At) {
			one.LastUsed = &u.At
		}
	}
	return one, true
}

// Session gives the session of that id.
func (s *Structure) Session(id activity.SessionID) (activity.Session, bool) {
	return value(s.sessions.get(string(id)))
}

// Sessions gives all sessions, the oldest first.
func (s *Structure) Sessions() []activity.Session {
	return s.sessions.sorted(func(a, b *activity.Session) int {
		return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.ID, b.ID))
	})
}

func value[V any](v *V) (V, bool) {
	if v == nil {
		var none V
		return none, false
	}
	return *v, true
}

// Folders gives the folders of the channel that a list with the filter and the
// scope reads from, and whether it reads events without a folder. all is true
// when it reads the whole channel, and the rest means nothing then.
func (s *Structure) Folders(channel activity.ChannelID, scope activity.Scope, filter *FolderFilter) (ids []activity.FolderID, noFolder, all bool) {
	whole := scope.Whole() >= activity.Read
	if whole && filter == nil {
		return nil, false, true
	}
	tree := s.Tree(channel)
	noFolder = scope.NoFolder() >= activity.Read
	seen := expand(tree, scope.Roots(activity.Read))
	if filter == nil {
		return slices.Collect(maps.Keys(seen)), noFolder, false
	}
	asked := expand(tree, filter.Folders)
	for id := range asked {
		if whole || seen[id] {
			ids = append(ids, id)
		}
	}
	return ids, noFolder && filter.NoFolder, false
}

// expand gives the known ones of the folders and all below them.
func expand(tree *activity.Tree, roots []activity.FolderID) map[activity.FolderID]bool {
	all := map[activity.FolderID]bool{}
	for _, root := range roots {
		if _, known := tree.Folder(root); !known || all[root] {
			continue
		}
		for id := range tree.Below(root) {
			all[id] = true
		}
	}
	return all
}
