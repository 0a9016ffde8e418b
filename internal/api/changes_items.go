package api

import (
	"context"

	"github.com/activityd/activityd/internal/activity"
)

// addItems gives each change its item as it is now; what is not there or not in
// sight any more is told as deleted. A page whose items are longer than most
// bytes ends before the change that makes it so, but not before its first; the
// change after which the next page begins is given anew.
func (r *changeReader) addItems(ctx context.Context, end activity.Seq, most int) (activity.Seq, error) {
	size := 0
	for i := range r.views {
		v := &r.views[i]
		if v.Action == activity.Deleted {
			continue
		}
		var err error
		if v.Item, err = r.item(ctx, v); err != nil {
			return end, err
		}
		if v.Item == nil {
			v.Action = activity.Deleted
			continue
		}
		if size += len(v.Item); size <= most {
			continue
		}
		// What one change has told stays together.
		keep := i
		for keep > 0 && r.views[keep-1].seq == v.seq {
			keep--
		}
		if keep > 0 {
			r.views = r.views[:keep]
			return r.views[keep-1].seq, nil
		}
	}
	return end, nil
}

// item gives the JSON of the item of a change, nil where the access cannot see
// one.
func (r *changeReader) item(ctx context.Context, v *ChangeView) ([]byte, error) {
	if v.Kind == activity.AccessKind {
		a, there := r.tx.Structure().Access(activity.AccessID(v.ID))
		if !there {
			return nil, nil
		}
		return AppendResult(nil, viewAccess(a, ""))
	}
	ch, there := r.tx.Structure().Channel(v.ChannelID)
	in := place{channel: ch, scope: r.scope(v.ChannelID), tree: r.tx.Structure().Tree(v.ChannelID)}
	switch {
	case !there:
		return nil, nil
	case v.Kind == activity.ChannelKind:
		return AppendResult(nil, ChannelView{Channel: ch})
	case v.Kind == activity.FolderKind:
		f, there := in.tree.Folder(activity.FolderID(v.ID))
		if !there || !in.scope.Includes(in.tree.Chain(f.ID)) {
			return nil, nil
		}
		return AppendResult(nil, in.view(f))
	}
	e, err := in.event(ctx, r.tx, activity.EventID(v.ID), activity.Read)
	if isCode(err, activity.CodeUnknownEvent) || isCode(err, activity.CodeForbidden) {
		return nil, nil
	}
	return e.AppendJSON(nil), err
}
