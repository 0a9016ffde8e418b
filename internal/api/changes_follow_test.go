package api_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/apitest/stores"
)

// follower keeps what one access sees, as a client does: it has read
// everything once, then follows the changes.
type follower struct {
	w      *world
	who    string
	cursor string
	seen   map[string]*sight // by channel
}

// sight is what is seen of a channel.
type sight struct {
	folders map[string]folderSight // by id
	events  map[string]string      // the folder, a space, and the JSON without its folder, by id
}

type folderSight struct{ parent, name string }

func (f *follower) readEverything(t *testing.T) {
	t.Helper()
	f.cursor = f.w.cursor(t, f.who)
	f.seen = map[string]*sight{}
	for _, c := range f.w.items(t, f.who, "channels.get", "", "?state=all") {
		f.readChannel(t, c["id"].(string))
	}
}

func (f *follower) readChannel(t *testing.T, id string) {
	t.Helper()
	f.seen[id] = &sight{map[string]folderSight{}, map[string]string{}}
	tree, err := f.w.invoke(t, f.who, "folders.get", id, "?state=all&includeHidden=true")
	if err != nil {
		delete(f.seen, id) // gone again: that will be told
		return
	}
	for _, folder := range decode[[]any](t, tree) {
		f.putTree(id, folder.(map[string]any))
	}
	f.readEvents(t, id, "")
}

func (f *follower) readEvents(t *testing.T, channel, filter string) {
	t.Helper()
	list, err := f.w.invoke(t, f.who, "events.get", channel, "?state=all&fromTime=0&toTime=1e12"+filter)
	if err != nil {
		return // gone again
	}
	for _, e := range decode[[]map[string]any](t, list) {
		f.putEvent(t, channel, e)
	}
}

func (f *follower) putEvent(t *testing.T, channel string, e map[string]any) {
	t.Helper()
	folder := fmt.Sprint(e["folderId"])
	f.seen[channel].events[e["id"].(string)] = folder + " " + encode(t, e)
}

func (f *follower) putTree(channel string, folder map[string]any) {
	f.putFolder(channel, folder)
	for _, below := range folder["children"].([]any) {
		f.putTree(channel, below.(map[string]any))
	}
}

func (f *follower) putFolder(channel string, folder map[string]any) {
	f.seen[channel].folders[folder["id"].(string)] = folderSight{fmt.Sprint(folder["parentId"]), folder["name"].(string)}
}

// drop removes a folder and all that is known below it.
func (s *sight) drop(id string) {
	delete(s.folders, id)
	maps.DeleteFunc(s.events, func(_, text string) bool { return strings.HasPrefix(text, id+" ") })
	for below, at := range s.folders {
		if at.parent == id {
			s.drop(below)
		}
	}
}

// step reads one page and applies it; it reports whether there was more.
func (f *follower) step(t *testing.T, limit int) bool {
	t.Helper()
	p := f.w.changes(t, f.who, fmt.Sprintf("include=items&limit=%d&since=%s", limit, url.QueryEscape(f.cursor)))
	for _, c := range p.Changes {
		f.apply(t, c)
	}
	f.cursor = p.Cursor
	return p.More
}

func (f *follower) apply(t *testing.T, c told) {
	t.Helper()
	in, known := f.seen[c.ChannelID]
	switch {
	case c.Kind == "access":
	case c.Kind == "channel" && c.Action == "deleted":
		delete(f.seen, c.ID)
	case c.Kind == "channel" && (c.Action == "created" || !known):
		f.readChannel(t, c.ID)
	case c.Kind == "channel" || !known:
	case c.Kind == "event" && c.Action == "deleted":
		delete(in.events, c.ID)
	case c.Kind == "event":
		f.putEvent(t, c.ChannelID, c.Item)
	case c.Action == "deleted":
		in.drop(c.ID)
	default:
		_, had := in.folders[c.ID]
		if c.Action == "updated" && had {
			f.putFolder(c.ChannelID, c.Item)
			return
		}
		in.drop(c.ID)
		f.putTree(c.ChannelID, c.Item)
		f.readEvents(t, c.ChannelID, "&onlyFolders[]="+c.ID)
	}
}

// text writes what is seen, for comparing.
func (f *follower) text() string {
	var b strings.Builder
	for _, channel := range slices.Sorted(maps.Keys(f.seen)) {
		in := f.seen[channel]
		fmt.Fprintf(&b, "%s: %v\n", channel, in.folders)
		for _, id := range slices.Sorted(maps.Keys(in.events)) {
			fmt.Fprintln(&b, in.events[id])
		}
	}
	return b.String()
}

// randomStep does something as the owner; much of it may not be.
func (w *world) randomStep(t *testing.T, r *rand.Rand) {
	t.Helper()
	folders := []string{"a", "b", "c", "d", "e", "f"}
	folder := func() string { return folders[r.IntN(len(folders))] }
	place := func() string {
		if r.IntN(6) == 0 {
			return "null"
		}
		return `"` + folder() + `"`
	}
	event := func() string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", r.IntN(12)) }
	do := func(method, place, in string) { _, _ = w.invoke(t, "owner", method, place, in) }
	switch n := r.IntN(100); {
	case n < 25:
		do("events.create", "work", fmt.Sprintf(`{"id": %q, "type": "own/a", "time": %d, "folderId": %s}`, event(), r.IntN(1000), place()))
	case n < 43:
		do("events.update", "work/"+event(), fmt.Sprintf(`{"folderId": %s, "tags": ["t%d"]}`, place(), r.IntN(9)))
	case n < 48:
		do("events.delete", "work/"+event(), "")
	case n < 70:
		id := folder()
		do("folders.create", "work", fmt.Sprintf(`{"id": %q, "name": "N%s", "parentId": %s}`, id, id, place()))
	case n < 92:
		do("folders.update", "work/"+folder(), fmt.Sprintf(`{"parentId": %s, "hidden": %v}`, place(), r.IntN(2) == 0))
	case n < 98:
		id := folder()
		do("folders.delete", "work/"+id, "")
		do("folders.delete", "work/"+id, fmt.Sprintf(`{"mergeEventsWithParent": %v}`, r.IntN(2) == 0))
	default:
		do("channels.delete", "work", "")
		do("channels.delete", "work", "")
		do("channels.create", "", `{"id": "work", "name": "Work"}`)
	}
}

// TestFollowersEndWithTheSameView: whoever follows the changes, at whatever
// pace, ends with what a fresh reading gives.
func TestFollowersEndWithTheSameView(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			kind := [...]stores.Kind{stores.SQLite, stores.MongoDB}[seed%2]
			w, r := openWorldOn(t, kind), rand.New(rand.NewPCG(seed, 1))
			var all []*follower
			for _, who := range []string{"owner", "reader", "all-reader", "part-reader", "part-writer", "two-manager", "loose", "stranger"} {
				f := &follower{w: w, who: who}
				f.readEverything(t)
				all = append(all, f)
			}
			for i := range 240 {
				w.randomStep(t, r)
				if i%40 == 0 {
					all[r.IntN(len(all))].catchUp(t)
				}
				if r.IntN(3) == 0 {
					all[r.IntN(len(all))].step(t, 1+r.IntN(6))
				}
			}
			for _, f := range all {
				f.catchUp(t)
			}
		})
	}
}

// catchUp follows to the end; events of a folder that was deleted may still be
// on their way to its parent then.
func (f *follower) catchUp(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		for f.step(t, 7) {
		}
		fresh := &follower{w: f.w, who: f.who}
		fresh.readEverything(t)
		if f.text() == fresh.text() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s followed to\n%s\nand reads\n%s", f.who, f.text(), fresh.text())
		}
	}
}
