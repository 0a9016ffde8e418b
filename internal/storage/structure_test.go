package storage_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/storagetest/scopemodel"
)

func isCode(err error, code activity.Code) bool { return errors.Is(err, activity.NewError(code, "")) }

// must passes the next structure on; tests of rules check the error instead.
func must(t *testing.T) func(*storage.Structure, error) *storage.Structure {
	t.Helper()
	return func(s *storage.Structure, err error) *storage.Structure {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestStructureUser(t *testing.T) {
	s := storage.NewStructure(activity.User{ID: "u", Email: "old"})
	next := s.WithUser(activity.User{ID: "u", Email: "new"})
	if s.User().Email != "old" || next.User().Email != "new" {
		t.Errorf("emails: %q, then %q", s.User().Email, next.User().Email)
	}
}

func TestStructureChannels(t *testing.T) {
	empty := storage.NewStructure(activity.User{})
	if len(empty.Channels()) != 0 || empty.Tree("a") == nil || empty.Tree("a").Len() != 0 {
		t.Error("the first structure is not empty")
	}
	s := must(t)(empty.WithChannel(activity.Channel{ID: "b", Name: "same"}))
	s = must(t)(s.WithChannel(activity.Channel{ID: "a", Name: "Same"}))
	s = must(t)(s.WithChannel(activity.Channel{ID: "c", Name: "another"}))
	if _, err := s.WithChannel(activity.Channel{ID: "d", Name: "same"}); !isCode(err, activity.CodeItemNameAlreadyExists) {
		t.Errorf("a name that is taken: %v", err)
	}
	if _, err := s.WithChannel(activity.Channel{ID: "a", Name: "same"}); !isCode(err, activity.CodeItemNameAlreadyExists) {
		t.Errorf("renamed to a name that is taken: %v", err)
	}
	s = must(t)(s.WithChannel(activity.Channel{ID: "b", Name: "same", Trashed: true}))
	var ids []activity.ChannelID
	for _, c := range s.Channels() {
		ids = append(ids, c.ID)
	}
	if !slices.Equal(ids, []activity.ChannelID{"c", "a", "b"}) {
		t.Errorf("by name: %v", ids)
	}
	tree, err := s.Tree("b").With(activity.Folder{ID: "f", Name: "f"})
	if err != nil {
		t.Fatal(err)
	}
	withTree := s.WithTree("b", tree)
	if withTree.Tree("b").Len() != 1 || s.Tree("b").Len() != 0 || withTree.Tree("a").Len() != 0 {
		t.Error("a tree stands in the wrong place")
	}
	without := withTree.WithoutChannel("b")
	if _, ok := without.Channel("b"); ok || without.Tree("b").Len() != 0 {
		t.Error("a channel that was taken out, or its tree, is still there")
	}
	if c, ok := withTree.Channel("b"); !ok || !c.Trashed || withTree.Tree("b").Len() != 1 {
		t.Error("taking a channel out changed the structure")
	}
	must(t)(without.WithChannel(activity.Channel{ID: "d", Name: "same"}))
}

func TestStructureAccesses(t *testing.T) {
	h1, h2, h3 := activity.HashToken("1"), activity.HashToken("2"), activity.HashToken("3")
	shared := activity.Access{ID: "a", Type: activity.SharedAccess, Name: "n", Tokens: []activity.TokenHash{h1, h2}}
	s := must(t)(storage.NewStructure(activity.User{}).WithAccess(shared))
	for name, tt := range map[string]struct {
		a    activity.Access
		code activity.Code
	}{
		"same name, same type":    {activity.Access{ID: "b", Type: activity.SharedAccess, Name: "n"}, activity.CodeItemNameAlreadyExists},
		"same name, other device": {activity.Access{ID: "b", Type: activity.SharedAccess, Name: "n", DeviceName: "d"}, ""},
		"same name, other type":   {activity.Access{ID: "b", Type: activity.AppAccess, Name: "n"}, ""},
		"other case":              {activity.Access{ID: "b", Type: activity.SharedAccess, Name: "N"}, ""},
		"a token that is taken":   {activity.Access{ID: "b", Type: activity.AppAccess, Name: "m", Tokens: []activity.TokenHash{h3, h2}}, activity.CodeItemIDAlreadyExists},
		"itself again":            {shared, ""},
	} {
		if _, err := s.WithAccess(tt.a); (err == nil) != (tt.code == "") || err != nil && !isCode(err, tt.code) {
			t.Errorf("%s: %v, want %q", name, err, tt.code)
		}
	}
	changed := shared
	changed.Tokens = []activity.TokenHash{h2, h3}
	next := must(t)(s.WithAccess(changed))
	for h, want := range map[activity.TokenHash][2]bool{h1: {true, false}, h2: {true, true}, h3: {false, true}} {
		_, before := s.AccessByToken(h)
		_, after := next.AccessByToken(h)
		if before != want[0] || after != want[1] {
			t.Errorf("token known before: %t, after: %t, want %v", before, after, want)
		}
	}
	gone := next.WithoutAccess("a")
	if _, ok := gone.Access("a"); ok || len(gone.Accesses()) != 0 {
		t.Error("an access that was taken out is still there")
	}
	if _, ok := gone.AccessByToken(h2); ok {
		t.Error("a token outlives its access")
	}
	if a, ok := next.AccessByToken(h2); !ok || a.ID != "a" {
		t.Error("taking an access out changed the structure")
	}
	if _, ok := gone.AccessByToken(activity.TokenHash{}); ok {
		t.Error("the zero token is an access's")
	}
}

func TestStructureSessions(t *testing.T) {
	s := storage.NewStructure(activity.User{})
	for i := range 3 {
		s = s.WithSession(activity.Session{ID: activity.SessionID(fmt.Sprint("s", i)), Created: activity.Timestamp(10 - i), Expires: 100})
	}
	var ids []activity.SessionID
	for _, v := range s.Sessions() {
		ids = append(ids, v.ID)
	}
	if !slices.Equal(ids, []activity.SessionID{"s2", "s1", "s0"}) {
		t.Errorf("the oldest first: %v", ids)
	}
	without := s.WithoutSession("s1")
	if _, ok := without.Session("s1"); ok || len(without.Sessions()) != 2 || len(s.Sessions()) != 3 {
		t.Error("taking a session out went wrong")
	}
}

func TestStructureFallingOut(t *testing.T) {
	for _, tt := range []struct{ expired, live, want int }{
		{0, 0, 0}, {3, 0, 3}, {0, 99, 0}, {0, 100, 1}, {0, 103, 4}, {5, 99, 5}, {5, 100, 6},
	} {
		s := storage.NewStructure(activity.User{})
		for i := range tt.live {
			s = s.WithSession(activity.Session{ID: activity.SessionID(fmt.Sprint("live", i)), Created: activity.Timestamp(2 * i), Expires: 501})
		}
		for i := range tt.expired { // between the live ones
			s = s.WithSession(activity.Session{ID: activity.SessionID(fmt.Sprint("old", i)), Created: activity.Timestamp(2*i + 1), Expires: 500})
		}
		gone := s.FallingOut(500)
		if len(gone) != tt.want {
			t.Errorf("of %d expired and %d live %d fall out, want %d", tt.expired, tt.live, len(gone), tt.want)
		}
		oldest := slices.DeleteFunc(s.Sessions(), func(v activity.Session) bool { return v.Expires <= 500 })
		for _, v := range oldest[:tt.want-tt.expired] {
			if !slices.Contains(gone, v.ID) {
				t.Errorf("of %d expired and %d live %s stays", tt.expired, tt.live, v.ID)
			}
		}
	}
}

// TestStructureFolders: the folders that a list reads from are, for random
// trees, permissions and filters, those that the reference model sees.
func TestStructureFolders(t *testing.T) {
	const seed = 4
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 500 {
		w, a := scopemodel.RandomWorld(r), scopemodel.RandomAccess(r)
		s := structureOf(t, w)
		for _, channel := range slices.Sorted(maps.Keys(w)) {
			filter := randomFilter(r)
			ids, noFolder, all := s.Folders(channel, a.Scope(channel), filter)
			if got, want := all || noFolder, scopemodel.Sees(w, a, channel, "") && (filter == nil || filter.NoFolder); got != want {
				t.Fatalf("%+v with %+v in %s reads what has no folder: %t, want %t", a.Permissions, filter, channel, got, want)
			}
			slices.Sort(ids)
			if len(slices.Compact(slices.Clone(ids))) != len(ids) {
				t.Fatalf("%v names a folder twice", ids)
			}
			for id := range w[channel] {
				want := scopemodel.Sees(w, a, channel, id) && asked(w, channel, filter, id)
				if got := all || slices.Contains(ids, id); got != want {
					t.Fatalf("%+v with %+v in %s reads %s: %t, want %t", a.Permissions, filter, channel, id, got, want)
				}
			}
			for _, id := range ids {
				if _, known := w[channel][id]; !known {
					t.Fatalf("%v has the unknown folder %s", ids, id)
				}
			}
		}
	}
}

func asked(w scopemodel.World, channel activity.ChannelID, filter *storage.FolderFilter, id activity.FolderID) bool {
	return filter == nil || slices.ContainsFunc(filter.Folders, func(top activity.FolderID) bool { return w.InOrBelow(channel, id, top) })
}

func randomFilter(r *rand.Rand) *storage.FolderFilter {
	if r.IntN(3) == 0 {
		return nil
	}
	filter := &storage.FolderFilter{NoFolder: r.IntN(2) == 0}
	for range r.IntN(4) {
		filter.Folders = append(filter.Folders, scopemodel.FolderID(r.IntN(scopemodel.Folders+1)))
	}
	return filter
}

func structureOf(t *testing.T, w scopemodel.World) *storage.Structure {
	t.Helper()
	s := storage.NewStructure(activity.User{})
	for channel, folders := range w {
		s = must(t)(s.WithChannel(activity.Channel{ID: channel, Name: string(channel)}))
		tree := s.Tree(channel)
		for tree.Len() < len(folders) {
			for id, parent := range folders {
				_, placed := tree.Folder(id)
				if _, ok := tree.Folder(parent); placed || parent != "" && !ok {
					continue
				}
				next, err := tree.With(activity.Folder{ID: id, ParentID: parent, Name: string(id)})
				if err != nil {
					t.Fatal(err)
				}
				tree = next
			}
		}
		s = s.WithTree(channel, tree)
	}
	return s
}
