package api_test

import (
	"strings"
	"testing"
)

const anyUUID = "0198c5a2-7c1e-7d3a-9f00-0123456789ab"

// TestRights holds every method on channels, folders and events to section 4
// of the API, for every access of openWorld. {a}, {c}, {d} and {loose} in a
// place stand for the event in that folder; {unknown} for none.
func TestRights(t *testing.T) {
	const (
		ok        = "ok"
		no        = "forbidden"
		noChannel = "unknown-channel"
		noEvent   = "unknown-event"
		noFolder  = "unknown-folder"
		noPath    = "unknown-folder/path"
	)
	cases := []struct {
		method, place, in string
		want              map[string]string // by access; the rest gets the one of ""
	}{
		{"channels.getOne", "work", "", map[string]string{"": ok, "stranger": no}},
		{"channels.getOne", "nowhere", "", map[string]string{"": no, "owner": noChannel, "all-reader": noChannel, "all-writer": noChannel}},
		{"channels.create", "", `{"name": "new"}`, map[string]string{"": no, "owner": ok}},
		{"channels.update", "work", `{"clientData": {}}`, map[string]string{"": no, "owner": ok, "manager": ok}},
		{"channels.update", "nowhere", `{"name": "new"}`, map[string]string{"": no, "owner": noChannel, "all-writer": noChannel}},
		{"channels.delete", "nowhere", "", map[string]string{"": no, "owner": noChannel}},
		{"channels.delete", "work", "", map[string]string{"": no, "owner": ok}},

		{"folders.get", "work", "", map[string]string{"": ok, "stranger": no}},
		{"folders.get", "nowhere", "", map[string]string{"": no, "owner": noChannel, "all-reader": noChannel, "all-writer": noChannel}},
		{"folders.create", "work", `{"name": "new"}`, map[string]string{"": no, "owner": ok, "manager": ok}},
		{"folders.create", "work", `{"name": "new", "parentId": "c"}`, map[string]string{"": no, "owner": ok, "manager": ok, "part-manager": ok, "two-manager": ok}},
		{"folders.create", "work", `{"name": "new", "parentId": "d"}`, map[string]string{"": no, "owner": ok, "manager": ok, "two-manager": ok}},
		{"folders.create", "work", `{"name": "new", "parentId": "x"}`, map[string]string{"": no, "owner": noFolder, "manager": noFolder, "writer": noFolder, "all-writer": noFolder}},
		{"folders.create", "nowhere", `{"name": "new"}`, map[string]string{"": no, "owner": noChannel, "all-writer": noChannel}},
		{"folders.update", "work/a", `{"hidden": false}`, map[string]string{"": no, "owner": ok, "manager": ok}},
		{"folders.update", "work/b", `{"hidden": false}`, map[string]string{"": no, "owner": ok, "manager": ok, "part-manager": ok, "two-manager": ok}},
		{"folders.update", "work/d", `{"hidden": false}`, map[string]string{"": no, "owner": ok, "manager": ok, "two-manager": ok}},
		{"folders.update", "work/x", `{"hidden": false}`, map[string]string{"": no, "owner": noPath, "manager": noPath, "writer": noPath, "all-writer": noPath}},
		{"folders.delete", "work/x", "", map[string]string{"": no, "owner": noPath, "manager": noPath, "writer": noPath, "all-writer": noPath}},
		{"folders.delete", "work/c", "", map[string]string{"": no, "owner": ok, "manager": ok, "part-manager": ok, "two-manager": ok}},

		{"events.get", "work", "", map[string]string{"": ok, "stranger": no}},
		{"events.get", "nowhere", "", map[string]string{"": no, "owner": noChannel, "all-reader": noChannel, "all-writer": noChannel}},
		{"events.get", "work", "?onlyFolders=b", map[string]string{"": ok, "stranger": no, "loose": no}},
		{"events.get", "work", "?onlyFolders=b,a", map[string]string{"": ok, "stranger": no, "part-reader": no, "part-writer": no, "part-manager": no, "two-manager": no, "loose": no}},
		{"events.get", "work", "?onlyFolders=b,x,y", map[string]string{"": noFolder, "stranger": no, "part-reader": no, "part-writer": no, "part-manager": no, "two-manager": no, "loose": no}},
		{"events.get", "work", "?onlyFolders=null", map[string]string{"": ok, "stranger": no, "part-reader": no, "part-writer": no, "part-manager": no, "two-manager": no}},
		{"events.getOne", "work/{a}", "", map[string]string{"": ok, "stranger": no, "part-reader": no, "part-writer": no, "part-manager": no, "two-manager": no, "loose": no}},
		{"events.getOne", "work/{c}", "", map[string]string{"": ok, "stranger": no, "loose": no}},
		{"events.getOne", "work/{loose}", "", map[string]string{"": ok, "stranger": no, "part-reader": no, "part-writer": no, "part-manager": no, "two-manager": no}},
		{"events.getOne", "work/{unknown}", "", map[string]string{"": noEvent, "stranger": no, "part-reader": no, "part-writer": no, "part-manager": no, "two-manager": no, "loose": no}},
		{"events.create", "work", `{"type": "a/b", "folderId": "c"}`, map[string]string{"": no, "owner": ok, "manager": ok, "writer": ok, "all-writer": ok, "part-writer": ok, "part-manager": ok, "two-manager": ok}},
		{"events.create", "work", `{"type": "a/b", "folderId": "d"}`, map[string]string{"": no, "owner": ok, "manager": ok, "writer": ok, "all-writer": ok, "part-manager": ok, "two-manager": ok}},
		{"events.create", "work", `{"type": "a/b"}`, map[string]string{"": no, "owner": ok, "manager": ok, "writer": ok, "all-writer": ok, "loose": ok}},
		{"events.create", "work", `{"type": "a/b", "folderId": "x"}`, map[string]string{"": no, "owner": noFolder, "manager": noFolder, "writer": noFolder, "all-writer": noFolder}},
		{"events.create", "nowhere", `{"type": "a/b"}`, map[string]string{"": no, "owner": noChannel, "all-writer": noChannel}},
		{"events.update", "work/{c}", `{"value": 1}`, map[string]string{"": no, "owner": ok, "manager": ok, "writer": ok, "all-writer": ok, "part-writer": ok, "part-manager": ok, "two-manager": ok}},
		{"events.update", "work/{loose}", `{"value": 1}`, map[string]string{"": no, "owner": ok, "manager": ok, "writer": ok, "all-writer": ok, "loose": ok}},
		{"events.update", "work/{unknown}", `{"value": 1}`, map[string]string{"": no, "owner": noEvent, "manager": noEvent, "writer": noEvent, "all-writer": noEvent}},
		{"events.update", "work/{c}", `{"folderId": "b"}`, map[string]string{"": no, "owner": ok, "manager": ok, "writer": ok, "all-writer": ok, "part-writer": ok, "part-manager": ok, "two-manager": ok}},
		{"events.update", "work/{c}", `{"folderId": "d"}`, map[string]string{"": no, "owner": ok, "manager": ok, "writer": ok, "all-writer": ok, "part-manager": ok, "two-manager": ok}},
		{"events.update", "work/{c}", `{"folderId": null}`, map[string]string{"": no, "owner": ok, "manager": ok, "writer": ok, "all-writer": ok}},
		{"events.update", "work/{loose}", `{"folderId": "c"}`, map[string]string{"": no, "owner": ok, "manager": ok, "writer": ok, "all-writer": ok}},
		{"events.update", "work/{c}", `{"folderId": "x"}`, map[string]string{"": no, "owner": noFolder, "manager": noFolder, "writer": noFolder, "all-writer": noFolder}},
		{"events.delete", "work/{c}", "", map[string]string{"": no, "owner": ok, "manager": ok, "writer": ok, "all-writer": ok, "part-writer": ok, "part-manager": ok, "two-manager": ok}},
		{"events.delete", "work/{d}", "", map[string]string{"": no, "owner": ok, "manager": ok, "writer": ok, "all-writer": ok, "part-manager": ok, "two-manager": ok}},
		{"events.delete", "work/{unknown}", "", map[string]string{"": no, "owner": noEvent, "manager": noEvent, "writer": noEvent, "all-writer": noEvent}},
	}
	for who := range openWorld(t).tokens {
		t.Run(who, func(t *testing.T) {
			w := openWorld(t)
			for _, c := range cases {
				want, special := c.want[who]
				if !special {
					want = c.want[""]
				}
				w.try(t, who, c.method, c.place, c.in, want)
			}
		})
	}
}

// try calls a method in a world where every folder has its event.
func (w *world) try(t *testing.T, who, method, place, in, want string) {
	t.Helper()
	ids := []string{"{unknown}", anyUUID}
	for name, folder := range map[string]string{"{a}": `"a"`, "{c}": `"c"`, "{d}": `"d"`, "{loose}": "null"} {
		if strings.Contains(place, name) {
			ids = append(ids, name, w.record(t, `{"type": "a/b", "folderId": `+folder+`}`))
		}
	}
	_, err := w.invoke(t, who, method, strings.NewReplacer(ids...).Replace(place), in)
	if got := outcome(err); got != want {
		t.Errorf("%s %s %s: got %s, want %s", method, place, in, got, want)
	}
	w.restore(t)
}

// restore undoes what the methods of TestRights do to the structure.
func (w *world) restore(t *testing.T) {
	t.Helper()
	if c := w.item(t, "owner", "channels.getOne", "work", ""); c["trashed"] == true {
		w.ok(t, "owner", "channels.update", "work", `{"trashed": false}`)
	}
	for _, f := range w.items(t, "owner", "folders.get", "work", "?state=trashed") {
		w.ok(t, "owner", "folders.update", "work/"+f["id"].(string), `{"trashed": false}`)
	}
	for _, place := range []string{"?", "?parentId=c", "?parentId=d"} {
		for _, f := range w.items(t, "owner", "folders.get", "work", place) {
			if f["name"] == "new" {
				w.ok(t, "owner", "folders.delete", "work/"+f["id"].(string), "")
				w.ok(t, "owner", "folders.delete", "work/"+f["id"].(string), "")
			}
		}
	}
}

func TestUnknownFoldersAreAllNamed(t *testing.T) {
	w := openWorld(t)
	_, err := w.invoke(t, "owner", "events.get", "work", "?onlyFolders=x,a,null,y,z")
	if outcome(err) != "unknown-folder" || data(err) != `{"unknownIds":["x","y","z"]}` {
		t.Errorf("got %s with %s", outcome(err), data(err))
	}
	_, err = w.invoke(t, "owner", "folders.update", "work/x", `{}`)
	if outcome(err) != "unknown-folder/path" || data(err) != `{"unknownIds":["x"]}` {
		t.Errorf("got %s with %s", outcome(err), data(err))
	}
}

// What a partial access may not see and what is not there look the same.
func TestForbiddenIsAlwaysTheSame(t *testing.T) {
	w := openWorld(t)
	hidden := w.record(t, `{"type": "a/b", "folderId": "a"}`)
	var first string
	for _, c := range [][3]string{
		{"events.getOne", "work/" + hidden, ""}, {"events.getOne", "work/" + anyUUID, ""}, {"events.getOne", "nowhere/" + anyUUID, ""},
		{"events.get", "work", "?onlyFolders=a"}, {"events.get", "work", "?onlyFolders=x"}, {"folders.get", "work", "?parentId=x"},
		{"events.update", "work/" + hidden, `{"value": 1}`}, {"events.update", "work/" + anyUUID, `{"value": 1}`},
		{"events.create", "work", `{"type": "a/b", "folderId": "a"}`}, {"events.create", "work", `{"type": "a/b", "folderId": "x"}`},
		{"folders.update", "work/a", "{}"}, {"folders.update", "work/x", "{}"}, {"folders.delete", "work/a", ""},
		{"channels.getOne", "diary", ""}, {"channels.getOne", "nowhere", ""}, {"channels.update", "nowhere", "{}"},
	} {
		_, err := w.invoke(t, "part-manager", c[0], c[1], c[2])
		if err == nil || outcome(err) != "forbidden" {
			t.Errorf("%v: got %v", c, err)
			continue
		}
		if first == "" {
			first = err.Error()
		}
		if err.Error() != first || data(err) != "null" {
			t.Errorf("%v: got %v with %s, elsewhere %s", c, err, data(err), first)
		}
	}
}

func TestAfterIsNoWayToProbe(t *testing.T) {
	w := openWorld(t)
	hidden := w.record(t, `{"type": "a/b", "folderId": "a"}`)
	const want = "invalid-parameters-format after:unknown-event"
	for _, id := range []string{hidden, anyUUID, "x"} {
		if _, err := w.invoke(t, "part-reader", "events.get", "work", "?after="+id); outcome(err) != want {
			t.Errorf("%s: got %s", id, outcome(err))
		}
	}
}
