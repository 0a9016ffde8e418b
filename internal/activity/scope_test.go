package activity_test

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/storagetest/scopemodel"
)

func TestScopeExamples(t *testing.T) {
	part := func(channel activity.ChannelID, folders ...activity.FolderPermission) activity.Permission {
		return activity.Permission{ChannelID: channel, Level: activity.Manage, FolderPermissions: folders}
	}
	whole := func(channel activity.ChannelID, level activity.Level) activity.Permission {
		return activity.Permission{ChannelID: channel, Level: level}
	}
	tests := []struct {
		name        string
		permissions []activity.Permission
		at          activity.Chain
		want        activity.Level
	}{
		{"nothing", nil, activity.Chain{}, activity.None},
		{"another channel", []activity.Permission{whole("d", activity.Manage)}, activity.Chain{"a"}, activity.None},
		{"the channel", []activity.Permission{whole("c", activity.Contribute)}, activity.Chain{"a"}, activity.Contribute},
		{"every channel and this one", []activity.Permission{whole("c", activity.Read), whole("*", activity.Manage)}, activity.Chain{}, activity.Manage},
		{"this one and every channel", []activity.Permission{whole("*", activity.Read), whole("c", activity.Contribute)}, activity.Chain{"a"}, activity.Contribute},
		{"a listed folder", []activity.Permission{part("c", activity.FolderPermission{FolderID: "a", Level: activity.Contribute})}, activity.Chain{"a"}, activity.Contribute},
		{"below a listed folder", []activity.Permission{part("c", activity.FolderPermission{FolderID: "a", Level: activity.Read})}, activity.Chain{"b", "a"}, activity.Read},
		{"above a listed folder", []activity.Permission{part("c", activity.FolderPermission{FolderID: "b", Level: activity.Read})}, activity.Chain{"a"}, activity.None},
		{
			"nested listed folders, the outer higher",
			[]activity.Permission{part("c", activity.FolderPermission{FolderID: "b", Level: activity.Read}, activity.FolderPermission{FolderID: "a", Level: activity.Manage})},
			activity.Chain{"b", "a"}, activity.Manage,
		},
		{"no folder, unlisted", []activity.Permission{part("c", activity.FolderPermission{FolderID: "a", Level: activity.Manage})}, activity.Chain{}, activity.None},
		{"no folder, listed", []activity.Permission{part("c", activity.FolderPermission{Level: activity.Contribute})}, activity.Chain{}, activity.Contribute},
		{"a folder, none listed", []activity.Permission{part("c", activity.FolderPermission{Level: activity.Contribute})}, activity.Chain{"a"}, activity.None},
		{"an empty list", []activity.Permission{part("c", []activity.FolderPermission{}...)}, activity.Chain{"a"}, activity.None},
		{"a nil place", []activity.Permission{whole("*", activity.Manage)}, nil, activity.None},
	}
	for _, tt := range tests {
		a := activity.Access{Type: activity.SharedAccess, Permissions: tt.permissions}
		if got := a.Scope("c").Level(tt.at); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	personal := activity.Access{Type: activity.PersonalAccess}
	if got := personal.Scope("c").Level(activity.Chain{"a"}); got != activity.Manage {
		t.Errorf("a personal access: %v", got)
	}
	empty := activity.Access{Type: activity.AppAccess, Permissions: []activity.Permission{{ChannelID: "c", Level: activity.Manage, FolderPermissions: []activity.FolderPermission{}}}}
	if s := empty.Scope("c"); !s.Channel() || s.Whole() != activity.None || s.Highest() != activity.None {
		t.Errorf("an empty list of folders allows %+v", s)
	}
	var zero activity.Scope
	if zero.Channel() || zero.Highest() != activity.None || zero.Includes(activity.Chain{}) {
		t.Error("the zero scope allows something")
	}
}

const scopeWorlds = 400

func scopeRand(t *testing.T, seed uint64) *rand.Rand {
	t.Helper()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// TestScopeIsTheModel: for random trees and permissions Scope says of every
// place what the reference model says of it.
func TestScopeIsTheModel(t *testing.T) {
	r := scopeRand(t, 1)
	for range scopeWorlds {
		w, a := scopemodel.RandomWorld(r), scopemodel.RandomAccess(r)
		for channel, folders := range w {
			s, tree := a.Scope(channel), treeOf(t, folders)
			if got, want := s.Channel(), scopemodel.ChannelLevel(a, channel) >= activity.Read; got != want {
				t.Fatalf("%+v sees %s: %t, want %t", a.Permissions, channel, got, want)
			}
			for id := range placesOf(folders) {
				got, want := s.Level(tree.Chain(id)), scopemodel.Level(w, a, channel, id)
				if got != want || s.Includes(tree.Chain(id)) != scopemodel.Sees(w, a, channel, id) {
					t.Fatalf("%+v in %s of %s: %v, want %v", a.Permissions, id, channel, got, want)
				}
				checkRequire(t, s, tree.Chain(id), want)
			}
			checkSummary(t, w, a, channel)
		}
	}
}

func checkRequire(t *testing.T, s activity.Scope, at activity.Chain, allowed activity.Level) {
	t.Helper()
	for level := activity.Read; level <= activity.Manage; level++ {
		err := s.Require(level, at)
		if (err == nil) != (level <= allowed) || err != nil && !errors.Is(err, activity.Forbidden()) {
			t.Fatalf("Require(%v) where %v is allowed: %v", level, allowed, err)
		}
	}
}

// checkSummary holds Whole, NoFolder, Highest and Roots to the model, in a
// world where every folder named is known.
func checkSummary(t *testing.T, w scopemodel.World, a activity.Access, channel activity.ChannelID) {
	t.Helper()
	w = w.Clone()
	for i := range scopemodel.Folders + 1 {
		if _, ok := w[channel][scopemodel.FolderID(i)]; !ok {
			w[channel][scopemodel.FolderID(i)] = ""
		}
	}
	s := a.Scope(channel)
	w[channel]["unlisted"] = ""
	if got, want := s.Whole(), scopemodel.Level(w, a, channel, "unlisted"); got != want {
		t.Fatalf("Whole of %+v in %s: %v, want %v", a.Permissions, channel, got, want)
	}
	if got, want := s.NoFolder(), scopemodel.Level(w, a, channel, ""); got != want {
		t.Fatalf("NoFolder of %+v in %s: %v, want %v", a.Permissions, channel, got, want)
	}
	highest := activity.None
	for id := range placesOf(w[channel]) {
		highest = max(highest, scopemodel.Level(w, a, channel, id))
	}
	if got := s.Highest(); got != highest {
		t.Fatalf("Highest of %+v in %s: %v, want %v", a.Permissions, channel, got, highest)
	}
	for level := activity.Read; level <= activity.Manage; level++ {
		roots := s.Roots(level)
		if whole := s.Whole() >= level; whole != (roots == nil) {
			t.Fatalf("Roots(%v) of %+v in %s: %v", level, a.Permissions, channel, roots)
		}
		for id := range w[channel] {
			below := slices.ContainsFunc(roots, func(root activity.FolderID) bool { return w.InOrBelow(channel, id, root) })
			if want := scopemodel.Level(w, a, channel, id) >= level; roots != nil && below != want {
				t.Fatalf("Roots(%v) of %+v in %s: %v; %s is below: %t", level, a.Permissions, channel, roots, id, below)
			}
		}
	}
}

// TestScopeIncludesChange: a change can be told when its item could be read
// before or after it, judged from the change alone.
func TestScopeIncludesChange(t *testing.T) {
	r := scopeRand(t, 2)
	for range scopeWorlds {
		before := scopemodel.RandomWorld(r)
		after := before.Clone()
		for range 1 + r.IntN(3) {
			scopemodel.Move(r, after)
		}
		a := scopemodel.RandomAccess(r)
		for _, channel := range slices.Sorted(maps.Keys(before)) {
			from, to := randomPlace(r, before[channel]), randomPlace(r, after[channel])
			change := activity.Change{Kind: activity.EventKind, Channel: channel}
			want := false
			if from != nil {
				change.Before = treeOf(t, before[channel]).Chain(*from)
				want = want || scopemodel.Sees(before, a, channel, *from)
			}
			if to != nil {
				change.After = treeOf(t, after[channel]).Chain(*to)
				want = want || scopemodel.Sees(after, a, channel, *to)
			}
			s := a.Scope(channel)
			if got := s.IncludesChange(&change); got != want {
				t.Fatalf("%+v is told of %+v: %t, want %t", a.Permissions, change, got, want)
			}
			change.Kind = activity.FolderKind
			if got := s.IncludesChange(&change); got != want {
				t.Fatalf("%+v is told of %+v: %t, want %t", a.Permissions, change, got, want)
			}
			ofChannel := activity.Change{Kind: activity.ChannelKind, Channel: channel}
			if got, want := s.IncludesChange(&ofChannel), scopemodel.ChannelLevel(a, channel) >= activity.Read; got != want {
				t.Fatalf("%+v is told of the channel %s: %t, want %t", a.Permissions, channel, got, want)
			}
			ofAccess := activity.Change{Kind: activity.AccessKind}
			if s.IncludesChange(&ofAccess) {
				t.Fatalf("%+v is told of an access", a.Permissions)
			}
		}
	}
}

func randomPlace(r *rand.Rand, folders map[activity.FolderID]activity.FolderID) *activity.FolderID {
	if r.IntN(5) == 0 {
		return nil
	}
	places := slices.Sorted(placesOf(folders))
	return &places[r.IntN(len(places))]
}

// TestCoversIsBruteForce: an access covers permissions exactly when every item
// and level that they allow is allowed to it too.
func TestCoversIsBruteForce(t *testing.T) {
	r := scopeRand(t, 3)
	covered := 0
	for range 20 * scopeWorlds {
		w, a := scopemodel.RandomWorld(r), scopemodel.RandomAccess(r)
		permissions := scopemodel.RandomPermissions(r)
		if r.IntN(2) == 0 { // random ones are seldom covered: take and lower the access's own
			permissions = lowered(r, w, a.Permissions)
		}
		trees := map[activity.ChannelID]*activity.Tree{}
		for channel, folders := range w {
			trees[channel] = treeOf(t, folders)
		}
		got := a.Covers(permissions, func(id activity.ChannelID) *activity.Tree {
			if tree, ok := trees[id]; ok {
				return tree
			}
			return &activity.Tree{}
		})
		if want := scopemodel.Covers(w, a, permissions); got != want {
			t.Fatalf("%s %+v covers %+v: %t, want %t\nin %v", a.Type, a.Permissions, permissions, got, want, w)
		}
		if got {
			covered++
		}
	}
	if covered < 20*scopeWorlds/10 {
		t.Errorf("only %d were covered: the test tries too little", covered)
	}
}

// lowered gives some of the permissions, at lower levels or in folders below.
func lowered(r *rand.Rand, w scopemodel.World, own []activity.Permission) []activity.Permission {
	var list []activity.Permission
	for _, p := range own {
		if r.IntN(3) == 0 {
			continue
		}
		p.FolderPermissions = slices.Clone(p.FolderPermissions)
		if p.Level > activity.Read {
			p.Level -= activity.Level(r.IntN(int(p.Level)))
		}
		for i, f := range p.FolderPermissions {
			p.FolderPermissions[i].Level = activity.Level(1 + r.IntN(int(f.Level)))
			for _, id := range slices.Sorted(maps.Keys(w[p.ChannelID])) {
				parent := w[p.ChannelID][id]
				if f.FolderID != "" && parent == f.FolderID && r.IntN(3) == 0 {
					p.FolderPermissions[i].FolderID = id
				}
			}
		}
		if p.ChannelID == activity.AllChannels && r.IntN(2) == 0 {
			p.ChannelID = scopemodel.ChannelID(r.IntN(scopemodel.Channels + 1))
		}
		list = append(list, p)
	}
	return list
}

func treeOf(t *testing.T, folders map[activity.FolderID]activity.FolderID) *activity.Tree {
	t.Helper()
	tree := &activity.Tree{}
	for tree.Len() < len(folders) {
		for id, parent := range folders {
			if _, ok := tree.Folder(id); ok {
				continue
			}
			if _, ok := tree.Folder(parent); parent != "" && !ok {
				continue
			}
			next, err := tree.With(folder(string(id), string(parent), string(id)))
			if err != nil {
				t.Fatal(err)
			}
			tree = next
		}
	}
	return tree
}

// placesOf gives the folders and "", the place of what is in none.
func placesOf(folders map[activity.FolderID]activity.FolderID) func(func(activity.FolderID) bool) {
	return func(yield func(activity.FolderID) bool) {
		if !yield("") {
			return
		}
		for id := range folders {
			if !yield(id) {
				return
			}
		}
	}
}
