package storagetest

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/storagetest/scopemodel"
)

func scopeCases() []testCase {
	return []testCase{{name: "lists are what Scope.Includes and the model say", check: scopesOfLists}}
}

// scopesOfLists: for random trees, permissions, moves and deletions the list
// with a scope is all events filtered by Scope.Includes, and both are what the
// reference model sees.
func scopesOfLists(t *testing.T, s storage.Store) {
	const worlds, moves, accesses = 5, 5, 12
	const seed = 5
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range worlds {
		w := scopemodel.RandomWorld(r)
		u := newTenant(t, s)
		u.build(w)
		for range moves {
			list := make([]activity.Access, accesses)
			for i := range list {
				list[i] = scopemodel.RandomAccess(r)
			}
			for _, channel := range slices.Sorted(maps.Keys(w)) {
				u.checkScopes(w, channel, list)
			}
			if m, ok := scopemodel.Move(r, w); ok {
				u.move(m)
			}
		}
	}
}

// build makes the channels and folders of the world, and in each place events,
// one of them in the trash.
func (u *tenant) build(w scopemodel.World) {
	u.t.Helper()
	for _, channel := range slices.Sorted(maps.Keys(w)) {
		u.channel(channel)
		var events []activity.Event
		folders := slices.Collect(maps.Keys(w[channel]))
		depth := func(id activity.FolderID) (n int) {
			for ; id != ""; id = w[channel][id] {
				n++
			}
			return n
		}
		slices.SortFunc(folders, func(a, b activity.FolderID) int { return cmp.Or(depth(a)-depth(b), cmp.Compare(a, b)) })
		for i, id := range append(folders, "") {
			if id != "" {
				u.folder(channel, w[channel][id], id)
			}
			trashed := note(channel, id, activity.Timestamp(i))
			trashed.Trashed = true
			events = append(events, note(channel, id, activity.Timestamp(-i)), trashed)
		}
		u.put(events...)
	}
}

// move does to the store what scopemodel.Move did to the world.
func (u *tenant) move(m scopemodel.Moved) {
	u.t.Helper()
	u.do(func(tx storage.Tx) error {
		if m.Deleted {
			return tx.DeleteFolder(u.t.Context(), m.Channel, m.Folder, false)
		}
		return tx.UpdateFolder(u.t.Context(), &activity.Folder{ID: m.Folder, ChannelID: m.Channel, ParentID: m.Parent, Name: string(m.Folder)})
	})
}

func (u *tenant) checkScopes(w scopemodel.World, channel activity.ChannelID, accesses []activity.Access) {
	u.t.Helper()
	tree, q := u.structure().Tree(channel), everything(channel)
	all := u.list(q)
	for _, a := range accesses {
		scope := a.Scope(channel)
		q.Scope = scope
		got, err := collect(u.Events(u.t.Context(), q))
		included := slices.DeleteFunc(slices.Clone(all), func(e activity.Event) bool { return !scope.Includes(tree.Chain(e.FolderID)) })
		seen := slices.DeleteFunc(slices.Clone(all), func(e activity.Event) bool { return !scopemodel.Sees(w, a, channel, e.FolderID) })
		if err != nil || texts(got) != texts(included) || texts(got) != texts(seen) {
			u.t.Fatalf("%s %+v in %s of %v lists\n%sand %v; Scope includes\n%sthe model sees\n%s",
				a.Type, a.Permissions, channel, w, texts(got), err, texts(included), texts(seen))
		}
		for _, e := range all {
			if got, want := scope.Level(tree.Chain(e.FolderID)), scopemodel.Level(w, a, channel, e.FolderID); got != want {
				u.t.Fatalf("%s %+v in %s of %s: %v, want %v", a.Type, a.Permissions, e.FolderID, channel, got, want)
			}
		}
	}
}
