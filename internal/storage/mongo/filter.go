package mongo

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// inChannel selects what is in a channel of a user.
func inChannel(user activity.UserID, channel int64) bson.D {
	return bson.D{{Key: "_id.u", Value: string(user)}, {Key: "_id.c", Value: channel}}
}

// filter is a query as it stands with one account: what of the folders is
// asked for, in keys.
type filter struct {
	all, noFolder bool
	keys          []int64 // of folders asked for
	deleted       []int64 // of folders whose events went with them
	listed        []int64 // those of them whose events are listed as tombstones
}

func newFilter(q *storage.EventQuery, a *account, in *container) filter {
	ids, noFolder, all := a.structure.Folders(q.Channel, q.Scope, q.Folders)
	f := filter{all: all, noFolder: noFolder, deleted: in.deletedKeys(nil)}
	if !all {
		f.keys = in.keysOf(ids, noFolder)
	}
	if q.Deletions {
		tree := a.structure.Tree(q.Channel)
		f.listed = in.deletedKeys(func(g *goneFolder) bool {
			return g.at > *q.ModifiedSince && q.Scope.Includes(g.chain) && asked(q.Folders, tree, g.chain)
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

// selection gives the filter of a list's query.
func (l *listing) selection(a *account, f filter, from listSource) bson.D {
	q := &l.query
	d := append(inChannel(l.user, l.key), l.behind()...)
	if from == byRunning {
		d = append(d, bson.E{Key: "end", Value: bound(nil, 1)}, bson.E{Key: "trashed", Value: false})
	}
	since := bson.D{}
	if q.ModifiedSince != nil {
		since = bson.D{{Key: "modified", Value: bson.D{{Key: "$gt", Value: *q.ModifiedSince}}}}
	}
	live := l.live(f)
	if !q.Deletions {
		return append(append(d, since...), live...)
	}
	live = append(live, bson.E{Key: "time", Value: bson.D{{Key: "$gte", Value: bound(q.From, -1)}, {Key: "$lte", Value: bound(q.To, 1)}}})
	if from == byModified {
		return append(append(d, since...), either(live, l.tombstones(a)))
	}
	return append(d, either(append(since, live...), l.tombstones(a), bson.D{noTombstone, isIn("folder", f.listed)}))
}

// either selects what one of the filters does. It stands beside another $or.
func either(filters ...bson.D) bson.E {
	return bson.E{Key: "$and", Value: bson.A{bson.D{{Key: "$or", Value: filters}}}}
}

func isIn[T any](field string, values []T) bson.E {
	return bson.E{Key: field, Value: bson.D{{Key: "$in", Value: append([]T{}, values...)}}}
}

var noTombstone = bson.E{Key: "deleted", Value: nil} //nolint:gochecknoglobals // never changed

// behind selects what comes after the cursor: the bound of the time is for the
// index, the rest for equal times, where the cursor names an event.
func (l *listing) behind() bson.D {
	bounds := bson.D{{Key: "$lte", Value: l.at.time}}
	beyond, id := "$lt", "$lt"
	if l.query.Ascending {
		bounds = bson.D{{Key: "$gte", Value: l.at.time}}
		beyond, id = "$gt", "$gt"
	}
	if !l.query.Deletions { // the cursor is the bound at the other end
		if l.query.Ascending {
			bounds = append(bounds, bson.E{Key: "$lte", Value: bound(l.query.To, 1)})
		} else {
			bounds = append(bounds, bson.E{Key: "$gte", Value: bound(l.query.From, -1)})
		}
	}
	behind := bson.D{{Key: "time", Value: bounds}}
	if len(l.at.id) == uuidSize {
		behind = append(behind, bson.E{Key: "$or", Value: bson.A{
			bson.D{{Key: "time", Value: bson.D{{Key: beyond, Value: l.at.time}}}},
			bson.D{{Key: "_id.i", Value: bson.D{{Key: id, Value: bson.Binary{Data: l.at.id}}}}},
		}})
	}
	return behind
}

// live selects the events that are there and asked for.
func (l *listing) live(f filter) bson.D {
	q := &l.query
	var d bson.D
	if q.State == storage.AllState && !q.Running {
		d = bson.D{noTombstone} // else trashed says it: tombstones have none
	}
	switch keys := f.keys; {
	case !f.all && f.noFolder:
		d = append(d, isIn("folder", append(keys, 0)))
	case !f.all:
		d = append(d, isIn("folder", keys))
	case len(f.deleted) > 0:
		d = append(d, bson.E{Key: "folder", Value: bson.D{{Key: "$nin", Value: f.deleted}}})
	}
	if len(q.Tags) > 0 {
		d = append(d, bson.E{Key: "tags", Value: bson.D{{Key: "$all", Value: q.Tags}}})
	}
	if q.Running {
		d = append(d, bson.E{Key: "duration", Value: float64(stillRuns)}, bson.E{Key: "trashed", Value: false})
	}
	if q.State != storage.AllState {
		d = append(d, bson.E{Key: "trashed", Value: q.State == storage.TrashedState})
	}
	return append(d, typesOf(q.Types)...)
}

// typesOf selects by type: "class/format", and all of a class as those from
// "class/" up to the letter after the slash.
func typesOf(types []storage.TypeFilter) bson.D {
	if len(types) == 0 {
		return nil
	}
	var wanted bson.A
	for _, t := range types {
		if t.Format == "*" {
			wanted = append(wanted, bson.D{{Key: "type", Value: bson.D{{Key: "$gte", Value: t.Class + "/"}, {Key: "$lt", Value: t.Class + "0"}}}})
		} else {
			wanted = append(wanted, bson.D{{Key: "type", Value: t.Class + "/" + t.Format}})
		}
	}
	return bson.D{{Key: "$and", Value: bson.A{bson.D{{Key: "$or", Value: wanted}}}}}
}

// tombstones selects the tombstones that scope and folders include.
func (l *listing) tombstones(a *account) bson.D {
	q := &l.query
	all := bson.A{bson.D{{Key: "deleted", Value: bson.D{{Key: "$gt", Value: *q.ModifiedSince}}}}}
	if q.Scope.Whole() < activity.Read {
		all = append(all, places(q.Scope.Roots(activity.Read), q.Scope.NoFolder() >= activity.Read))
	}
	if q.Folders != nil {
		tree := a.structure.Tree(q.Channel)
		known := slices.DeleteFunc(slices.Clone(q.Folders.Folders), func(id activity.FolderID) bool {
			_, ok := tree.Folder(id)
			return !ok
		})
		all = append(all, places(known, q.Folders.NoFolder))
	}
	return bson.D{{Key: "$and", Value: all}}
}

// places selects what was in one of the folders, or below it.
func places(folders []activity.FolderID, noFolder bool) bson.D {
	were := bson.A{bson.D{isIn("chain", folders)}}
	if noFolder {
		were = append(were, bson.D{{Key: "chain", Value: bson.D{{Key: "$size", Value: 0}}}})
	}
	return bson.D{{Key: "$or", Value: were}}
}
