package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

func TestChannelAsItIsMade(t *testing.T) {
	w := openWorld(t)
	made := w.ok(t, "owner", "channels.create", "", `{"id": "My Channel", "name": "<N>", "enforceNoEventsOverlap": true, "clientData": {"b": null, "a": 1}}`)
	c := decode[struct{ Created activity.Timestamp }](t, made)
	want := fmt.Sprintf(`{"id":"my-channel","name":"<N>","enforceNoEventsOverlap":true,"clientData":{"b":null,"a":1},"trashed":false,"created":%s,"modified":%[1]s}`,
		c.Created.AppendJSON(nil))
	if made != want {
		t.Errorf("got  %s\nwant %s", made, want)
	}
	if got := w.ok(t, "owner", "channels.getOne", "my-channel", ""); got != made {
		t.Errorf("later %s", got)
	}
}

func TestChannelCreateErrors(t *testing.T) {
	w := openWorld(t)
	cases := []struct{ body, want string }{
		{`{}`, "missing-parameter"},
		{`{"name": "", "enforceNoEventsOverlap": "yes", "clientData": 1, "trashed": null, "id": 1, "extra": 1}`,
			"invalid-parameters-format clientData:type enforceNoEventsOverlap:type extra:unknown id:type name:minLength trashed:type"},
		{`{"name": "work"}`, "item-name-already-exists"},
		{`{"name": "x", "id": "WORK"}`, "item-id-already-exists"},
		{`{"name": "x", "id": "--"}`, "invalid-item-id"},
		{`{"name": "x", "id": "` + strings.Repeat("x", 2000) + `"}`, "invalid-item-id"},
	}
	for _, word := range strings.Fields("null undefined nan true false channels accesses access-info profile admin auth changes export import audit webhooks socket-io docs console service users access") {
		cases = append(cases, struct{ body, want string }{`{"name": "x", "id": "` + word + `"}`, "invalid-item-id"})
	}
	for _, c := range cases {
		if _, err := w.invoke(t, "owner", "channels.create", "", c.body); outcome(err) != c.want {
			t.Errorf("%.60s: got %s, want %s", c.body, outcome(err), c.want)
		}
	}
}

func TestChannelList(t *testing.T) {
	w := openWorld(t)
	for _, name := range []string{"Zoo", "apple", "Work"} {
		w.ok(t, "owner", "channels.create", "", object("name", name))
	}
	w.ok(t, "owner", "channels.update", "diary", `{"trashed": true}`)
	cases := []struct{ who, in, want string }{
		{"owner", "", "apple Work work Zoo"},
		{"owner", "?state=trashed", "diary"},
		{"owner", "?state=all", "apple diary Work work Zoo"},
		{"all-reader", "", "apple Work work Zoo"},
		{"part-reader", "", "work"},
		{"stranger", "", ""},
		{"stranger", "?state=all", "diary"},
	}
	for _, c := range cases {
		if got := names(w.items(t, c.who, "channels.get", "", c.in)); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.who, c.in, got, c.want)
		}
	}
	if got := w.ok(t, "stranger", "channels.get", "", ""); got != "[]" {
		t.Errorf("nothing is %s", got)
	}
}

func TestChannelUpdate(t *testing.T) {
	w := openWorld(t)
	before := w.ok(t, "manager", "channels.update", "work", `{"name": "Work!", "clientData": {"a": 1, "b": 2}, "enforceNoEventsOverlap": true}`)
	after := w.item(t, "owner", "channels.update", "work", strings.Replace(before, `"a":1`, `"a":null`, 1))
	if after["name"] != "Work!" || encode(t, after["clientData"]) != `{"b":2}` || after["enforceNoEventsOverlap"] != true {
		t.Errorf("got %v", after)
	}
	cases := []struct{ body, want string }{
		{before, "item-changed"},
		{`{"id": "diary", "created": 1}`, "invalid-parameters-format created:read-only id:read-only"},
		{`{"id": "work", "timeCount": 5, "children": []}`, "ok"},
		{`{"name": "diary"}`, "item-name-already-exists"},
	}
	for _, c := range cases {
		if _, err := w.invoke(t, "owner", "channels.update", "work", c.body); outcome(err) != c.want {
			t.Errorf("%s: got %s, want %s", c.body, outcome(err), c.want)
		}
	}
}

func TestChannelDelete(t *testing.T) {
	w := openWorld(t)
	id := w.record(t, `{"type": "a/b", "folderId": "c"}`)
	if got := w.ok(t, "owner", "channels.delete", "work", ""); got != "{}" {
		t.Errorf("got %s", got)
	}
	if got := w.item(t, "reader", "channels.getOne", "work", ""); got["trashed"] != true {
		t.Errorf("got %v", got)
	}
	w.ok(t, "owner", "channels.delete", "work", "")
	if _, err := w.invoke(t, "owner", "channels.getOne", "work", ""); outcome(err) != "unknown-channel" {
		t.Errorf("got %s", outcome(err))
	}
	w.ok(t, "owner", "channels.create", "", `{"id": "work", "name": "work"}`)
	if got := w.tree(t, "owner", "?state=all"); got != "" {
		t.Errorf("the new channel has folders %q", got)
	}
	if _, err := w.invoke(t, "owner", "events.getOne", "work/"+id, ""); outcome(err) != "unknown-event" {
		t.Errorf("got %s", outcome(err))
	}
}
