package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

func TestFolderAsItIsMade(t *testing.T) {
	w := openWorld(t)
	made := w.ok(t, "owner", "folders.create", "work", `{"id": " My Folder! ", "name": " <N> ", "parentId": "a", "hidden": true, "clientData": {"z": null, "a": [1, {"": "\u2028"}]}}`)
	f := decode[map[string]any](t, made)
	want := fmt.Sprintf(`{"id":"my-folder","channelId":"work","name":" <N> ","parentId":"a","hidden":true,"clientData":{"z":null,"a":[1,{"":"\u2028"}]},"trashed":false,"children":[],"created":%s,"modified":%[1]s}`,
		encode(t, f["created"]))
	if made != want {
		t.Errorf("got  %s\nwant %s", made, want)
	}
	if listed := w.ok(t, "owner", "folders.get", "work", "?parentId=a&includeHidden=true"); !strings.Contains(listed, made) {
		t.Errorf("the list %s does not show it so", listed)
	}
	least := w.item(t, "owner", "folders.create", "work", `{"name": "least"}`)
	if id := least["id"].(string); len(id) != 36 {
		t.Errorf("a made-up id is %q", id)
	}
	if least["parentId"] != nil || least["hidden"] != false || encode(t, least["clientData"]) != "{}" {
		t.Errorf("got %v", least)
	}
}

func TestFolderCreateErrors(t *testing.T) {
	w := openWorld(t)
	cases := []struct{ body, want string }{
		{`{}`, "missing-parameter"},
		{`{"name": ""}`, "invalid-parameters-format name:minLength"},
		{`{"name": "` + strings.Repeat("é", 256) + `"}`, "invalid-parameters-format name:maxLength"},
		{`{"name": 1, "hidden": 0, "parentId": 5, "clientData": [], "childs": []}`, "invalid-parameters-format childs:unknown clientData:type hidden:type name:type parentId:type"},
		{`{"name": "n", "parentId": ""}`, "invalid-parameters-format parentId:minLength"},
		{`{"name": "n", "channelId": "diary"}`, "invalid-parameters-format channelId:read-only"},
		{`{"name": "n", "channelId": "work", "id": "new"}`, "ok"},
		{`{"name": "n2", "id": "new"}`, "item-id-already-exists"},
		{`{"name": "n2", "id": "NEW"}`, "item-id-already-exists"},
		{`{"name": "n", "id": "other"}`, "item-name-already-exists"},
		{`{"name": "n", "id": "beside", "parentId": "a"}`, "ok"},
		{`{"name": "N", "id": "big"}`, "ok"},
		{`{"name": "x", "id": ""}`, "invalid-item-id"},
		{`{"name": "x", "id": "!?"}`, "invalid-item-id"},
		{`{"name": "x", "id": "../a"}`, "item-id-already-exists"},
		{`{"name": "x", "id": "` + strings.Repeat("x", 101) + `"}`, "invalid-item-id"},
		{`{"name": "x", "parentId": "nowhere"}`, "unknown-folder"},
	}
	for _, word := range []string{"null", "undefined", "NaN", "true", "false", "start", "stop", "Running", "batch"} {
		cases = append(cases, struct{ body, want string }{`{"name": "x", "id": "` + word + `"}`, "invalid-item-id"})
	}
	for _, c := range cases {
		_, err := w.invoke(t, "owner", "folders.create", "work", c.body)
		if got := outcome(err); got != c.want {
			t.Errorf("%s: got %s, want %s", c.body, got, c.want)
		}
	}
}

func TestFolderTreeByAccess(t *testing.T) {
	w := openWorld(t)
	want := map[string]string{
		"owner": "a(b(c)) d", "manager": "a(b(c)) d", "reader": "a(b(c)) d", "all-reader": "a(b(c)) d",
		"part-reader": "b(c)", "part-writer": "b(c) d", "part-manager": "b(c) d", "loose": "",
	}
	for who, tree := range want {
		if got := w.tree(t, who, ""); got != tree {
			t.Errorf("%s sees %q, want %q", who, got, tree)
		}
	}
	roots := w.items(t, "part-writer", "folders.get", "work", "")
	if roots[0]["parentId"] != nil || roots[0]["children"].([]any)[0].(map[string]any)["parentId"] != "b" {
		t.Errorf("a permitted folder is no root: %v", roots)
	}
	if got := w.items(t, "owner", "folders.get", "work", "?parentId=a")[0]["parentId"]; got != "a" {
		t.Errorf("b's parent is %v", got)
	}
}

func TestFolderOverlappingPermissions(t *testing.T) {
	w := openWorld(t)
	w.tokens["nested"] = w.give(t, w.tokens["owner"], access("shared", "nested",
		`[{"channelId":"work","level":"read","folderPermissions":[{"folderId":"c","level":"manage"},{"folderId":"a","level":"read"}]}]`))["token"].(string)
	if got := w.tree(t, "nested", ""); got != "a(b(c))" {
		t.Errorf("got %q", got)
	}
	w.ok(t, "nested", "folders.update", "work/c", `{"name": "C2", "parentId": "b"}`)
	if _, err := w.invoke(t, "nested", "folders.update", "work/b", `{"name": "B2"}`); outcome(err) != "forbidden" {
		t.Errorf("got %v", err)
	}
}

func TestFolderListParameters(t *testing.T) {
	w := openWorld(t)
	for _, f := range []string{
		`{"id": "h", "name": "aa", "hidden": true}`, `{"id": "hx", "name": "x", "parentId": "h"}`,
		`{"id": "t", "name": "Z", "trashed": true}`,
	} {
		w.ok(t, "owner", "folders.create", "work", f)
	}
	w.ok(t, "owner", "folders.create", "work", `{"id": "tx", "name": "tx", "parentId": "d"}`)
	w.ok(t, "owner", "folders.create", "work", `{"id": "ty", "name": "ty", "parentId": "tx"}`)
	w.ok(t, "owner", "folders.update", "work/tx", `{"trashed": true}`)
	cases := []struct{ who, in, want string }{
		{"owner", "", "a(b(c)) d"},
		{"owner", "?state=default", "a(b(c)) d"},
		{"owner", "?includeHidden=true", "a(b(c)) h(hx) d"},
		{"owner", "?includeHidden=false", "a(b(c)) d"},
		{"owner", "?state=trashed", "tx(ty) t"},
		{"owner", "?state=all", "a(b(c)) d(tx(ty)) t"},
		{"owner", "?state=all&includeHidden=true", "a(b(c)) h(hx) d(tx(ty)) t"},
		{"owner", "?parentId=a", "b(c)"},
		{"owner", "?parentId=null", "a(b(c)) d"},
		{"owner", `{"parentId": null}`, "a(b(c)) d"},
		{"owner", "?parentId=c", ""},
		{"owner", "?parentId=h", "hx"},
		{"owner", "?parentId=tx", ""},
		{"owner", "?parentId=tx&state=all", "ty"},
		{"owner", "?parentId=d&state=trashed", "tx(ty)"},
		{"part-reader", "?parentId=b", "c"},
		{"part-writer", "?state=all", "b(c) d(tx(ty))"},
		{"part-writer", "?state=trashed", "tx(ty)"},
	}
	for _, c := range cases {
		if got := w.tree(t, c.who, c.in); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.who, c.in, got, c.want)
		}
	}
	promoted := w.items(t, "owner", "folders.get", "work", "?state=trashed")
	if promoted[0]["parentId"] != "d" {
		t.Errorf("a trashed folder lost its parent: %v", promoted[0])
	}
	refused := []struct{ who, in, want string }{
		{"owner", "?parentId=nowhere", "unknown-folder"},
		{"part-reader", "?parentId=nowhere", "forbidden"},
		{"part-reader", "?parentId=a", "forbidden"},
		{"owner", "?state=gone&includeHidden=1&depth=2", "invalid-parameters-format depth:unknown includeHidden:type state:enum"},
	}
	for _, c := range refused {
		if _, err := w.invoke(t, c.who, "folders.get", "work", c.in); outcome(err) != c.want {
			t.Errorf("%s %s: got %s, want %s", c.who, c.in, outcome(err), c.want)
		}
	}
}

func TestFolderBelowHiddenAndTrashedOnesThatTheAccessDoesNotSee(t *testing.T) {
	w := openWorld(t)
	w.ok(t, "owner", "folders.update", "work/a", `{"hidden": true}`)
	if got := w.tree(t, "part-reader", ""); got != "b(c)" {
		t.Errorf("below a hidden one: got %q", got)
	}
	w.ok(t, "owner", "folders.update", "work/a", `{"trashed": true}`)
	if got := w.tree(t, "part-reader", ""); got != "" {
		t.Errorf("below a trashed one: got %q", got)
	}
	if got := w.tree(t, "part-reader", "?state=trashed"); got != "b(c)" {
		t.Errorf("below a trashed one: got %q in the trash", got)
	}
}

func TestFolderUpdate(t *testing.T) {
	w := openWorld(t)
	w.ok(t, "owner", "folders.update", "work/b", `{"clientData": {"x": 1, "y": {"k": 2}}}`)
	before := w.item(t, "owner", "folders.update", "work/b", `{"name": "Bee", "hidden": true, "clientData": {"x": null, "z": 3}}`)
	if before["name"] != "Bee" || before["hidden"] != true || encode(t, before["clientData"]) != `{"y":{"k":2},"z":3}` || before["parentId"] != "a" {
		t.Errorf("got %v", before)
	}
	if shape(before["children"].([]any)) != "c" {
		t.Errorf("the answer's children are %v", before["children"])
	}
	// What was read can be sent back.
	after := w.item(t, "owner", "folders.update", "work/b", encode(t, before))
	if after["modified"].(float64) <= before["modified"].(float64) || after["created"] != before["created"] {
		t.Errorf("got %v after %v", after, before)
	}
	cases := []struct{ body, want string }{
		{encode(t, before), "item-changed"},
		{`{"children": "anything", "timeCount": []}`, "ok"},
		{`{"id": "b", "channelId": "work"}`, "ok"},
		{`{"id": "x", "channelId": "diary", "created": 5}`, "invalid-parameters-format channelId:read-only created:read-only id:read-only"},
		{`{"id": "x", "name": 5}`, "invalid-parameters-format id:read-only name:type"},
		{`{"id": "x", "modified": 5}`, "item-changed"},
		{`{"nane": "x"}`, "invalid-parameters-format nane:unknown"},
		{`{"name": null}`, "invalid-parameters-format name:type"},
	}
	for _, c := range cases {
		if _, err := w.invoke(t, "owner", "folders.update", "work/b", c.body); outcome(err) != c.want {
			t.Errorf("%s: got %s, want %s", c.body, outcome(err), c.want)
		}
	}
}

func TestFolderIfMatch(t *testing.T) {
	w := openWorld(t)
	f := decode[struct{ Modified activity.Timestamp }](t, w.ok(t, "owner", "folders.update", "work/d", `{}`))
	tag := `"` + string(f.Modified.AppendJSON(nil)) + `"`
	if _, err := w.invoke(t, "owner", "folders.delete", "work/d", "", `"5"`); outcome(err) != "item-changed" {
		t.Errorf("got %v", err)
	}
	if _, err := w.invoke(t, "owner", "folders.update", "work/d", `{"name": "E"}`, `"5"`, tag); err != nil {
		t.Error(err)
	}
	if _, err := w.invoke(t, "owner", "folders.update", "work/d", `{"name": "F"}`, tag); outcome(err) != "item-changed" {
		t.Errorf("got %v", err)
	}
}

func TestFolderModifiedStaysWithItsContent(t *testing.T) {
	w := openWorld(t)
	before := w.items(t, "owner", "folders.get", "work", "")[1]
	w.record(t, `{"type": "note/txt", "folderId": "d"}`)
	w.ok(t, "owner", "folders.create", "work", `{"name": "below", "parentId": "d"}`)
	if after := w.items(t, "owner", "folders.get", "work", "")[1]; after["modified"] != before["modified"] {
		t.Errorf("%v became %v", before, after)
	}
}

func TestFolderMoves(t *testing.T) {
	cases := []struct{ who, id, parent, want, tree string }{
		{"owner", "b", `"d"`, "ok", "a d(b(c))"},
		{"owner", "b", `null`, "ok", "a b(c) d"},
		{"owner", "b", `"a"`, "ok", "a(b(c)) d"},
		{"owner", "a", `"a"`, "invalid-operation", ""},
		{"owner", "a", `"c"`, "invalid-operation", ""},
		{"owner", "b", `"nowhere"`, "unknown-folder", ""},
		{"manager", "c", `null`, "ok", "a(b) c d"},
		{"writer", "b", `"d"`, "forbidden", ""},
		{"part-manager", "b", `null`, "ok", "a(b(c)) d"}, // it sees b as a root
		{"part-manager", "b", `"d"`, "forbidden", ""},
		{"part-manager", "c", `null`, "forbidden", ""},
		{"part-manager", "c", `"d"`, "forbidden", ""}, // contributes there
		{"part-manager", "c", `"a"`, "forbidden", ""},
		{"part-manager", "c", `"nowhere"`, "forbidden", ""},
		{"part-manager", "c", `"b"`, "ok", "a(b(c)) d"},
		{"two-manager", "c", `"d"`, "ok", "a(b) d(c)"},
		{"two-manager", "b", `"d"`, "forbidden", ""}, // would leave a, which it does not manage
		{"two-manager", "d", `"b"`, "forbidden", ""}, // would leave the roots
	}
	for _, c := range cases {
		t.Run(c.who+" moves "+c.id+" to "+c.parent, func(t *testing.T) {
			w := openWorld(t)
			_, err := w.invoke(t, c.who, "folders.update", "work/"+c.id, `{"parentId": `+c.parent+`}`)
			if got := outcome(err); got != c.want {
				t.Fatalf("got %s, want %s", got, c.want)
			}
			if c.tree == "" {
				c.tree = "a(b(c)) d"
			}
			if got := w.tree(t, "owner", ""); got != c.tree {
				t.Errorf("got %q, want %q", got, c.tree)
			}
		})
	}
}

func TestFolderDepth(t *testing.T) {
	w := openWorld(t)
	parent := "null"
	for i := 1; i <= activity.MaxFolderDepth; i++ {
		w.ok(t, "owner", "folders.create", "work", fmt.Sprintf(`{"id": "n%d", "name": "n", "parentId": %s}`, i, parent))
		parent = fmt.Sprintf(`"n%d"`, i)
	}
	for _, in := range []struct{ method, place, body string }{
		{"folders.create", "work", `{"name": "n", "parentId": "n64"}`},
		{"folders.update", "work/d", `{"parentId": "n64"}`},
		{"folders.update", "work/a", `{"parentId": "n62"}`},
	} {
		if _, err := w.invoke(t, "owner", in.method, in.place, in.body); outcome(err) != "invalid-operation" {
			t.Errorf("%v: got %v", in, err)
		}
	}
	w.ok(t, "owner", "folders.update", "work/a", `{"parentId": "n61"}`)
	// The whole of it can be sent back.
	top := w.ok(t, "owner", "folders.update", "work/n1", "{}")
	w.ok(t, "owner", "folders.update", "work/n1", top)
}

func TestNothingIsPutIntoTheTrash(t *testing.T) {
	w := openWorld(t)
	w.ok(t, "owner", "folders.update", "work/a", `{"trashed": true}`)
	loose := w.record(t, `{"type": "own/any"}`)
	inside := w.record(t, `{"type": "own/any", "folderId": "d"}`)
	cases := []struct{ method, place, body, want string }{
		{"events.create", "work", `{"type": "note/txt", "folderId": "a"}`, `{"trashed":"folder"}`},
		{"events.create", "work", `{"type": "note/txt", "folderId": "c"}`, `{"trashed":"folder"}`},
		{"events.update", "work/" + loose, `{"folderId": "c"}`, `{"trashed":"folder"}`},
		{"events.update", "work/" + inside, `{"folderId": "a"}`, `{"trashed":"folder"}`},
		{"folders.create", "work", `{"name": "n", "parentId": "b"}`, `{"trashed":"folder"}`},
		{"folders.update", "work/d", `{"parentId": "c"}`, `{"trashed":"folder"}`},
	}
	check := func() {
		t.Helper()
		for _, c := range cases {
			_, err := w.invoke(t, "owner", c.method, c.place, c.body)
			if outcome(err) != "invalid-operation" || data(err) != c.want {
				t.Errorf("%s %s: got %v with %s, want %s", c.method, c.body, err, data(err), c.want)
			}
		}
	}
	check()
	w.ok(t, "owner", "folders.update", "work/b", `{"name": "renamed in the trash"}`)
	w.ok(t, "owner", "folders.update", "work/b", `{"parentId": "d"}`)
	w.ok(t, "owner", "channels.update", "work", `{"trashed": true}`)
	cases = cases[:0]
	for _, folder := range []string{"null", `"a"`, `"d"`} {
		cases = append(cases, struct{ method, place, body, want string }{
			"events.create", "work", `{"type": "note/txt", "folderId": ` + folder + `}`, `{"trashed":"channel"}`})
	}
	check()
	// What is there can be read, changed and listed as before.
	if got := w.item(t, "owner", "events.update", "work/"+inside, `{"value": 5, "folderId": null}`)["trashed"]; got != false {
		t.Errorf("an event in a trashed channel is itself trashed: %v", got)
	}
	if got := w.items(t, "owner", "events.get", "work", ""); len(got) != 2 {
		t.Errorf("got %v", got)
	}
}

func TestFolderDelete(t *testing.T) {
	cases := map[string]struct {
		who, id, in string
		event       string // the folder of an event, "" for none
		want        string // of the deletion after the trashing
		tree        string // thereafter; "" for unchanged
		folder      string // of the event thereafter; "gone"
	}{
		"no events":                 {"owner", "a", "", "d", "ok", "d", "d"},
		"events, but not asked":     {"owner", "b", "", "c", "missing-parameter", "", "c"},
		"events deleted with it":    {"owner", "b", "?mergeEventsWithParent=false", "c", "ok", "a d", "gone"},
		"events to the parent":      {"owner", "b", `{"mergeEventsWithParent": true}`, "c", "ok", "a d", "a"},
		"events of a root":          {"owner", "a", "?mergeEventsWithParent=true", "c", "ok", "d", "null"},
		"by who manages all":        {"manager", "a", "?mergeEventsWithParent=true", "c", "ok", "d", "null"},
		"a root in part":            {"part-manager", "b", "?mergeEventsWithParent=false", "c", "ok", "a d", "gone"},
		"to a parent not seen":      {"part-manager", "b", "?mergeEventsWithParent=true", "c", "forbidden", "", "c"},
		"to a parent it writes":     {"part-manager", "c", "?mergeEventsWithParent=true", "c", "ok", "a(b) d", "b"},
		"to no folder, not allowed": {"two-manager", "d", "?mergeEventsWithParent=true", "d", "forbidden", "", "d"},
		"a wrong value":             {"owner", "a", "?mergeEventsWithParent=maybe", "", "invalid-parameters-format mergeEventsWithParent:type", "", "null"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := openWorld(t)
			folder := "null"
			if c.event != "" {
				folder = `"` + c.event + `"`
			}
			id := w.record(t, `{"type": "note/txt", "folderId": `+folder+`}`)
			if got := w.ok(t, c.who, "folders.delete", "work/"+c.id, ""); got != "{}" {
				t.Errorf("trashing answers %s", got)
			}
			_, err := w.invoke(t, c.who, "folders.delete", "work/"+c.id, c.in)
			if got := outcome(err); got != c.want {
				t.Fatalf("got %s, want %s", got, c.want)
			}
			if c.tree == "" {
				c.tree = "a(b(c)) d"
			}
			if got := w.tree(t, "owner", "?state=all"); got != c.tree {
				t.Errorf("the tree is %q, want %q", got, c.tree)
			}
			got := "gone"
			if answer, err := w.invoke(t, "owner", "events.getOne", "work/"+id, ""); err == nil {
				if f, ok := decode[map[string]any](t, answer)["folderId"].(string); ok {
					got = f
				} else {
					got = "null"
				}
			}
			if got != c.folder {
				t.Errorf("the event is in %s, want %s", got, c.folder)
			}
		})
	}
}

func TestFolderDeleteNamesWhatIsMissing(t *testing.T) {
	w := openWorld(t)
	w.record(t, `{"type": "note/txt", "folderId": "d", "trashed": true}`)
	w.ok(t, "owner", "folders.delete", "work/d", "")
	_, err := w.invoke(t, "owner", "folders.delete", "work/d", "")
	if outcome(err) != "missing-parameter" || data(err) != `{"missing":["mergeEventsWithParent"]}` {
		t.Errorf("got %v with %s", err, data(err))
	}
}
