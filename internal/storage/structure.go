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

	// A map has room for eight values from the first on, of users there are
	// many, and most have little: so nil for none, and pointers.
	channels map[activity.ChannelID]*activity.Channel
	trees    map[activity.ChannelID]*activity.Tree
	accesses map[activity.AccessID]*activity.Access
	tokens   map[activity.TokenHash]*activity.Access
	sessions map[activity.SessionID]*activity.Session

	uses map[activity.AccessID]activity.Timestamp // see WithUses
}

// NewStructure gives the structure of a user without data.
func NewStructure(u activity.User) *Structure { return &Structure{user: u} }

// User gives the account.
func (s *Structure) User() activity.User { return s.user }

// Channel gives the channel of that id.
func (s *Structure) Channel(id activity.ChannelID) (activity.Channel, bool) {
	return at(s.channels, id)
}

// Channels gives all channels by name.
func (s *Structure) Channels() []activity.Channel {
	return sorted(s.channels, func(a, b *activity.Channel) int {
		return cmp.Or(activity.CompareNames(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
}

// Tree gives the folders of a channel; an empty tree for an unknown one.
func (s *Structure) Tree(id activity.ChannelID) *activity.Tree {
	if t, ok := s.trees[id]; ok {
		return t
	}
	return &activity.Tree{}
}

// Access gives the access of that id.
func (s *Structure) Access(id activity.AccessID) (activity.Access, bool) {
	return s.used(s.accesses[id])
}

// AccessByToken gives the access that has a token of that hash.
func (s *Structure) AccessByToken(h activity.TokenHash) (activity.Access, bool) {
	return s.used(s.tokens[h])
}

// Accesses gives all accesses by name.
func (s *Structure) Accesses() []activity.Access {
	list := sorted(s.accesses, func(a, b *activity.Access) int {
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
	if last, ok := s.uses[a.ID]; ok && (a.LastUsed == nil || *a.LastUsed < last) {
		one.LastUsed = &last
	}
	return one, true
}

// Session gives the session of that id.
func (s *Structure) Session(id activity.SessionID) (activity.Session, bool) {
	return at(s.sessions, id)
}

// Sessions gives all sessions, the oldest first.
func (s *Structure) Sessions() []activity.Session {
	return sorted(s.sessions, func(a, b *activity.Session) int {
		return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.ID, b.ID))
	})
}

func at[K comparable, V any](m map[K]*V, key K) (V, bool) {
	if v, ok := m[key]; ok {
		return *v, true
	}
	var none V
	return none, false
}

func sorted[K comparable, V any](m map[K]*V, compare func(a, b *V) int) []V {
	list := make([]V, 0, len(m))
	for _, v := range slices.SortedFunc(maps.Values(m), compare) {
		list = append(list, *v)
	}
	return list
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
