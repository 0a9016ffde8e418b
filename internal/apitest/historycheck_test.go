package apitest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/storagetest/scopemodel"
)

// check compares what was acknowledged and what was told with the log of the
// store that the server left.
func (h *history) check(t *testing.T, writers []*historyWriter, followers []*follower) {
	t.Helper()
	log := h.log(t)
	times := map[thing]map[activity.Timestamp]activity.Change{}
	for i, c := range log {
		if c.Seq != activity.Seq(i+1) {
			t.Fatalf("the log has %d in the place of %d", c.Seq, i+1)
		}
		at := thing{c.Kind, string(c.Channel), c.Item}
		if times[at] == nil {
			times[at] = map[activity.Timestamp]activity.Change{}
		}
		times[at][c.Time] = c
	}
	acked := 0
	for _, w := range writers {
		for _, a := range w.acked {
			acked++
			if _, ok := times[thing{a.kind, a.where.channel, a.where.id}][a.modified]; !ok {
				t.Errorf("%v was acknowledged and is not in the log", a)
			}
		}
	}
	t.Logf("%d changes, %d writes acknowledged", len(log), acked)
	for _, f := range followers {
		f.explain(t, log)
		f.checkNamed(t, times)
		f.checkTold(t, log)
	}
}

func (h *history) log(t *testing.T) (log []activity.Change) {
	t.Helper()
	h.inStore(t, func(ctx context.Context, _ activity.UserID, tx storage.Tx) error {
		var err error
		log, _, err = tx.Log(ctx, 0, 1<<30)
		return err
	})
	return log
}

// inStore looks into the store, beside the servers.
func (r *realm) inStore(t *testing.T, look func(context.Context, activity.UserID, storage.Tx) error) {
	t.Helper()
	r.place.Look(t, func(store storage.Store) {
		user, err := store.Users().UserByName(t.Context(), "alice")
		if err == nil {
			err = store.Tenant(user.ID).View(t.Context(), func(tx storage.Tx) error { return look(t.Context(), user.ID, tx) })
		}
		if err != nil {
			t.Error(err)
		}
	})
}

// explain shows what happened to the first item in which the view differs, and
// to what it stood in, and what the follower was told of that.
func (f *follower) explain(t *testing.T, log []activity.Change) {
	t.Helper()
	if f.differ == nil {
		return
	}
	concerns := func(kind activity.Kind, channel, id string) bool {
		return kind != activity.EventKind && strings.Contains(f.differ[0], " "+channel+" ") || strings.Contains(f.differ[0], id)
	}
	for _, c := range log {
		if concerns(c.Kind, string(c.Channel), c.Item) {
			t.Logf("happened: %s %s %s/%s at %.6f, from %q to %q", c.Kind, c.Action, c.Channel, c.Item, c.Time, c.Before, c.After)
		}
	}
	for _, c := range f.named {
		if concerns(c.Kind, c.ChannelID, c.ID) {
			t.Logf("told %s: %s %s %s/%s at %.6f, item %v", f.name, c.Kind, c.Action, c.ChannelID, c.ID, c.Time, c.Item != nil)
		}
	}
}

// checkSight compares the view with what the scope model lets the access see of
// all that the owner sees.
func (f *follower) checkSight(t *testing.T, all map[thing]map[string]any) {
	t.Helper()
	if len(f.permissions) != 1 {
		return // the owner; one whose last change may not have been answered
	}
	access := activity.Access{Type: activity.SharedAccess, Permissions: f.permissions[0]}
	world := scopemodel.World{}
	for at, item := range all {
		channel := activity.ChannelID(at.channel)
		if world[channel] == nil {
			world[channel] = map[activity.FolderID]activity.FolderID{}
		}
		if at.kind == activity.FolderKind {
			parent, _ := item["parentId"].(string)
			world[channel][activity.FolderID(at.id)] = activity.FolderID(parent)
		}
	}
	for at, item := range all {
		channel := activity.ChannelID(at.channel)
		folder, _ := item["folderId"].(string)
		if at.kind == activity.FolderKind {
			folder = at.id
		}
		sees := scopemodel.Sees(world, access, channel, activity.FolderID(folder))
		if at.kind == activity.ChannelKind {
			sees = scopemodel.ChannelLevel(access, channel) >= activity.Read
		}
		if _, viewed := f.view[at]; viewed != sees {
			t.Errorf("%s: %v is in the view: %v, may be seen: %v", f.name, at, viewed, sees)
		}
	}
}

// checkNamed finds for everything that the follower was told of a change of
// that moment that it could see.
func (f *follower) checkNamed(t *testing.T, times map[thing]map[activity.Timestamp]activity.Change) {
	t.Helper()
	folderTimes := map[activity.Timestamp]bool{}
	for at, all := range times {
		for moment := range all {
			folderTimes[moment] = folderTimes[moment] || at.kind == activity.FolderKind
		}
	}
	for _, c := range f.named {
		if c.Kind == activity.AccessKind && f.permissions == nil {
			continue
		}
		logged, ok := times[c.thing()][c.Time]
		if ok && f.saw(logged) {
			continue
		}
		// A folder that the permissions name comes and goes with those above.
		if !ok && c.Kind == activity.FolderKind && f.hasFolder(c.ChannelID, c.ID) && folderTimes[c.Time] {
			continue
		}
		t.Errorf("%s was told of %s %s %s/%s, which it could not see", f.name, c.Kind, c.Action, c.ChannelID, c.ID)
	}
}

// checkTold finds every change that the follower could see among those that it
// was told of, or a later one of the same item. What came before it read
// everything anew is none of them, nor what a sweep did after its last question.
func (f *follower) checkTold(t *testing.T, log []activity.Change) {
	t.Helper()
	last := map[thing]activity.Timestamp{}
	for _, c := range f.named {
		last[c.thing()] = max(last[c.thing()], c.Time)
	}
	since := f.resets[len(f.resets)-1] + 1 // the times of commits may run a little ahead
	missed := 0
	for _, c := range log {
		at := thing{c.Kind, string(c.Channel), c.Item}
		if len(f.permissions) > 1 || c.Time < since || c.Time >= f.until || !f.saw(c) || c.Kind != activity.ChannelKind && c.Kind != activity.FolderKind && c.Kind != activity.EventKind {
			continue
		}
		if last[at] < c.Time {
			missed++
			t.Errorf("%s was not told of %v", f.name, c)
		}
		if missed > 10 {
			return
		}
	}
}

// saw reports whether the follower could see the item before or after.
func (f *follower) saw(c activity.Change) bool {
	if f.permissions == nil {
		return true
	}
	for _, permissions := range f.permissions {
		access := activity.Access{Type: activity.SharedAccess, Permissions: permissions}
		switch {
		case c.Kind == activity.ChannelKind:
			if scopemodel.ChannelLevel(access, c.Channel) >= activity.Read {
				return true
			}
		case c.Before != nil && seesChain(access, c.Channel, c.Before), c.After != nil && seesChain(access, c.Channel, c.After):
			return true
		}
	}
	return false
}

// seesChain asks the scope model in a world that has the place alone.
func seesChain(a activity.Access, channel activity.ChannelID, at activity.Chain) bool {
	folders, place := map[activity.FolderID]activity.FolderID{}, activity.FolderID("")
	for i := len(at) - 1; i >= 0; i-- {
		folders[at[i]], place = place, at[i]
	}
	return scopemodel.Sees(scopemodel.World{channel: folders}, a, channel, place)
}

func (f *follower) hasFolder(channel, folder string) bool {
	for _, permissions := range f.permissions {
		for _, p := range permissions {
			for _, in := range p.FolderPermissions {
				if fmt.Sprint(p.ChannelID) == channel && fmt.Sprint(in.FolderID) == folder {
					return true
				}
			}
		}
	}
	return false
}
