package apitest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/storagetest/scopemodel"
)

// chronicle is all that was committed, and what became of the folders.
type chronicle struct {
	log   []activity.Change
	there map[activity.Seq][]activity.FolderID // of the deletion of a folder: what the channel had before
	taken map[activity.Seq][]activity.FolderID // likewise: what went with it
	made  map[thing]activity.Seq               // of each folder: when it came last
	gone  map[thing]activity.Seq               // and when it went last
}

func (s *socketHistory) read(t *testing.T) *chronicle {
	t.Helper()
	all := newChronicle()
	s.inStore(t, func(ctx context.Context, _ activity.UserID, tx storage.Tx) error {
		var err error
		all.log, _, err = tx.Log(ctx, 0, 1<<30)
		return err
	})
	world := scopemodel.World{}
	for i, c := range all.log {
		if c.Seq != activity.Seq(i+1) {
			t.Fatalf("the log has %d in the place of %d", c.Seq, i+1)
		}
		all.replay(world, &c)
	}
	return all
}

func newChronicle() *chronicle {
	return &chronicle{
		there: map[activity.Seq][]activity.FolderID{}, taken: map[activity.Seq][]activity.FolderID{},
		made: map[thing]activity.Seq{}, gone: map[thing]activity.Seq{},
	}
}

// replay does to the world what a change says.
func (a *chronicle) replay(world scopemodel.World, c *activity.Change) {
	folders, id := world[c.Channel], activity.FolderID(c.Item)
	switch {
	case c.Kind == activity.ChannelKind && c.Action == activity.Deleted:
		for f := range folders {
			a.gone[thing{activity.FolderKind, string(c.Channel), string(f)}] = c.Seq
		}
		delete(world, c.Channel)
	case c.Kind != activity.FolderKind:
	case c.After != nil:
		if folders == nil {
			folders = map[activity.FolderID]activity.FolderID{}
			world[c.Channel] = folders
		}
		if _, known := folders[id]; !known {
			a.made[thing{activity.FolderKind, string(c.Channel), c.Item}] = c.Seq
		}
		folders[id] = ""
		if len(c.After) > 1 {
			folders[id] = c.After[1]
		}
	default:
		for f := range folders {
			a.there[c.Seq] = append(a.there[c.Seq], f)
			if world.InOrBelow(c.Channel, f, id) {
				a.taken[c.Seq] = append(a.taken[c.Seq], f)
			}
		}
		for _, f := range a.taken[c.Seq] {
			a.gone[thing{activity.FolderKind, string(c.Channel), string(f)}] = c.Seq
			delete(folders, f)
		}
	}
}

// roots tells of the deletion of a folder whether it takes one along that the
// permissions name. What is told of those is made from the folders as they are
// when it is told: one that is back by then did not go, and one that went
// meanwhile may be told of early.
func (a *chronicle) roots(c *activity.Change, permissions []activity.Permission) (must, may bool) {
	at := func(id activity.FolderID) thing {
		return thing{activity.FolderKind, string(c.Channel), string(id)}
	}
	must = slices.ContainsFunc(a.taken[c.Seq], func(id activity.FolderID) bool {
		return named(permissions, c.Channel, id) && a.made[at(id)] < c.Seq
	})
	may = slices.ContainsFunc(a.there[c.Seq], func(id activity.FolderID) bool {
		return named(permissions, c.Channel, id) && a.gone[at(id)] >= c.Seq
	})
	return must, may
}

// topics gives what who has the permissions, nil for a personal access, must be
// told of a change, and what it may be told.
func (a *chronicle) topics(c *activity.Change, permissions []activity.Permission) (must, may []topic) {
	access := activity.Access{Type: activity.SharedAccess, Permissions: permissions}
	if permissions == nil {
		access.Type = activity.PersonalAccess
	}
	before := c.Before != nil && seesChain(access, c.Channel, c.Before)
	after := c.After != nil && seesChain(access, c.Channel, c.After)
	channel := string(c.Channel)
	switch c.Kind {
	case activity.ChannelKind:
		if scopemodel.ChannelLevel(access, c.Channel) >= activity.Read {
			must = []topic{{"channelsChanged", ""}}
		}
	case activity.EventKind:
		if before || after {
			must = []topic{{"eventsChanged", channel}}
		}
	case activity.FolderKind:
		folders := topic{"foldersChanged", channel}
		mustRoots, mayRoots := a.roots(c, permissions)
		if before || after || mustRoots {
			must = []topic{folders}
		}
		if mayRoots {
			may = []topic{folders}
		}
		if mayRoots || before != after || c.After == nil && before { // it stands for what is below
			may = append(may, topic{"eventsChanged", channel})
		}
	}
	return must, append(may, must...)
}

// named reports whether the permissions name a folder.
func named(permissions []activity.Permission, channel activity.ChannelID, folder activity.FolderID) bool {
	return slices.ContainsFunc(permissions, func(p activity.Permission) bool {
		return (p.ChannelID == channel || p.ChannelID == activity.AllChannels) &&
			slices.ContainsFunc(p.FolderPermissions, func(f activity.FolderPermission) bool { return f.FolderID == folder })
	})
}

// since gives what the listener's access was given at the time of a change and
// after it. A server that is behind may judge the change by any of that.
func (l *listener) since(c *activity.Change) []grant {
	from := 0
	for i, g := range l.grants {
		if g.from <= c.Time {
			from = i
		}
	}
	return l.grants[from:]
}

// must gives what the listener must be told of a change, with all that its
// access was given since.
func (l *listener) must(all *chronicle, c *activity.Change) []topic {
	grants := l.since(c)
	topics, _ := all.topics(c, grants[0].permissions)
	for _, g := range grants[1:] {
		here, _ := all.topics(c, g.permissions)
		topics = slices.DeleteFunc(slices.Clone(topics), func(one topic) bool { return !slices.Contains(here, one) })
	}
	return topics
}

// may reports whether the listener may be told of a change under a topic.
func (l *listener) may(all *chronicle, c *activity.Change, one topic) bool {
	return slices.ContainsFunc(l.since(c), func(g grant) bool {
		_, topics := all.topics(c, g.permissions)
		return slices.Contains(topics, one)
	})
}

// own says which changes were made over a connection.
type own struct {
	socket string // its id in the log; "" where nothing tells it
	blind  bool   // it is not told of its own changes
}

// ownOf finds the id of a connection by what was acknowledged over it.
func (l *listener) ownOf(all *chronicle, k *connection) own {
	o := own{blind: l.options.NotOwn}
	for i := range all.log {
		if c := &all.log[i]; k.own[moment{c.Item, c.Time}] {
			o.socket = c.Origin.Socket
			break
		}
	}
	return o
}

// hides reports whether the connection must not be told of a change since it is
// its own; mayHide, whether that may be.
func (o own) hides(c *activity.Change) bool {
	return o.blind && o.socket != "" && c.Origin.Socket == o.socket
}

func (o own) mayHide(c *activity.Change) bool {
	return o.hides(c) || o.blind && o.socket == "" && c.Origin.Socket != ""
}

// untold names a last change that the listener was not told of, "" for none.
func (l *listener) untold(all *chronicle) string {
	k := l.current()
	if k == nil || k.socket.Err() != nil {
		return l.name + " is not connected"
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.armed == "" {
		return l.name + " is not armed"
	}
	own, newest := l.ownOf(all, k), map[topic]activity.Seq{}
	for _, n := range k.told {
		newest[n.topic] = max(newest[n.topic], l.world.seq(n.cursor))
	}
	for _, c := range slices.Backward(all.log) {
		if c.Seq <= l.world.seq(k.armed) {
			return ""
		}
		if own.mayHide(&c) {
			continue
		}
		for _, one := range l.must(all, &c) {
			if newest[one] < c.Seq && !l.early(all, k, &c, one) {
				return fmt.Sprintf("%s, %s, was not told %s of %v: only up to %d", l.name, l.options.Form, one, c, newest[one])
			}
		}
	}
	return ""
}

// early reports whether the deletion of a folder that takes along one that the
// access names may have been told of with an earlier deletion: what is told of
// those is made from the folders as they are when it is told. Whether the listener
// asked after that shows its view.
func (l *listener) early(all *chronicle, k *connection, c *activity.Change, one topic) bool {
	if c.Kind != activity.FolderKind || c.After != nil {
		return false
	}
	return slices.ContainsFunc(all.log[l.world.seq(k.armed):c.Seq-1], func(d activity.Change) bool {
		return d.Kind == c.Kind && d.Channel == c.Channel && d.After == nil &&
			slices.ContainsFunc(k.told, func(n notice) bool { return n.topic == one && l.world.seq(n.cursor) >= d.Seq }) &&
			slices.ContainsFunc(l.since(c), func(g grant) bool {
				return slices.ContainsFunc(all.taken[c.Seq], func(f activity.FolderID) bool {
					return named(g.permissions, c.Channel, f) && slices.Contains(all.there[d.Seq], f)
				})
			})
	})
}

// judge holds everything that the listener ever was told to what it might see.
func (l *listener) judge(t *testing.T, all *chronicle) {
	t.Helper()
	notices, items := 0, 0
	for _, k := range l.conns {
		for _, text := range k.wrong {
			t.Errorf("%s, %s, was sent %s", l.name, l.options.Form, text)
		}
		for at := range k.own {
			if !slices.ContainsFunc(all.log, func(c activity.Change) bool { return at == moment{c.Item, c.Time} && c.Origin.Socket != "" }) {
				t.Errorf("%s, %s: %v was acknowledged over a socket, and the log does not say so", l.name, l.options.Form, at)
			}
		}
		own, before := l.ownOf(all, k), map[topic]activity.Seq{}
		for i := range k.told {
			n := &k.told[i]
			l.judgeNotice(t, all, k, own, n, before[n.topic])
			before[n.topic] = l.world.seq(n.cursor)
			notices, items = notices+1, items+len(n.items)
		}
		l.judgeItems(t, all, k, own)
	}
	t.Logf("%s, %s: %d sockets, %d notifications, %d items, %d pages, %d changes, %d times anew, %d items in view",
		l.name, l.options.Form, len(l.conns), notices, items, l.pages, l.told, l.anew, len(l.view))
}

// judgeNotice finds a reason for a notification; before is the cursor of the
// last one like it on the connection, 0 for none.
func (l *listener) judgeNotice(t *testing.T, all *chronicle, k *connection, own own, n *notice, before activity.Seq) {
	t.Helper()
	seq := l.world.seq(n.cursor)
	if seq < 1 || int(seq) > len(all.log) {
		t.Errorf("%s, %s: %v has a cursor of nothing", l.name, l.options.Form, n)
		return
	}
	c := &all.log[seq-1]
	switch {
	case l.ended != "" && seq > l.world.seq(l.ended):
		t.Errorf("%s, %s, was told %v when its access had ended", l.name, l.options.Form, n)
	case l.regranted(all, k, n, max(before, l.world.seq(k.from))):
	case seq <= before:
		t.Errorf("%s, %s, was told %v after %d", l.name, l.options.Form, n, before)
	case own.hides(c):
		t.Errorf("%s, %s, was told %v of its own change %v", l.name, l.options.Form, n, *c)
	case !l.may(all, c, n.topic):
		t.Errorf("%s, %s, was told %v of %v, which it may not see", l.name, l.options.Form, n, *c)
	}
}

// regranted reports whether a notification may say that anything may have
// changed, since the access was changed after a cursor.
func (l *listener) regranted(all *chronicle, k *connection, n *notice, after activity.Seq) bool {
	for _, g := range l.grants[1:] {
		at := slices.IndexFunc(all.log, func(c activity.Change) bool { return c.Time == g.from })
		if at < 0 || all.log[at].Seq <= after || all.log[at].Seq > l.world.seq(n.cursor) {
			continue
		}
		for _, later := range l.since(&all.log[at]) {
			access := activity.Access{Type: activity.SharedAccess, Permissions: later.permissions}
			if n.topic.channel == "" || scopemodel.ChannelLevel(access, activity.ChannelID(n.topic.channel)) >= activity.Read {
				return true
			}
		}
	}
	return false
}

// judgeItems holds the lists of changes to what happened: nothing else is in
// them, and nothing of what they stand for is missing.
func (l *listener) judgeItems(t *testing.T, all *chronicle, k *connection, own own) {
	t.Helper()
	for i := range k.told {
		l.judgeList(t, all, own, &k.told[i])
	}
	if !l.options.Items || k.armed == "" {
		return
	}
	for i := int(l.world.seq(k.armed)); i < len(all.log); i++ {
		c := &all.log[i]
		if own.mayHide(c) {
			continue
		}
		for _, one := range l.must(all, c) {
			at := slices.IndexFunc(k.told, func(n notice) bool { return n.topic == one && l.world.seq(n.cursor) >= c.Seq })
			if at < 0 || k.told[at].items == nil || l.early(all, k, c, one) {
				continue // it ended before, told no items, or told of it before
			}
			found := slices.ContainsFunc(k.told[at].items, func(v change) bool {
				return v.Time >= c.Time && (v.thing() == thing{c.Kind, string(c.Channel), c.Item} || len(all.taken[c.Seq]) > 0 && v.Time == c.Time)
			})
			if !found {
				t.Errorf("%s, %s: %v tells nothing of %v", l.name, l.options.Form, k.told[at], *c)
			}
		}
	}
}

// judgeList finds for each change in a list the one that happened.
func (l *listener) judgeList(t *testing.T, all *chronicle, own own, n *notice) {
	t.Helper()
	for _, v := range n.items {
		at, ok := slices.BinarySearchFunc(all.log, v.Time, func(c activity.Change, moment activity.Timestamp) int {
			switch {
			case c.Time < moment:
				return -1
			case c.Time > moment:
				return 1
			}
			return 0
		})
		if !ok {
			t.Errorf("%s, %s, was told %v, which never happened", l.name, l.options.Form, v)
			continue
		}
		c := &all.log[at]
		same := v.thing() == thing{c.Kind, string(c.Channel), c.Item}
		// A folder that the permissions name comes and goes with those above.
		root := c.Kind == activity.FolderKind && v.Kind == c.Kind && v.ChannelID == string(c.Channel) && l.hasFolder(v.ChannelID, v.ID)
		switch {
		case c.Seq > l.world.seq(n.cursor):
			t.Errorf("%s, %s, was told %v, which is beyond its cursor", l.name, l.options.Form, v)
		case !same && !root, !l.may(all, c, n.topic):
			t.Errorf("%s, %s, was told %v of %v, which it may not see", l.name, l.options.Form, v, *c)
		case own.hides(c):
			t.Errorf("%s, %s, was told its own %v", l.name, l.options.Form, v)
		case same && len(l.since(c)) == 1 && (v.Action == activity.Deleted) != l.goes(c):
			t.Errorf("%s, %s, was told %v of %v", l.name, l.options.Form, v, *c)
		}
	}
}

// goes reports whether a change takes the item out of the listener's sight.
func (l *listener) goes(c *activity.Change) bool {
	if c.Kind == activity.ChannelKind {
		return c.Action == activity.Deleted
	}
	access := activity.Access{Type: activity.SharedAccess, Permissions: l.since(c)[0].permissions}
	if access.Permissions == nil {
		access.Type = activity.PersonalAccess
	}
	return c.After == nil || !seesChain(access, c.Channel, c.After)
}
