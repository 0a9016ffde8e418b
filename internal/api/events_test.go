package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
)

func TestEventAsItIsMade(t *testing.T) {
	w := openWorld(t)
	made := w.ok(t, "writer", "events.create", "work", `{
		"time": -0.1, "duration": 1e3, "type": {"class": "own", "format": "any"}, "value": {"b": [1, null], "$a.": "\u0001<é>"},
		"folderId": "c", "tags": [" x ", "", "y", "x"], "description": "d\n", "clientData": {"k": null}, "trashed": true}`)
	e := decode[struct {
		ID      string
		Created activity.Timestamp
	}](t, made)
	want := fmt.Sprintf(`{"id":%q,"channelId":"work","time":-0.1,"duration":1000,"type":{"class":"own","format":"any"},`+
		`"value":{"b":[1,null],"$a.":"\u0001<é>"},"folderId":"c","tags":["x","y"],"description":"d\n","attachments":{},`+
		`"clientData":{"k":null},"trashed":true,"created":%s,"modified":%[2]s,"createdBy":"writer","modifiedBy":"writer"}`,
		e.ID, e.Created.AppendJSON(nil))
	if made != want {
		t.Errorf("got  %s\nwant %s", made, want)
	}
	if got := w.ok(t, "reader", "events.getOne", "work/"+e.ID, ""); got != made {
		t.Errorf("later %s", got)
	}
	if got := w.ok(t, "part-reader", "events.get", "work", "?state=trashed"); got != "["+made+"]" {
		t.Errorf("listed %s", got)
	}
}

func TestEventByDefault(t *testing.T) {
	w := openWorld(t)
	e := w.item(t, "owner", "events.create", "work", `{"type": "note/txt"}`)
	for _, absent := range []string{"duration", "value", "description", "stoppedId"} {
		if v, there := e[absent]; there {
			t.Errorf("%s is %v", absent, v)
		}
	}
	got := encode(t, []any{e["time"], e["folderId"], e["tags"], e["attachments"], e["clientData"], e["trashed"], e["createdBy"]})
	if want := `[1700000000,null,[],{},{},false,"test app"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if id := e["id"].(string); len(id) != 36 || id[14] != '7' {
		t.Errorf("the id is %s", id)
	}
}

func TestEventCreateErrors(t *testing.T) {
	w := openWorld(t)
	many := `["0"`
	for i := range 100 {
		many += fmt.Sprintf(`,"%d"`, i+1)
	}
	many += "]"
	cases := []struct{ body, want string }{
		{`{}`, "missing-parameter"},
		{`[]`, "invalid-request-structure"},
		{`{"type": "a/b", "type": "a/b"}`, "invalid-request-structure"},
		{`{"type": "note"}`, "invalid-parameters-format type:pattern"},
		{`{"type": {"class": "a"}}`, "invalid-parameters-format type:type"},
		{`{"type": "a/b", "id": "5"}`, "invalid-item-id"},
		{`{"type": "a/b", "id": 5}`, "invalid-parameters-format id:type"},
		{`{"type": "a/b", "tags": ` + many + `}`, "invalid-parameters-format tags:maxItems"},
		{`{"type": "a/b", "tags": ["` + strings.Repeat("x", 201) + `"]}`, "invalid-parameters-format tags:maxLength"},
		{`{"type": "a/b", "description": "` + strings.Repeat("x", 65537) + `"}`, "invalid-parameters-format description:maxLength"},
		{`{"type": "a/b", "value": ` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}`, "invalid-parameters-format value:depth"},
		{`{"type": "a/b", "value": ` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`, "ok"},
		{`{"type": "a/b", "value": 9007199254740993}`, "invalid-parameters-format value:precision"},
		{`{"type": "a/b", "value": 18446744073709551616}`, "ok"},
		{`{"type": "a/b", "channelId": "work"}`, "ok"},
		{`{"type": "a/b", "channelId": "diary"}`, "invalid-parameters-format channelId:read-only"},
		{`{"time": "now", "duration": -1, "type": 5, "tags": ["a", 5], "folderId": 1, "description": null, "clientData": [], "trashed": 1, "valeu": 1, "modified": 1}`,
			"invalid-parameters-format clientData:type description:type duration:minimum folderId:type modified:unknown tags[1]:type time:type trashed:type type:type valeu:unknown"},
	}
	for _, c := range cases {
		if _, err := w.invoke(t, "owner", "events.create", "work", c.body); outcome(err) != c.want {
			t.Errorf("%.80s: got %s, want %s", c.body, outcome(err), c.want)
		}
	}
}

func TestEventUpdate(t *testing.T) {
	w := openWorld(t)
	const all = `{"type": "a/b", "time": 100, "duration": 5, "value": {"k": 1}, "folderId": "c", "tags": ["x"], "description": "d", "clientData": {"x": 1, "y": {"z": 2}}}`
	cases := []struct {
		body   string
		member string
		want   string // its JSON; "" for absent
	}{
		{`{"time": -5.5}`, "time", "-5.5"},
		{`{"duration": null}`, "duration", "null"},
		{`{"duration": 0}`, "duration", "0"},
		{`{"unset": ["duration"]}`, "duration", ""},
		{`{"type": "c/d"}`, "type", `{"class":"c","format":"d"}`},
		{`{"value": null}`, "value", "null"},
		{`{"unset": ["value", "description"]}`, "value", ""},
		{`{"unset": ["value", "description"]}`, "description", ""},
		{`{"unset": []}`, "description", `"d"`},
		{`{"description": ""}`, "description", `""`},
		{`{"folderId": null}`, "folderId", "null"},
		{`{"folderId": "d"}`, "folderId", `"d"`},
		{`{"tags": []}`, "tags", "[]"},
		{`{"tags": ["b", " b"]}`, "tags", `["b"]`},
		{`{"clientData": {"x": null, "y": {"w": 3}, "v": 4}}`, "clientData", `{"v":4,"y":{"w":3}}`},
		{`{"clientData": {"x": null, "y": null}}`, "clientData", `{}`},
		{`{"clientData": {}}`, "clientData", `{"x":1,"y":{"z":2}}`},
		{`{"trashed": true}`, "trashed", "true"},
		{`{"children": 1, "timeCount": 2, "stoppedId": 3}`, "time", "100"},
	}
	for _, c := range cases {
		id := w.record(t, all)
		before := w.item(t, "owner", "events.getOne", "work/"+id, "")
		after := w.item(t, "writer", "events.update", "work/"+id, c.body)
		got := ""
		if v, there := after[c.member]; there {
			got = encode(t, v)
		}
		if got != c.want {
			t.Errorf("%s: %s is %q, want %q", c.body, c.member, got, c.want)
		}
		if after["modified"].(float64) <= before["modified"].(float64) || after["created"] != before["created"] ||
			after["createdBy"] != "test app" || after["modifiedBy"] != "writer" {
			t.Errorf("%s: %v became %v", c.body, before, after)
		}
		if now := w.item(t, "owner", "events.getOne", "work/"+id, ""); encode(t, now) != encode(t, after) {
			t.Errorf("%s: the answer was %v, the event is %v", c.body, after, now)
		}
	}
}

func TestEventUpdateErrors(t *testing.T) {
	w := openWorld(t)
	id := w.record(t, `{"type": "a/b", "duration": 5}`)
	cases := []struct{ body, want string }{
		{`{"unset": ["time"]}`, "invalid-parameters-format unset[0]:enum"},
		{`{"unset": ["duration"], "duration": 5}`, "invalid-parameters-format unset:conflict"},
		{`{"unset": ["value"], "value": null}`, "invalid-parameters-format unset:conflict"},
		{`{"unset": ["value"], "value": null, "time": "x"}`, "invalid-parameters-format time:type unset:conflict"},
		{`{"id": "x", "channelId": "x", "created": 1, "createdBy": "x", "modifiedBy": "x", "attachments": {"a": {}}}`,
			"invalid-parameters-format attachments:read-only channelId:read-only created:read-only createdBy:read-only id:read-only modifiedBy:read-only"},
		{`{"id": "` + id + `", "channelId": "work", "createdBy": "test app", "modifiedBy": "test app", "attachments": { }}`, "ok"},
		{`{"update": {"value": 5}}`, "invalid-parameters-format update:unknown"},
	}
	for _, c := range cases {
		if _, err := w.invoke(t, "owner", "events.update", "work/"+id, c.body); outcome(err) != c.want {
			t.Errorf("%s: got %s, want %s", c.body, outcome(err), c.want)
		}
	}
}

func TestEventIsSentBackAsItWasRead(t *testing.T) {
	w := openWorld(t)
	id := w.record(t, `{"type": "a/b", "duration": null, "value": null, "folderId": "c", "tags": ["x"], "description": "d", "clientData": {"a": 1}}`)
	read := w.ok(t, "part-writer", "events.getOne", "work/"+id, "")
	changed := w.item(t, "part-writer", "events.update", "work/"+id, read)
	for key, v := range decode[map[string]any](t, read) {
		if key != "modified" && key != "modifiedBy" && encode(t, v) != encode(t, changed[key]) {
			t.Errorf("%s was %v, became %v", key, v, changed[key])
		}
	}
	// The first one is stale now: more than its modified differs, but that is
	// what its client must hear.
	if _, err := w.invoke(t, "owner", "events.update", "work/"+id, read); outcome(err) != "item-changed" {
		t.Errorf("got %s", outcome(err))
	}
}

func TestEventIfMatch(t *testing.T) {
	w := openWorld(t)
	e := decode[struct {
		ID       string
		Modified activity.Timestamp
	}](t, w.ok(t, "owner", "events.create", "work", `{"type": "a/b"}`))
	tag := `"` + string(e.Modified.AppendJSON(nil)) + `"`
	if _, err := w.invoke(t, "owner", "events.update", "work/"+e.ID, `{"value": 1}`, `W/"1", `+tag); err != nil {
		t.Error(err)
	}
	for _, method := range []string{"events.update", "events.delete"} {
		if _, err := w.invoke(t, "owner", method, "work/"+e.ID, ``, tag); outcome(err) != "item-changed" {
			t.Errorf("%s: got %s", method, outcome(err))
		}
	}
	if _, err := w.invoke(t, "owner", "events.delete", "work/"+e.ID, ``, "*"); err != nil {
		t.Error(err)
	}
}

func TestEventTrashAndDelete(t *testing.T) {
	w := openWorld(t)
	id := w.record(t, `{"type": "a/b", "folderId": "b"}`)
	if got := w.ok(t, "part-writer", "events.delete", "work/"+id, ""); got != "{}" {
		t.Errorf("got %s", got)
	}
	if e := w.item(t, "owner", "events.getOne", "work/"+id, ""); e["trashed"] != true || e["modifiedBy"] != "part-writer" {
		t.Errorf("got %v", e)
	}
	w.ok(t, "owner", "events.update", "work/"+id, `{"trashed": false}`)
	w.ok(t, "owner", "events.update", "work/"+id, `{"trashed": true}`)
	w.ok(t, "owner", "events.delete", "work/"+id, "")
	for _, method := range []string{"events.getOne", "events.update", "events.delete"} {
		if _, err := w.invoke(t, "owner", method, "work/"+id, ""); outcome(err) != "unknown-event" {
			t.Errorf("%s: got %s", method, outcome(err))
		}
	}
}

func TestEventInATrashedFolderKeepsItsState(t *testing.T) {
	w := openWorld(t)
	id := w.record(t, `{"type": "a/b", "folderId": "c"}`)
	w.ok(t, "owner", "folders.delete", "work/b", "")
	w.advance(time.Second)
	for _, in := range []string{"", "?onlyFolders=b"} {
		if got := w.items(t, "owner", "events.get", "work", in); len(got) != 1 || got[0]["id"] != id || got[0]["trashed"] != false {
			t.Errorf("%s: got %v", in, got)
		}
	}
	w.ok(t, "owner", "events.update", "work/"+id, `{"value": 1, "folderId": "c"}`)
	w.ok(t, "owner", "events.update", "work/"+id, `{"folderId": "d"}`)
}

func TestEventsOfOneChannelAreNotAnothers(t *testing.T) {
	w := openWorld(t)
	id := w.record(t, `{"type": "a/b"}`)
	for _, method := range []string{"events.getOne", "events.update", "events.delete"} {
		if _, err := w.invoke(t, "owner", method, "diary/"+id, ""); outcome(err) != "unknown-event" {
			t.Errorf("%s: got %s", method, outcome(err))
		}
	}
}
