package activity_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

// grow makes a tree of folders given as "id parent name".
func grow(t *testing.T, folders ...[3]string) *activity.Tree {
	t.Helper()
	tree := &activity.Tree{}
	for _, f := range folders {
		next, err := tree.With(folder(f[0], f[1], f[2]))
		if err != nil {
			t.Fatalf("with %v: %v", f, err)
		}
		tree = next
	}
	return tree
}

func folder(id, parent, name string) activity.Folder {
	return activity.Folder{ID: activity.FolderID(id), ParentID: activity.FolderID(parent), Name: name}
}

func TestTreeReads(t *testing.T) {
	tree := grow(t, [3]string{"a", "", "b"}, [3]string{"b", "", "A"}, [3]string{"c", "", "a"}, [3]string{"d", "a", "x"}, [3]string{"e", "d", "x"})
	if tree.Len() != 5 {
		t.Errorf("Len = %d", tree.Len())
	}
	if f, ok := tree.Folder("d"); !ok || f.ParentID != "a" {
		t.Errorf("Folder(d) = %v, %t", f, ok)
	}
	if _, ok := tree.Folder("nope"); ok {
		t.Error("there is a folder nope")
	}
	if got := tree.Children(""); !slices.Equal(got, []activity.FolderID{"b", "c", "a"}) {
		t.Errorf("roots by name: %v", got)
	}
	for id, want := range map[activity.FolderID]activity.Chain{"": {}, "a": {"a"}, "e": {"e", "d", "a"}, "nope": {"nope"}} {
		if got := tree.Chain(id); got == nil || !slices.Equal(got, want) {
			t.Errorf("Chain(%q) = %v, want %v", id, got, want)
		}
	}
	if got := slices.Collect(tree.Below("a")); !slices.Equal(got, []activity.FolderID{"a", "d", "e"}) {
		t.Errorf("Below(a) = %v", got)
	}
	for id := range tree.Below("a") {
		if id == "d" {
			break // an iterator that is left early must not go on
		}
	}
	var zero activity.Tree
	if zero.Len() != 0 || len(zero.Children("")) != 0 || zero.Chain("") == nil {
		t.Error("the zero tree is not empty")
	}
}

func TestTreeWith(t *testing.T) {
	tree := grow(t, [3]string{"a", "", "a"}, [3]string{"b", "a", "b"}, [3]string{"c", "b", "c"}, [3]string{"d", "", "d"}, [3]string{"e", "d", "b"})
	for _, tt := range []struct {
		name string
		f    activity.Folder
		code activity.Code // "" for none
	}{
		{"new root", folder("x", "", "x"), ""},
		{"new child", folder("x", "c", "x"), ""},
		{"unknown parent", folder("x", "nope", "x"), activity.CodeUnknownFolder},
		{"name of a sibling", folder("x", "", "a"), activity.CodeItemNameAlreadyExists},
		{"name of a cousin", folder("x", "d", "a"), ""},
		{"other case", folder("x", "", "A"), ""},
		{"itself unchanged", folder("b", "a", "b"), ""},
		{"renamed", folder("b", "a", "z"), ""},
		{"renamed to a sibling's", folder("a", "", "d"), activity.CodeItemNameAlreadyExists},
		{"moved", folder("b", "", "b"), ""},
		{"moved with all below", folder("b", "e", "b"), ""},
		{"moved beside its name", folder("b", "d", "b"), activity.CodeItemNameAlreadyExists},
		{"moved and renamed", folder("b", "d", "q"), ""},
		{"into itself", folder("a", "a", "a"), activity.CodeInvalidOperation},
		{"below itself", folder("a", "c", "a"), activity.CodeInvalidOperation},
		{"moved to an unknown parent", folder("a", "nope", "a"), activity.CodeUnknownFolder},
	} {
		next, err := tree.With(tt.f)
		if tt.code != "" {
			if !errors.Is(err, activity.NewError(tt.code, "")) || next != nil {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.code)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		checkTree(t, next)
		if got, ok := next.Folder(tt.f.ID); !ok || got.ParentID != tt.f.ParentID || got.Name != tt.f.Name {
			t.Errorf("%s: the folder is %+v", tt.name, got)
		}
	}
	checkTree(t, tree)
	if got := tree.Chain("c"); !slices.Equal(got, activity.Chain{"c", "b", "a"}) || tree.Len() != 5 {
		t.Errorf("With changed its tree: %v", got)
	}
}

func TestTreeDepth(t *testing.T) {
	tree := &activity.Tree{}
	id := func(level int) string {
		if level == 0 {
			return ""
		}
		return fmt.Sprint("f", level)
	}
	var err error
	for level := 1; level <= activity.MaxFolderDepth; level++ {
		if tree, err = tree.With(folder(id(level), id(level-1), "n")); err != nil {
			t.Fatalf("level %d: %v", level, err)
		}
	}
	tooDeep := activity.NewError(activity.CodeInvalidOperation, "")
	if _, err := tree.With(folder("x", id(activity.MaxFolderDepth), "n")); !errors.Is(err, tooDeep) {
		t.Errorf("one level more: %v", err)
	}
	if tree, err = tree.With(folder("x", "", "x")); err != nil {
		t.Fatal(err)
	}
	if _, err := tree.With(folder(id(1), "x", "n")); !errors.Is(err, tooDeep) {
		t.Errorf("all 64 moved below another: %v", err)
	}
	if _, err := tree.With(folder(id(2), "x", "n")); err != nil {
		t.Errorf("63 moved below another: %v", err)
	}
}

func TestTreeWithout(t *testing.T) {
	tree := grow(t, [3]string{"a", "", "a"}, [3]string{"b", "a", "b"}, [3]string{"c", "b", "c"}, [3]string{"d", "", "d"})
	next := tree.Without("b")
	checkTree(t, next)
	if next.Len() != 2 || len(next.Children("a")) != 0 {
		t.Errorf("%d folders are left, below a: %v", next.Len(), next.Children("a"))
	}
	if tree.Len() != 4 || len(tree.Children("a")) != 1 {
		t.Error("Without changed its tree")
	}
	if tree.Without("nope").Len() != 4 {
		t.Error("without an unknown folder some are gone")
	}
	if again, err := next.With(folder("b", "", "b")); err != nil || len(again.Children("b")) != 0 {
		t.Errorf("the id used again: %v, below it %v", err, again.Children("b"))
	}
}

// checkTree looks whether the folders, their children and their order agree.
func checkTree(t *testing.T, tree *activity.Tree) {
	t.Helper()
	seen := 0
	var check func(parent activity.FolderID)
	check = func(parent activity.FolderID) {
		last := ""
		for i, id := range tree.Children(parent) {
			f, ok := tree.Folder(id)
			if !ok || f.ParentID != parent {
				t.Errorf("%q stands below %q as %+v, %t", id, parent, f, ok)
			}
			if i > 0 && activity.CompareNames(last, f.Name) >= 0 {
				t.Errorf("%q comes before %q", last, f.Name)
			}
			last = f.Name
			seen++
			check(id)
		}
	}
	check("")
	if seen != tree.Len() {
		t.Errorf("%d folders are reached of %d", seen, tree.Len())
	}
}

func TestCompareNames(t *testing.T) {
	names := []string{"b", "", "a", "B", "A", "ä", "a b", "a\x00"}
	slices.SortFunc(names, activity.CompareNames)
	if want := []string{"", "A", "a", "a\x00", "a b", "B", "b", "ä"}; !slices.Equal(names, want) {
		t.Errorf("sorted: %q, want %q", names, want)
	}
}
