package activity

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Chain is a folder's id and those of the folders above it, from the inside
// out. It tells where an item is without a tree: empty is a place in the
// channel but in no folder, nil no place at all (before a creation, after a
// deletion).
type Chain []FolderID

// Tree is the folders of one channel. It never changes: With and Without give
// other trees. The zero Tree is empty and ready to use.
type Tree struct {
	folders  map[FolderID]Folder
	children map[FolderID][]FolderID // by name; the roots stand under ""
}

// NewTree gives the tree of folders that stood in one tree before: what With
// checks is not checked again.
func NewTree(folders []Folder) *Tree {
	t := &Tree{folders: make(map[FolderID]Folder, len(folders)), children: map[FolderID][]FolderID{}}
	for _, f := range folders {
		t.folders[f.ID] = f
		t.children[f.ParentID] = append(t.children[f.ParentID], f.ID)
	}
	for _, siblings := range t.children {
		slices.SortFunc(siblings, func(a, b FolderID) int {
			return cmp.Or(CompareNames(t.folders[a].Name, t.folders[b].Name), cmp.Compare(a, b))
		})
	}
	return t
}

// Len gives the number of folders.
func (t *Tree) Len() int { return len(t.folders) }

// Folder gives the folder of that id.
func (t *Tree) Folder(id FolderID) (Folder, bool) {
	f, ok := t.folders[id]
	return f, ok
}

// Children gives the ids of the folders right below id, by name; those of the
// roots for "". The slice must not be changed.
func (t *Tree) Children(id FolderID) []FolderID { return t.children[id] }

// Chain gives where an item in the folder is: id, its parent, and so on. It is
// empty for "", and has an unknown id alone.
func (t *Tree) Chain(id FolderID) Chain {
	chain := Chain{}
	for id != "" {
		chain = append(chain, id)
		id = t.folders[id].ParentID
	}
	return chain
}

// Below gives id and all below it, parents first.
func (t *Tree) Below(id FolderID) iter.Seq[FolderID] {
	return func(yield func(FolderID) bool) { t.walk(id, yield) }
}

func (t *Tree) walk(id FolderID, yield func(FolderID) bool) bool {
	if !yield(id) {
		return false
	}
	for _, child := range t.children[id] {
		if !t.walk(child, yield) {
			return false
		}
	}
	return true
}

// With gives the tree with f added, or put in the place of the folder that has
// its id, moved and renamed as f says. It fails with CodeUnknownFolder for the
// parent, CodeItemNameAlreadyExists among the siblings and CodeInvalidOperation
// for a folder below itself or below MaxFolderDepth.
func (t *Tree) With(f Folder) (*Tree, error) {
	if err := t.check(f); err != nil {
		return nil, err
	}
	next := &Tree{folders: cloned(t.folders), children: cloned(t.children)}
	if old, ok := t.folders[f.ID]; ok {
		next.unlink(old)
	}
	next.folders[f.ID] = f
	siblings := slices.Clone(next.children[f.ParentID])
	at, _ := slices.BinarySearchFunc(siblings, f, func(id FolderID, f Folder) int {
		s := next.folders[id]
		return cmp.Or(CompareNames(s.Name, f.Name), cmp.Compare(s.ID, f.ID))
	})
	next.children[f.ParentID] = slices.Insert(siblings, at, f.ID)
	return next, nil
}

// Without gives the tree without the folder and all below it.
func (t *Tree) Without(id FolderID) *Tree {
	f, ok := t.folders[id]
	if !ok {
		return t
	}
	next := &Tree{folders: cloned(t.folders), children: cloned(t.children)}
	next.unlink(f)
	for gone := range t.Below(id) {
		delete(next.folders, gone)
		delete(next.children, gone)
	}
	return next
}

func (t *Tree) unlink(f Folder) {
	siblings := slices.Clone(t.children[f.ParentID])
	t.children[f.ParentID] = slices.DeleteFunc(siblings, func(id FolderID) bool { return id == f.ID })
}

func (t *Tree) check(f Folder) error {
	if f.ParentID != "" {
		if _, ok := t.folders[f.ParentID]; !ok {
			return UnknownFolders(f.ParentID)
		}
	}
	above := t.Chain(f.ParentID)
	if slices.Contains(above, f.ID) {
		return NewError(CodeInvalidOperation, "A folder cannot move into itself or below itself: choose another parentId.")
	}
	if len(above)+t.height(f.ID) > MaxFolderDepth {
		return NewError(CodeInvalidOperation, "A folder tree has at most %d levels: choose a parentId further up.", MaxFolderDepth)
	}
	for _, id := range t.children[f.ParentID] {
		if id != f.ID && t.folders[id].Name == f.Name {
			return NewError(CodeItemNameAlreadyExists, "A folder beside this one has that name already: choose another name.").
				With(map[string]any{"name": f.Name})
		}
	}
	return nil
}

// height gives the levels from id downwards: 1 for a leaf or an unknown id.
func (t *Tree) height(id FolderID) int {
	deepest := 0
	for _, child := range t.children[id] {
		deepest = max(deepest, t.height(child))
	}
	return deepest + 1
}

// UnknownFolders is the error for ids that no folder of the channel has.
func UnknownFolders(ids ...FolderID) *Error {
	return NewError(CodeUnknownFolder, "No folder of this channel has such an id: see data.unknownIds.").
		With(map[string]any{"unknownIds": ids})
}

// CompareNames orders names as lists show them: without regard to case first.
func CompareNames(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}

func cloned[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return maps.Clone(m)
}
