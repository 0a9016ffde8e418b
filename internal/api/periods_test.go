package api_test

import (
	"strings"
	"testing"
	"time"
)

func TestStart(t *testing.T) {
	w := openWorld(t)
	e := w.item(t, "writer", "events.start", "work", `{"type": "note/txt", "value": "", "folderId": "b", "tags": ["x"]}`)
	if d, there := e["duration"]; !there || d != nil || e["time"] != 1.7e9 || e["folderId"] != "b" || e["createdBy"] != "writer" {
		t.Errorf("got %v", e)
	}
	for _, tt := range []struct{ who, in, want string }{
		{"writer", `{"type": "note/txt", "value": "", "duration": null}`, "ok"},
		{"writer", `{"type": "note/txt", "value": "", "duration": 5}`, "invalid-parameters-format duration:conflict"},
		{"writer", `{"type": "note/txt", "value": 5, "duration": 5, "time": "x"}`, "invalid-parameters-format duration:conflict time:type value:type"},
		{"writer", `{}`, "missing-parameter"},
		{"writer", `{"type": "note/txt", "value": "", "folderId": "none"}`, "unknown-folder"},
		{"writer", `{"type": "note/txt", "value": "", "id": "5"}`, "invalid-item-id"},
		{"reader", `{"type": "note/txt", "value": ""}`, "forbidden"},
		{"part-writer", `{"type": "note/txt", "value": ""}`, "forbidden"},
		{"part-writer", `{"type": "note/txt", "value": "", "folderId": "b"}`, "ok"},
		{"stranger", `{"type": "note/txt", "value": ""}`, "forbidden"},
	} {
		if _, err := w.invoke(t, tt.who, "events.start", "work", tt.in); !strings.HasPrefix(outcome(err), tt.want) || tt.want == "ok" && err != nil {
			t.Errorf("%s: %s: got %s, want %s", tt.who, tt.in, outcome(err), tt.want)
		}
	}
}

// TestStartIsIdempotent: a retry answers as the first time, what it stopped
// included, and is no retry of another method.
func TestStartIsIdempotent(t *testing.T) {
	w := openWorld(t)
	w.ok(t, "owner", "channels.update", "work", `{"enforceNoEventsOverlap": true}`)
	before := w.record(t, `{"type": "note/txt", "value": "", "time": 10, "duration": null}`)
	const in = `{"id": "` + retriedID + `", "type": "note/txt", "value": ""}`
	first := w.ok(t, "owner", "events.start", "work", in)
	if got := w.item(t, "owner", "events.start", "work", in)["stoppedId"]; got != before {
		t.Errorf("the retry stopped %v", got)
	}
	w.advance(time.Hour)
	w.ok(t, "owner", "events.stop", "work", "")
	w.ok(t, "owner", "events.delete", "work/"+before, "")
	w.ok(t, "owner", "events.update", "work/"+retriedID, `{"value": "changed"}`)
	if again := w.ok(t, "owner", "events.start", "work", in); again != first {
		t.Errorf("the retry is\n%s, the first was\n%s", again, first)
	}
	if _, err := w.invoke(t, "owner", "events.create", "work", in); outcome(err) != "item-id-already-exists" {
		t.Errorf("the same to events.create: %s", outcome(err))
	}
}

func TestStop(t *testing.T) {
	k := &track{world: openWorld(t)}
	of := func(name, more string) string { return `stop {"id": "` + eventOf(name) + `"` + more + `}` }
	for _, tt := range []struct {
		ruled           bool
		given, do, want string
		state           string
	}{
		{true, "a 10-", `stop {"time": 15}`, "ok stops a", "a 10-15"},
		{true, "a 10-", `stop {"time": 10}`, "ok stops a", "a 10-10"},
		{true, "a 10-", `stop`, "ok stops a", "a 10-1.7e+09"},
		{true, "a 10-", `stop {"time": 9}`, "invalid-operation", ""},
		{true, "a 1.8e9-", `stop`, "invalid-operation", ""},
		{true, "a 10-20", `stop`, "ok", ""},
		{true, "~a 10-", `stop`, "ok", ""},
		{true, "~a 10-", of("a", ""), "invalid-operation", ""},
		{true, "a 0-5, b 10-", of("b", `, "time": 15`), "ok stops b", "a 0-5, b 10-15"},
		{true, "a 0-5, b 10-", of("a", `, "time": 15`), "invalid-operation", ""},
		{true, "m 5", of("m", ``), "invalid-operation", ""},
		{true, "b 10-", of("a", ``), "unknown-event", ""},
		{true, "b 10-", `stop {"id": ""}`, "unknown-event", ""},
		{true, "b 10-", `stop {"id": null}`, "invalid-parameters-format id:type", ""},
		{true, "b 10-", `stop {"time": null, "event": 1}`, "invalid-parameters-format event:unknown time:type", ""},
		{false, "a 10-, b 20-", of("a", `, "time": 30`), "ok stops a", "a 10-30, b 20-"},
		{false, "a 10-", `stop`, "missing-parameter missing id", ""},
		{false, "", `stop`, "missing-parameter missing id", ""},
	} {
		k.check(t, tt.ruled, tt.given, tt.do, tt.want, tt.state)
	}
	k.next(t, true, "")
	if got := k.ok(t, "owner", "events.stop", k.channel, ""); got != `{"stoppedId":null}` {
		t.Errorf("nothing ran, and the answer is %s", got)
	}
	if _, err := k.invoke(t, "reader", "events.stop", "work", ""); outcome(err) != "forbidden" {
		t.Errorf("a reader: %s", outcome(err))
	}
	if _, err := k.invoke(t, "owner", "events.stop", "none", ""); outcome(err) != "unknown-channel" {
		t.Errorf("no channel: %s", outcome(err))
	}
}

func TestStopIfMatch(t *testing.T) {
	k := &track{world: openWorld(t)}
	k.next(t, true, "a 10-")
	if _, err := k.invoke(t, "owner", "events.stop", k.channel, "", `"1"`); outcome(err) != "item-changed" {
		t.Errorf("got %s", outcome(err))
	}
}

func TestGetRunning(t *testing.T) {
	k := &track{world: openWorld(t)}
	k.next(t, false, "a 10-, b@x 30-, c@y 20-, d 10-20, m 5, ~e 10-, f 1.8e9-")
	permissions := `[{"channelId":"` + k.channel + `","level":"read","folderPermissions":[{"folderId":"x","level":"contribute"}]}]`
	k.tokens["part"] = k.give(t, k.tokens["owner"], access("shared", k.channel, permissions))["token"].(string)
	k.ok(t, "owner", "folders.delete", k.channel+"/y", "")
	for who, want := range map[string]string{"owner": "f b c a", "part": "b"} {
		var names []string
		for _, e := range k.items(t, who, "events.getRunning", k.channel, "") {
			names = append(names, nameOf(e["id"].(string)))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s sees %s, want %s", who, got, want)
		}
	}
	for who, want := range map[string]string{"stranger": "forbidden", "reader": "forbidden", "owner": "unknown-channel"} {
		if _, err := k.invoke(t, who, "events.getRunning", "none", ""); outcome(err) != want {
			t.Errorf("%s: got %s, want %s", who, outcome(err), want)
		}
	}
}
