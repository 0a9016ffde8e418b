package keys

import (
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// Filter is a query of events as it stands with one structure: what of the
// folders is asked for, in keys.
type Filter struct {
	All, NoFolder bool
	Keys          []int64 // of folders asked for; unset where All is
	Deleted       []int64 // of folders whose events went with them
	Listed        []int64 // those of them whose events are listed as tombstones
}

// NewFilter gives the filter of a query. Its Deletions need a ModifiedSince.
func NewFilter(q *storage.EventQuery, s *storage.Structure, in *Channel) Filter {
	ids, noFolder, all := s.Folders(q.Channel, q.Scope, q.Folders)
	f := Filter{All: all, NoFolder: noFolder, Deleted: in.Deleted(nil)}
	if !all {
		f.Keys = in.Of(ids, noFolder)
	}
	if q.Deletions {
		tree := s.Tree(q.Channel)
		f.Listed = in.Deleted(func(g *Gone) bool {
			return g.At > *q.ModifiedSince && q.Scope.Includes(g.Chain) && asked(q.Folders, tree, g.Chain)
		})
	}
	return f
}

// asked reports whether a filter of folders takes what is at the place.
func asked(f *storage.FolderFilter, tree *activity.Tree, at activity.Chain) bool {
	if f == nil {
		return true
	}
	if len(at) == 0 {
		return f.NoFolder
	}
	return slices.ContainsFunc(f.Folders, func(id activity.FolderID) bool {
		_, known := tree.Folder(id)
		return known && slices.Contains(at, id)
	})
}
