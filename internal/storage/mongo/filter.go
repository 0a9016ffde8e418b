package mongo

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
)

// inChannel selects what is in a channel of a user.
func inChannel(user activity.UserID, channel int64) bson.D {
	return bson.D{{Key: "_id.u", Value: string(user)}, {Key: "_id.c", Value: channel}}
}

// selection gives the filter of a list's query.
func (l *listing) selection(a *account, f keys.Filter, from listSource) bson.D {
	q := &l.query
	d := append(inChannel(l.user, l.key), l.behind()...)
	if from == byRunning {
		d = append(d, bson.E{Key: "end", Value: keys.Bound(nil, 1)}, bson.E{Key: "trashed", Value: false})
	}
	since := bson.D{}
	if q.ModifiedSince != nil {
		since = bson.D{{Key: "modified", Value: bson.D{{Key: "$gt", Value: *q.ModifiedSince}}}}
	}
	live := l.live(f)
	if !q.Deletions {
		return append(append(d, since...), live...)
	}
	live = append(live, bson.E{Key: "time", Value: bson.D{{Key: "$gte", Value: keys.Bound(q.From, -1)}, {Key: "$lte", Value: keys.Bound(q.To, 1)}}})
	if from == byModified {
		return append(append(d, since...), either(live, l.tombstones(a)))
	}
	return append(d, either(append(since, live...), l.tombstones(a), bson.D{noTombstone, isIn("folder", f.Listed)}))
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
	bounds := bson.D{{Key: "$lte", Value: l.at.Time}}
	beyond, id := "$lt", "$lt"
	if l.query.Ascending {
		bounds = bson.D{{Key: "$gte", Value: l.at.Time}}
		beyond, id = "$gt", "$gt"
	}
	if !l.query.Deletions { // the cursor is the bound at the other end
		if l.query.Ascending {
			bounds = append(bounds, bson.E{Key: "$lte", Value: keys.Bound(l.query.To, 1)})
		} else {
			bounds = append(bounds, bson.E{Key: "$gte", Value: keys.Bound(l.query.From, -1)})
		}
	}
	behind := bson.D{{Key: "time", Value: bounds}}
	if len(l.at.ID) == keys.UUIDSize {
		behind = append(behind, bson.E{Key: "$or", Value: bson.A{
			bson.D{{Key: "time", Value: bson.D{{Key: beyond, Value: l.at.Time}}}},
			bson.D{{Key: "_id.i", Value: bson.D{{Key: id, Value: bson.Binary{Data: l.at.ID}}}}},
		}})
	}
	return behind
}

// live selects the events that are there and asked for.
func (l *listing) live(f keys.Filter) bson.D {
	q := &l.query
	var d bson.D
	if q.State == storage.AllState && !q.Running {
		d = bson.D{noTombstone} // else trashed says it: tombstones have none
	}
	switch keys := f.Keys; {
	case !f.All && f.NoFolder:
		d = append(d, isIn("folder", append(keys, 0)))
	case !f.All:
		d = append(d, isIn("folder", keys))
	case len(f.Deleted) > 0:
		d = append(d, bson.E{Key: "folder", Value: bson.D{{Key: "$nin", Value: f.Deleted}}})
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
