package api_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/sqlite"
)

func TestChangesOfEveryKind(t *testing.T) {
	w := openWorld(t)
	from := map[string]string{}
	for _, who := range []string{"owner", "reader", "all-reader", "stranger"} {
		from[who] = w.cursor(t, who)
	}
	w.ok(t, "owner", "channels.update", "work", `{"name": "Work"}`)
	w.ok(t, "owner", "folders.create", "work", `{"id": "e", "name": "E"}`)
	names := map[string]string{w.record(t, `{"type": "own/a", "folderId": "e"}`): "one"}
	w.ok(t, "owner", "profile.public.update", "", `{"a": 1}`)
	names[w.give(t, w.tokens["owner"], access("shared", "new", `[{"channelId":"work","level":"read"}]`))["id"].(string)] = "new"
	w.login(t, "alice")
	w.ok(t, "owner", "channels.create", "", `{"id": "third", "name": "Third"}`)
	w.ok(t, "owner", "channels.delete", "third", "")
	w.ok(t, "owner", "channels.delete", "third", "")

	for who, want := range map[string]string{
		"owner":      "channel work~, folder e+, event one+, access new+, channel third+, channel third~, channel third-",
		"reader":     "channel work~, folder e+, event one+",
		"all-reader": "channel work~, folder e+, event one+, channel third+, channel third~, channel third-",
		"stranger":   "",
	} {
		for _, limit := range []string{"1000", "1", "2"} {
			if got := w.since(t, who, from[who], limit, names); got != want {
				t.Errorf("%s, %s at once: %s, want %s", who, limit, got, want)
			}
		}
	}
}

func TestChangesAreMerged(t *testing.T) {
	w := openWorld(t)
	from := w.cursor(t, "reader")
	one, two := w.record(t, `{"type": "own/a"}`), w.record(t, `{"type": "own/a"}`)
	names := map[string]string{one: "one", two: "two"}
	w.ok(t, "owner", "events.update", "work/"+one, `{"tags": ["x"]}`)
	between := w.cursor(t, "reader")
	w.ok(t, "owner", "events.update", "work/"+one, `{"tags": ["y"]}`)
	w.ok(t, "owner", "events.delete", "work/"+two, "") // trashes
	w.ok(t, "owner", "events.delete", "work/"+two, "")
	w.ok(t, "owner", "folders.update", "work/a", `{"hidden": true}`)
	w.ok(t, "owner", "folders.update", "work/a", `{"hidden": false}`)
	for cursor, want := range map[string]string{
		from:    "event one+, event two-, folder a~",
		between: "event one~, event two-, folder a~",
	} {
		if got := w.since(t, "reader", cursor, "1000", names); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got, want := w.since(t, "reader", from, "1", names), "event one+, event two+, event one~, event one~, event two~, event two-, folder a~, folder a~"; got != want {
		t.Errorf("one by one: %s, want %s", got, want)
	}
}

// TestChangesThatCannotBeSeenLeadOn: a page of nothing but those of others has
// a cursor behind them.
func TestChangesThatCannotBeSeenLeadOn(t *testing.T) {
	w := openWorld(t)
	from := w.cursor(t, "stranger")
	for range 3 {
		w.record(t, `{"type": "own/a"}`)
	}
	p := w.changes(t, "stranger", "limit=1&since="+from)
	if len(p.Changes) != 0 || p.More || p.Cursor != w.cursor(t, "stranger") || p.Cursor == from {
		t.Errorf("got %+v", p)
	}
}

func TestChangesInAndOutOfSight(t *testing.T) {
	for _, c := range []struct {
		name, who string
		do        []string // method, place and body
		want      string
	}{
		{"an event moves in", "part-reader", []string{"events.update work/D {\"folderId\": \"c\"}"}, "event D+"},
		{"an event moves out", "part-reader", []string{"events.update work/B {\"folderId\": \"d\"}"}, "event B-"},
		{"an event moves within", "part-reader", []string{"events.update work/B {\"folderId\": \"c\"}"}, "event B~"},
		{"an event moves elsewhere", "part-reader", []string{"events.update work/D {\"folderId\": \"a\"}"}, ""},
		{"an event out and in", "part-reader", []string{"events.update work/B {\"folderId\": \"d\"}", "events.update work/B {\"folderId\": \"c\"}"}, "event B+"},
		{"an event into no folder", "loose", []string{"events.update work/D {\"folderId\": null}"}, "event D+"},
		{"an event out of none", "loose", []string{"events.update work/N {\"folderId\": \"d\"}"}, "event N-"},
		{"a folder moves in", "part-reader", []string{"folders.update work/d {\"parentId\": \"b\"}"}, "folder d+"},
		{"a folder moves out", "part-reader", []string{"folders.update work/c {\"parentId\": \"d\"}"}, "folder c-, folder b+"},
		{"a folder above moves", "part-reader", []string{"folders.update work/a {\"parentId\": \"d\"}"}, ""},
		{"the folder of the permission moves", "part-reader", []string{"folders.update work/b {\"parentId\": \"d\"}"}, "folder b~"},
		{"a folder above is deleted", "part-reader", []string{"folders.delete work/a", "folders.delete work/a {\"mergeEventsWithParent\": false}"}, "folder b-"},
		{"another folder is deleted", "part-reader", []string{"folders.delete work/d", "folders.delete work/d {\"mergeEventsWithParent\": false}"}, ""},
		{"the folder of the permission is deleted", "part-reader", []string{"folders.delete work/b", "folders.delete work/b {\"mergeEventsWithParent\": false}"}, "folder b~, folder b-"},
		{"one with another of the permissions in it moves out", "part-writer",
			[]string{"folders.update work/d {\"parentId\": \"c\"}", "folders.update work/c {\"parentId\": \"a\"}", "folders.update work/d {\"parentId\": null}"},
			"folder d~, folder c-, folder b+, folder d+, folder d~"},
		{"the channel", "part-reader", []string{"channels.update work {\"name\": \"W\"}"}, "channel work~"},
		{"another channel", "part-reader", []string{"channels.update diary {\"name\": \"D\"}"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := openWorld(t)
			names, ids := map[string]string{}, map[string]string{}
			for name, folder := range map[string]string{"B": `"b"`, "D": `"d"`, "N": `null`} {
				id := w.record(t, `{"type": "own/a", "folderId": `+folder+`}`)
				names[id], ids[name] = name, id
			}
			from := w.cursor(t, c.who)
			for _, step := range c.do {
				method, rest, _ := strings.Cut(step, " ")
				place, body, _ := strings.Cut(rest, " ")
				if id, ok := ids[strings.TrimPrefix(place, "work/")]; ok {
					place = "work/" + id
				}
				w.ok(t, "owner", method, place, body)
			}
			if got := w.since(t, c.who, from, "1000", names); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestChangesWithItems(t *testing.T) {
	w := openWorld(t)
	from := w.cursor(t, "owner")
	stays := w.record(t, `{"type": "own/a", "value": {"$a.": 2.50, "z": "é"}, "folderId": "b"}`)
	goes := w.record(t, `{"type": "own/a", "folderId": "b"}`)
	leaves := w.record(t, `{"type": "own/a", "folderId": "b"}`)
	w.ok(t, "owner", "folders.update", "work/b", `{"name": "Bee"}`)
	w.ok(t, "owner", "channels.update", "work", `{"name": "Wörk"}`)
	seen := w.cursor(t, "owner")
	w.ok(t, "owner", "events.update", "work/"+leaves, `{"folderId": "d"}`)
	for range 2 {
		w.ok(t, "owner", "events.delete", "work/"+goes, "")
	}
	// A page from before tells what has gone meanwhile as deleted.
	p := w.changes(t, "part-reader", "include=items&limit=5&since="+from)
	names := map[string]string{stays: "stays", goes: "goes", leaves: "leaves"}
	var words []string
	for _, c := range p.Changes {
		words = append(words, c.word(names))
		if (c.Item == nil) != (c.Action == "deleted") || c.Item != nil && c.Item["id"] != c.ID {
			t.Errorf("%s with item %v", c.word(names), c.Item)
		}
	}
	if got := strings.Join(words, ", "); got != "event stays+, event goes-, event leaves-, folder b~, channel work~" {
		t.Errorf("got %s", got)
	}
	if folder := p.Changes[3].Item; folder["parentId"] != nil || shape(folder["children"].([]any)) != "c" || folder["name"] != "Bee" {
		t.Errorf("the folder is %v", folder)
	}
	all := w.ok(t, "owner", "changes.get", "", "?include=items&since="+from)
	if one := w.ok(t, "owner", "events.getOne", "work/"+stays, ""); !strings.Contains(all, `"item":`+one) {
		t.Errorf("%s\nis not in\n%s", one, all)
	}
	if got := w.changes(t, "owner", "since="+seen).Changes; len(got) != 2 || got[0].Item != nil {
		t.Errorf("without include: %+v", got)
	}
	made := w.give(t, w.tokens["owner"], access("shared", "new", `[{"channelId":"work","level":"read"}]`))
	last := w.ok(t, "owner", "changes.get", "", "?include=items&since="+w.changes(t, "owner", "since="+seen+"&limit=2").Cursor)
	if !strings.Contains(last, `"name":"new"`) || strings.Contains(last, made["token"].(string)) || strings.Contains(last, "channelId\":\"\"") {
		t.Errorf("an access: %s", last)
	}
}

// TestChangesWithLongItems: a page ends where its items get long, and the next
// one begins there.
func TestChangesWithLongItems(t *testing.T) {
	a := openAccounts(t, func(o *api.Options) { o.Limits.MaxAnswer = 4000 })
	a.addUser(t, "alice")
	w := &world{accounts: a, tokens: map[string]string{"owner": a.login(t, "alice")}}
	w.ok(t, "owner", "channels.create", "", `{"id": "work", "name": "Work"}`)
	from := w.cursor(t, "owner")
	sizes, want := []int{10, 900, 900, 3000, 10, 10}, []string{}
	for _, n := range sizes {
		want = append(want, w.record(t, `{"type": "own/a", "value": "`+strings.Repeat("x", n)+`"}`))
	}
	var got []string
	pages := 0
	for more := true; more; pages++ {
		answer := w.ok(t, "owner", "changes.get", "", "?include=items&since="+from)
		p := decode[toldPage](t, answer)
		if len(answer) > 4000 {
			t.Errorf("a page of %d bytes", len(answer))
		}
		for _, c := range p.Changes {
			got = append(got, c.ID)
		}
		from, more = p.Cursor, p.More
	}
	if strings.Join(got, " ") != strings.Join(want, " ") || pages < 3 {
		t.Errorf("%d pages: %v, want %v", pages, got, want)
	}
}

func TestCursorsThatAreVoid(t *testing.T) {
	w := openWorld(t)
	w.addUser(t, "bobby")
	bobby := w.must(t, "changes.get", request{user: "bobby", token: w.login(t, "bobby")})["cursor"].(string)
	good := w.cursor(t, "owner")
	var user activity.User
	user, err := w.store.Users().UserByName(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	var epoch string
	var head activity.Seq
	err = w.store.Tenant(user.ID).View(t.Context(), func(tx storage.Tx) error {
		var err error
		epoch, head, err = tx.LogHead(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, cursor := range map[string]string{
		"another user's": bobby, "cut short": good[:len(good)-1], "longer": good + "A", "nothing": "", "a word": "present", "a number": "5",
		"of another epoch": string(activity.NewCursor("other", user.ID, head)),
		"of the future":    string(activity.NewCursor(epoch, user.ID, head+1)),
	} {
		if _, err := w.invoke(t, "owner", "changes.get", "", "?since="+cursor); outcome(err) != "cursor-expired" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for in, want := range map[string]string{
		`{"since": 5}`:            "invalid-parameters-format since:type",
		`{"since": null}`:         "invalid-parameters-format since:type",
		"?limit=0":                "invalid-parameters-format limit:minimum",
		"?limit=10001":            "invalid-parameters-format limit:maximum",
		"?include=events":         "invalid-parameters-format include:enum",
		"?since=" + good + "&x=y": "invalid-parameters-format x:unknown",
		"?since=" + good:          "ok",
		`{"since": "` + good + `", "limit": 10000, "include": "items"}`: "ok",
	} {
		if _, err := w.invoke(t, "owner", "changes.get", "", in); outcome(err) != want {
			t.Errorf("%s: %s, want %s", in, outcome(err), want)
		}
	}
}

// TestCursorsEndWithPermissions: other permissions void the cursors of that
// access, of no other.
func TestCursorsEndWithPermissions(t *testing.T) {
	w := openWorld(t)
	made := w.give(t, w.tokens["owner"], access("shared", "mine", `[{"channelId":"work","level":"read"}]`))
	w.tokens["mine"] = made["token"].(string)
	cursors := map[string]string{}
	for _, who := range []string{"mine", "reader", "owner"} {
		cursors[who] = w.cursor(t, who)
	}
	change := func(in string) {
		w.must(t, "accesses.update", request{user: "alice", token: w.tokens["owner"], id: made["id"].(string), body: in})
	}
	change(`{"name": "yours"}`)
	if got := w.since(t, "mine", cursors["mine"], "1000", nil); got != "" {
		t.Errorf("got %s", got)
	}
	change(`{"permissions": [{"channelId": "diary", "level": "read"}]}`)
	if _, err := w.invoke(t, "mine", "changes.get", "", "?since="+cursors["mine"]); outcome(err) != "cursor-expired" {
		t.Errorf("got %v", err)
	}
	for _, who := range []string{"reader", "owner"} {
		w.since(t, who, cursors[who], "1000", nil)
	}
	cursors["mine"] = w.cursor(t, "mine")
	w.ok(t, "owner", "channels.update", "diary", `{"name": "D"}`)
	if got := w.since(t, "mine", cursors["mine"], "1000", nil); got != "channel diary~" {
		t.Errorf("got %s", got)
	}
}

// TestCursorsEndWithHistory: what is pruned cannot be told.
func TestCursorsEndWithHistory(t *testing.T) {
	a, dir := openAccounts(t), t.TempDir()
	reopen := func() (*world, storage.Store) {
		store, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Clock: a.clock, History: time.Hour, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		o := a.options
		o.Store = store
		return &world{accounts: &accounts{service: api.New(o), store: store, options: o}}, store
	}
	w, store := reopen()
	w.addUser(t, "alice")
	w.tokens = map[string]string{"owner": w.login(t, "alice")}
	from := w.cursor(t, "owner")
	for _, id := range []string{"work", "play"} { // the newest change of all stays
		w.ok(t, "owner", "channels.create", "", object("id", id, "name", id))
	}
	head := w.cursor(t, "owner")
	tokens := w.tokens
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	a.advance(2 * time.Hour)
	w, store = reopen()
	w.tokens = tokens
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	for deadline := time.Now().Add(20 * time.Second); ; {
		_, err := w.invoke(t, "owner", "changes.get", "", "?since="+from)
		if errors.Is(err, activity.NewError(activity.CodeCursorExpired, "")) {
			break
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the history is not pruned: %v", err)
		}
	}
	if got := w.since(t, "owner", head, "1000", nil); got != "" {
		t.Errorf("got %s", got)
	}
}
