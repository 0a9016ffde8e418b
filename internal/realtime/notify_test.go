package realtime_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/realtime/realtimetest"
)

// diary is a house in which alice has the channel "diary" with the folders
// top/mid/low and another, and "work" beside it.
type diary struct {
	*house
	token string
}

func openDiary(t *testing.T, changes ...func(*built)) diary {
	t.Helper()
	d := diary{house: open(t, changes...)}
	d.token = d.addUser("alice")
	for _, id := range []string{"diary", "work"} {
		d.do(http.MethodPost, "/channels", `{"id": "`+id+`", "name": "`+id+`"}`)
	}
	d.folder("top", "null")
	d.folder("mid", `"top"`)
	d.folder("low", `"mid"`)
	d.folder("other", "null")
	d.folder("went", "null") // see remove
	return d
}

func (d diary) do(verb, path, body string) {
	d.t.Helper()
	d.must("alice", d.token, verb, path, body, nil)
}

// remove deletes a folder, with its events or without them.
func (d diary) remove(folder string, merge bool) {
	d.t.Helper()
	d.do(http.MethodDelete, "/diary/folders/"+folder, "")
	d.do(http.MethodDelete, fmt.Sprintf("/diary/folders/%s?mergeEventsWithParent=%t", folder, merge), "")
}

func (d diary) folder(id, parent string) {
	d.t.Helper()
	d.do(http.MethodPost, "/diary/folders", `{"id": "`+id+`", "name": "`+id+`", "parentId": `+parent+`}`)
}

// event makes one in a folder, or with null in none, and gives its id.
func (d diary) event(folder string) string {
	d.t.Helper()
	var made struct{ ID string }
	d.must("alice", d.token, http.MethodPost, "/diary/events", `{"type": "note/txt", "value": "x", "folderId": `+folder+`}`, &made)
	return made.ID
}

// guest connects with a new access with those permissions.
func (d diary) guest(permissions, query string) *realtimetest.Socket {
	d.t.Helper()
	_, token := d.access("alice", d.token, `{"type": "app", "name": "guest", "permissions": `+permissions+`}`)
	if strings.Contains(permissions, "went") {
		d.remove("went", false)
	}
	return d.connect(client{query: "auth=" + token + query})
}

// TestWhoHears: what each access hears of what happens, and that it hears of
// nothing else.
func TestWhoHears(t *testing.T) {
	const (
		all    = `[{"channelId": "*", "level": "read"}]`
		work   = `[{"channelId": "work", "level": "read"}]`
		mid    = `[{"channelId": "diary", "folderPermissions": [{"folderId": "mid", "level": "read"}]}]`
		none   = `[{"channelId": "diary", "folderPermissions": [{"folderId": null, "level": "read"}]}]`
		absent = `[{"channelId": "diary", "folderPermissions": [{"folderId": "other", "level": "read"}, {"folderId": "went", "level": "read"}]}]`
	)
	const folders, events, channels = "foldersChanged diary", "eventsChanged diary", "channelsChanged"
	for _, one := range []struct {
		name, verb, path, body string
		want                   map[string]string // of those that hear anything
	}{
		{"an event in low", "POST", "/diary/events", `{"type": "note/txt", "folderId": "low"}`,
			map[string]string{"owner": events, all: events, mid: events}},
		{"an event in top", "POST", "/diary/events", `{"type": "note/txt", "folderId": "top"}`,
			map[string]string{"owner": events, all: events}},
		{"an event in no folder", "POST", "/diary/events", `{"type": "note/txt"}`,
			map[string]string{"owner": events, all: events, none: events}},
		{"an event out of sight", "PUT", "/diary/events/{event}", `{"folderId": "other"}`,
			map[string]string{"owner": events, all: events, mid: events, absent: events}},
		{"an event to the trash", "DELETE", "/diary/events/{event}", ``,
			map[string]string{"owner": events, all: events, mid: events}},
		{"a channel", "POST", "/channels", `{"id": "new", "name": "New"}`,
			map[string]string{"owner": channels, all: channels}},
		{"another channel's name", "PUT", "/channels/work", `{"name": "Work!"}`,
			map[string]string{"owner": channels, all: channels, work: channels}},
		{"the channel's name", "PUT", "/channels/diary", `{"name": "Diary!"}`,
			map[string]string{"owner": channels, all: channels, mid: channels, none: channels, absent: channels}},
		{"the channel to the trash", "DELETE", "/channels/diary", ``,
			map[string]string{"owner": channels, all: channels, mid: channels, none: channels, absent: channels}},
		{"a folder below", "POST", "/diary/folders", `{"name": "lower", "parentId": "low"}`,
			map[string]string{"owner": folders, all: folders, mid: folders}},
		{"a folder's name", "PUT", "/diary/folders/low", `{"name": "lower"}`,
			map[string]string{"owner": folders, all: folders, mid: folders}},
		{"a folder above, its name", "PUT", "/diary/folders/top", `{"name": "tip"}`,
			map[string]string{"owner": folders, all: folders}},
		{"a folder above moves", "PUT", "/diary/folders/top", `{"parentId": "other"}`,
			map[string]string{"owner": folders, all: folders, absent: folders + ", " + events}},
		{"a folder moves out of sight", "PUT", "/diary/folders/low", `{"parentId": "top"}`,
			map[string]string{"owner": folders, all: folders, mid: folders + ", " + events}},
		{"a folder moves into sight", "PUT", "/diary/folders/other", `{"parentId": "low"}`,
			map[string]string{"owner": folders, all: folders, mid: folders + ", " + events, absent: folders}},
		{"a folder to the trash", "DELETE", "/diary/folders/low", ``,
			map[string]string{"owner": folders, all: folders, mid: folders}},
		{"an access", "POST", "/accesses", `{"type": "shared", "name": "new", "permissions": []}`, map[string]string{}},
		{"a profile", "PUT", "/profile/private", `{"a": 1}`, map[string]string{}},
		{"a sign-in", "POST", "/auth/login", `{"password": "` + password + `", "appId": "new"}`, map[string]string{}},
	} {
		t.Run(one.name, func(t *testing.T) {
			d := openDiary(t)
			event := d.event(`"low"`)
			tokens := map[string]string{"owner": d.token}
			for _, permissions := range []string{all, work, mid, none, absent} {
				_, tokens[permissions] = d.access("alice", d.token, fmt.Sprintf(`{"type": "app", "name": "a%d", "permissions": %s}`, len(tokens), permissions))
			}
			d.remove("went", false)
			sockets := map[string]*realtimetest.Socket{}
			for name, token := range tokens {
				sockets[name] = d.connect(client{query: "auth=" + token})
			}
			d.do(one.verb, strings.ReplaceAll(one.path, "{event}", event), one.body)
			d.expect(sockets, one.want)
		})
	}
}

// expect fails the test unless each socket has heard what is wanted, and no
// more. A change that all of them hear of, a channel for the owner's sake,
// comes last.
func (d diary) expect(sockets map[string]*realtimetest.Socket, want map[string]string) {
	d.t.Helper()
	for _, id := range []string{"diary", "work"} {
		d.must("alice", d.token, http.MethodPut, "/channels/"+id, `{"clientData": {"last": true}, "trashed": false}`, nil)
	}
	for name, s := range sockets {
		var heard []realtimetest.Event
		for last := false; !last; {
			e, err := s.Wait(d.t.Context(), func(realtimetest.Event) bool { return true })
			if err != nil {
				d.t.Fatal(err)
			}
			last = e.Name == "channelsChanged" && (strings.Contains(want[name], "channelsChanged") && strings.Contains(names(heard), "channelsChanged") ||
				!strings.Contains(want[name], "channelsChanged"))
			if !last {
				heard = append(heard, e)
			}
		}
		if got := names(heard); got != want[name] {
			d.t.Errorf("%s heard %q, want %q", name, got, want[name])
		}
	}
}

// TestDeletedAbove: when an invisible folder above goes, the permitted one goes
// with it, which its access hears; other deletions it does not.
func TestDeletedAbove(t *testing.T) {
	for _, merge := range []bool{true, false} {
		t.Run(fmt.Sprint("merge ", merge), func(t *testing.T) {
			d := openDiary(t)
			mid := `[{"channelId": "diary", "folderPermissions": [{"folderId": "mid", "level": "read"}, {"folderId": "went", "level": "read"}]}]`
			s := d.guest(mid, "&changes=items")
			d.event(`"low"`)
			h := d.house
			h.wait(s, "eventsChanged", "diary")
			d.remove("other", merge)
			d.remove("top", merge)
			e, err := s.Wait(t.Context(), func(realtimetest.Event) bool { return true })
			if err != nil || e.Name != "foldersChanged" || len(e.Args) != 2 || !strings.Contains(string(e.Args[1]), `"action":"deleted","id":"mid"`) ||
				strings.Count(string(e.Args[1]), `"kind"`) != 1 || strings.Contains(string(e.Args[1]), "top") {
				t.Errorf("%s, %v", e, err)
			}
			e, err = s.Wait(t.Context(), func(realtimetest.Event) bool { return true })
			if err != nil || e.Name != "eventsChanged" || len(e.Args) != 1 {
				t.Errorf("%s, %v", e, err)
			}
			// It comes back under its name, and goes again.
			d.folder("mid", "null")
			h.wait(s, "foldersChanged", "diary")
			d.remove("mid", merge)
			h.wait(s, "foldersChanged", "diary")
			h.wait(s, "eventsChanged", "diary")
		})
	}
}

// TestOwn: a socket that does not want to hear of itself does not, whatever way
// it made the change; others of the same access do.
func TestOwn(t *testing.T) {
	d := openDiary(t)
	eachProtocol(t, func(t *testing.T, protocol int) {
		ways := []client{{protocol: protocol, query: "own=false&auth=" + d.token}}
		if protocol == 3 || protocol == 4 {
			ways = append(ways, client{protocol: protocol, query: "auth=" + d.token, namespace: "/alice?own=false"},
				client{protocol: protocol, query: "own=true&auth=" + d.token, namespace: "/alice?own=false"})
		}
		if protocol == 5 {
			ways = append(ways, client{query: "own=true", auth: `{"token": "` + d.token + `", "own": false}`})
		}
		for _, way := range ways {
			one, other := d.connect(way), d.connect(client{protocol: protocol, query: "auth=" + d.token})
			d.command(one, "diary.events.create", `{"type": "note/txt"}`)
			d.command(one, "batch", `[{"method": "diary.events.create", "params": {"type": "note/txt"}}]`)
			d.command(one, "work.events.create", `{"type": "note/txt"}`)
			d.wait(other, "eventsChanged", "diary")
			d.wait(other, "eventsChanged", "work")
			d.do(http.MethodPost, "/diary/folders", fmt.Sprintf(`{"name": "by REST %+v"}`, len(way.query+way.namespace+way.auth)+protocol*1000))
			d.wait(one, "foldersChanged", "diary")
			d.command(other, "work.events.create", `{"type": "note/txt"}`)
			e, err := one.Wait(t.Context(), func(realtimetest.Event) bool { return true })
			if err != nil || e.Name != "eventsChanged" || channelOf(e) != "work" {
				t.Errorf("%+v heard %s, %v", way, e, err)
			}
		}
	})
}

// item is a change as a socket with changes=items is told.
type item struct {
	Kind, Action, ID, ChannelID string
	Time                        float64
}

func itemsOf(t *testing.T, e realtimetest.Event) []item {
	t.Helper()
	if len(e.Args) != 2 {
		t.Fatalf("%s has no items", e)
	}
	var all []item
	if err := json.Unmarshal(e.Args[1], &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestItems: what a socket is told that wants to know what changed.
func TestItems(t *testing.T) {
	d := openDiary(t)
	eachProtocol(t, func(t *testing.T, protocol int) {
		s := d.connect(client{protocol: protocol, query: "changes=items&auth=" + d.token})
		plain := d.connect(client{protocol: protocol, query: "auth=" + d.token})
		id := d.event("null")
		got := itemsOf(t, d.wait(s, "eventsChanged", "diary"))
		if len(got) != 1 || got[0] != (item{"event", "created", id, "diary", got[0].Time}) || got[0].Time == 0 {
			t.Errorf("items %+v", got)
		}
		if e := d.wait(plain, "eventsChanged", "diary"); len(e.Args) != 1 {
			t.Errorf("without items: %s", e)
		}
		d.do(http.MethodDelete, "/diary/events/"+id, "")
		if got := itemsOf(t, d.wait(s, "eventsChanged", "diary")); len(got) != 1 || got[0].Action != "updated" {
			t.Errorf("to the trash: %+v", got)
		}
		d.do(http.MethodPut, "/channels/diary", fmt.Sprintf(`{"clientData": {"n": %d}}`, protocol))
		if got := itemsOf(t, d.wait(s, "channelsChanged", "")); len(got) != 1 || got[0].Kind != "channel" || got[0].ID != "diary" {
			t.Errorf("a channel: %+v", got)
		}
		d.folder(fmt.Sprint("gone-", protocol), "null")
		d.wait(s, "foldersChanged", "diary")
		d.do(http.MethodDelete, fmt.Sprint("/diary/folders/gone-", protocol), "")
		d.wait(s, "foldersChanged", "diary")
		d.do(http.MethodDelete, fmt.Sprint("/diary/folders/gone-", protocol, "?mergeEventsWithParent=false"), "")
		if got := itemsOf(t, d.wait(s, "foldersChanged", "diary")); len(got) != 1 || got[0].Action != "deleted" {
			t.Errorf("a deleted folder: %+v", got)
		}
		if e := d.wait(s, "eventsChanged", "diary"); len(e.Args) != 1 {
			t.Errorf("the events of a deleted folder: %s", e)
		}
	})
}

// TestMerged: what happens between two polls comes as one, with the newest
// cursor, and with items up to a hundred.
func TestMerged(t *testing.T) {
	for _, one := range []struct{ events, items int }{{100, 100}, {101, 0}} {
		t.Run(fmt.Sprint(one.events, " events"), func(t *testing.T) {
			d := openDiary(t)
			conn, s, err := d.try(client{polling: true, query: "changes=items&auth=" + d.token})
			if err != nil {
				t.Fatal(err)
			}
			watcher := d.connect(client{query: "auth=" + d.token})
			conn.Pause()
			// The poll that waits takes the first with it, and no other.
			d.do(http.MethodPut, "/channels/diary", `{"clientData": {"a": 1}}`)
			d.wait(watcher, "channelsChanged", "")
			for range one.events {
				d.event("null")
			}
			d.do(http.MethodPut, "/channels/work", `{"clientData": {"a": 1}}`)
			d.wait(watcher, "channelsChanged", "")
			var now struct{ Cursor string }
			d.must("alice", d.token, http.MethodGet, "/changes", "", &now)
			conn.Resume()
			d.wait(s, "channelsChanged", "")
			e := d.wait(s, "eventsChanged", "diary")
			if one.items > 0 {
				// The first may have come alone.
				got := len(itemsOf(t, e))
				if got == 1 {
					got += len(itemsOf(t, d.wait(s, "eventsChanged", "diary")))
				}
				if got != one.items {
					t.Errorf("%d items, want %d", got, one.items)
				}
			}
			last := d.wait(s, "channelsChanged", "")
			if !strings.Contains(string(last.Args[0]), `"cursor":"`+now.Cursor+`"`) {
				t.Errorf("the cursor in %s is not %s", last, now.Cursor)
			}
			if rest := s.Take(); len(rest) > 1 {
				t.Errorf("and then came %s", names(rest))
			}
		})
	}
}
