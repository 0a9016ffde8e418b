package api

import (
	"cmp"
	"context"
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// GetFolders asks for a tree of folders.
type GetFolders struct {
	InChannel
	ParentID      FolderRef     `json:"parentId" doc:"Only what is below this folder; null for all."`
	IncludeHidden bool          `json:"includeHidden" doc:"Hidden folders too."`
	State         storage.State `json:"state" enum:"default trashed all" doc:"Which folders, by whether they or one above them are in the trash; default: those that are not."`
	TimeCountBase
}

// FolderView is a folder as the API shows it.
type FolderView struct {
	activity.Folder
	Children  FolderTree `json:"children"`
	TimeCount *float64   `json:"timeCount,omitempty"` // seconds; nil when they were not asked for
}

// FolderTree is folders by name.
type FolderTree []FolderView

// Version gives what the ETag is made of.
func (v FolderView) Version() activity.Timestamp { return v.Modified }

// AppendJSON appends the folder with what is below it.
func (v FolderView) AppendJSON(b []byte) []byte {
	b = activity.AppendString(append(b, `{"id":`...), string(v.ID))
	b = activity.AppendString(append(b, `,"channelId":`...), string(v.ChannelID))
	b = activity.AppendString(append(b, `,"name":`...), v.Name)
	b = append(b, `,"parentId":`...)
	if v.ParentID == "" {
		b = append(b, "null"...)
	} else {
		b = activity.AppendString(b, string(v.ParentID))
	}
	b = appendBool(append(b, `,"hidden":`...), v.Hidden)
	b = append(b, `,"clientData":`...)
	if v.ClientData == nil {
		b = append(b, "{}"...)
	}
	b = append(b, v.ClientData...)
	b = appendBool(append(b, `,"trashed":`...), v.Trashed)
	b = v.Children.AppendJSON(append(b, `,"children":`...))
	if v.TimeCount != nil {
		b = activity.Timestamp(*v.TimeCount).AppendJSON(append(b, `,"timeCount":`...))
	}
	b = v.Created.AppendJSON(append(b, `,"created":`...))
	b = v.Modified.AppendJSON(append(b, `,"modified":`...))
	return append(b, '}')
}

// MarshalJSON gives what AppendJSON appends.
func (v FolderView) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// AppendJSON appends an array, never null.
func (t FolderTree) AppendJSON(b []byte) []byte {
	b = append(b, '[')
	for i, v := range t {
		if i > 0 {
			b = append(b, ',')
		}
		b = v.AppendJSON(b)
	}
	return append(b, ']')
}

// MarshalJSON gives what AppendJSON appends.
func (t FolderTree) MarshalJSON() ([]byte, error) { return t.AppendJSON(nil), nil }

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, "true"...)
	}
	return append(b, "false"...)
}

// getFolders is folders.get. Errors: CodeForbidden, CodeUnknownChannel,
// CodeUnknownFolder for parentId.
func (s *Service) getFolders(ctx context.Context, c *Call, p GetFolders) (FolderTree, error) {
	var tree FolderTree
	now := s.now()
	err := c.Tenant.View(ctx, func(tx storage.Tx) error {
		in, err := c.place(tx, p.ChannelID)
		if err != nil {
			return err
		}
		list := folderList{place: &in, hidden: p.IncludeHidden, state: p.State}
		if p.Base.Set {
			if list.times, err = in.times(ctx, tx, p.Base.Value, now); err != nil {
				return err
			}
		}
		parent := p.ParentID.folder()
		if parent == "" {
			tree = list.of(in.roots())
			return nil
		}
		tree = list.of(in.tree.Children(parent))
		return in.known(parent)
	})
	return tree, err
}

// roots gives the topmost folders that the access sees.
func (p *place) roots() []activity.FolderID {
	if p.whole() {
		return p.tree.Children("")
	}
	return slices.DeleteFunc(p.scope.Roots(activity.Read), func(id activity.FolderID) bool {
		f, known := p.tree.Folder(id)
		return !known || f.ParentID != "" && p.scope.Includes(p.tree.Chain(f.ParentID))
	})
}

// view gives the folder with all that is below it, hidden or in the trash.
func (p *place) view(f activity.Folder) FolderView {
	list := folderList{place: p, hidden: true, state: storage.AllState}
	return FolderView{Folder: p.shown(f), Children: list.of(p.tree.Children(f.ID))}
}

// shown gives the folder without a parent that the access does not see.
func (p *place) shown(f activity.Folder) activity.Folder {
	if !p.whole() && f.ParentID != "" && !p.scope.Includes(p.tree.Chain(f.ParentID)) {
		f.ParentID = ""
	}
	return f
}

// folderList makes the trees of one answer.
type folderList struct {
	place  *place
	hidden bool // hidden ones too
	state  storage.State
	times  map[activity.FolderID]float64 // as place.times gives them; nil when they were not asked for
}

// of gives the trees of the folders by name.
func (l folderList) of(ids []activity.FolderID) FolderTree {
	tree := FolderTree{}
	for _, id := range ids {
		f, _ := l.place.tree.Folder(id)
		tree = append(tree, l.one(f, l.place.trashed(f.ParentID))...)
	}
	tree.sort()
	return tree
}

// one gives the tree of a folder; trashed says that it stands below one in the
// trash. Where the state leaves the folder out, the listed ones below it take
// its place.
func (l folderList) one(f activity.Folder, trashed bool) FolderTree {
	if f.Hidden && !l.hidden {
		return nil
	}
	trashed = trashed || f.Trashed
	below := FolderTree{}
	for _, id := range l.place.tree.Children(f.ID) {
		child, _ := l.place.tree.Folder(id)
		below = append(below, l.one(child, trashed)...)
	}
	below.sort()
	if !l.state.Includes(trashed) {
		return below
	}
	view := FolderView{Folder: l.place.shown(f), Children: below}
	if l.times != nil {
		seconds := l.times[f.ID]
		view.TimeCount = &seconds
	}
	return FolderTree{view}
}

func (t FolderTree) sort() {
	slices.SortFunc(t, func(a, b FolderView) int {
		return cmp.Or(activity.CompareNames(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
}
