package api

import (
	"context"
	"slices"

	"github.com/activityd/activityd/internal/activity"
)

// Sight is what a socket's access sees of the changes of its user, given to it
// one after the other in the order of the commits. It judges as changes.get
// does, and more exactly in one point: since it knows which of the folders that
// the access is let into by name are there, it tells of no other. A nil Sight
// is that of a personal access, which sees all. It is not safe for use by
// several goroutines at once.
type Sight struct {
	service *Service
	access  activity.Access // type and permissions only
	there   []root          // of the folders that the access is let into by name
}

// root is a folder that an access is let into by name.
type root struct {
	channel activity.ChannelID
	folder  activity.FolderID
}

// Sight gives what the access sees of the changes after the snapshot, nil for a
// personal one.
func (v Snapshot) Sight(access *activity.Access) *Sight {
	if access.Personal() {
		return nil
	}
	s := &Sight{service: v.service, access: activity.Access{Type: access.Type, Permissions: access.Permissions}}
	for _, channel := range v.Channels(access) {
		s.note(channel, s.access.Scope(channel), v.account.Tree(channel))
	}
	return s
}

// See gives what is seen of a change: nothing, the change, or, of folders, more.
// It reads the user's folders as they are now where it must. Errors are those of
// reading, and CodeUnknownUser; nothing is known of the change then.
func (s *Sight) See(ctx context.Context, c *activity.Change) ([]ChangeView, error) {
	if s == nil {
		return seeChange(activity.WholeScope(activity.Manage), c, nil), nil
	}
	if c.Channel == "" {
		return nil, nil
	}
	scope := s.access.Scope(c.Channel)
	if c.Kind == activity.ChannelKind && c.Action == activity.Deleted {
		s.there = slices.DeleteFunc(s.there, func(r root) bool { return r.channel == c.Channel })
	}
	if c.Kind != activity.FolderKind || len(scope.Roots(activity.Read)) == 0 {
		return seeChange(scope, c, nil), nil
	}
	return s.seeFolder(ctx, scope, c)
}

// seeFolder sees the change of a folder where the scope is let into some by name.
// The folders may be ahead of the change: what went with a later one is told of
// with that, or now where this one is a deletion too; so it counts as there until
// it is told of.
func (s *Sight) seeFolder(ctx context.Context, scope activity.Scope, c *activity.Change) ([]ChangeView, error) {
	account, err := s.service.account(ctx, c.User)
	if err != nil {
		return nil, err
	}
	tree := func() *activity.Tree { return account.Tree(c.Channel) }
	views := seeChange(scope, c, tree)
	if c.After == nil && len(views) > 0 && views[0].ID == c.Item {
		views = append(views, seeRoots(scope, c, tree)...) // those below it, of which seeing it go says all
	}
	views = slices.DeleteFunc(views, func(v ChangeView) bool {
		return v.ID != c.Item && !slices.Contains(s.there, root{c.Channel, activity.FolderID(v.ID)})
	})
	for _, v := range views {
		here := root{c.Channel, activity.FolderID(v.ID)}
		s.there = slices.DeleteFunc(s.there, func(r root) bool { return r == here })
		if v.Action != activity.Deleted && slices.Contains(scope.Roots(activity.Read), here.folder) {
			s.there = append(s.there, here)
		}
	}
	return views, nil
}

// note keeps which folders that the scope is let into by name are there.
func (s *Sight) note(channel activity.ChannelID, scope activity.Scope, tree *activity.Tree) {
	for _, id := range scope.Roots(activity.Read) {
		if _, there := tree.Folder(id); there {
			s.there = append(s.there, root{channel, id})
		}
	}
}

// Merge adds a change to those told of before, in the place of an earlier one
// that it stands for, as a page of changes.get has them.
func Merge(views []ChangeView, v ChangeView) []ChangeView {
	for i := range views {
		if before := &views[i]; before.key() == v.key() && merges(before, &v) {
			if before.Action == activity.Created && v.Action == activity.Updated {
				v.Action = activity.Created
			}
			views = slices.Delete(views, i, i+1)
			break
		}
	}
	return append(views, v)
}
