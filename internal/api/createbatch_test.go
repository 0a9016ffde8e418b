package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/api"
)

func TestCreateBatch(t *testing.T) { inEachWorld(t, testCreateBatch) }

func testCreateBatch(t *testing.T, w *world) {
	w.ok(t, "owner", "channels.update", "work", `{"enforceNoEventsOverlap": true}`)
	before := w.record(t, `{"type": "note/txt", "value": "", "time": 5, "duration": null}`)
	got := w.ok(t, "owner", "events.createBatch", "work", `[
		{"tempRefId": "a", "type": "note/txt", "value": "", "time": 10, "duration": null, "id": "`+eventOf("a")+`"},
		{"tempRefId": "b", "type": "note/txt", "value": "", "time": 20, "duration": 5, "id": "`+eventOf("b")+`", "folderId": "c"},
		{"tempRefId": "overlaps", "type": "note/txt", "value": "", "time": 22, "duration": 5},
		{"tempRefId": "wrong", "type": 5, "tme": 3},
		{"tempRefId": "no folder", "type": "note/txt", "value": "", "folderId": "none"},
		{"tempRefId": "taken", "type": "note/txt", "value": "", "id": "`+eventOf("a")+`"},
		{"tempRefId": "no id", "type": "note/txt", "value": "", "id": "1"},
		{"tempRefId": "typeless"},
		{"tempRefId": "<\u0000>", "type": "note/txt", "value": "", "time": 30, "id": "`+eventOf("c")+`"}]`)
	faults := `{"error":{"id":"invalid-parameters-format","message":`
	for _, want := range []string{
		`{"a":{"id":"` + eventOf("a") + `","stoppedId":"` + before + `"},"b":{"id":"` + eventOf("b") + `","stoppedId":"` + eventOf("a") + `"},"overlaps":{"error":{"id":"periods-overlap",`,
		`"data":{"overlappedIds":["` + eventOf("b") + `"]}}},"wrong":` + faults, `"path":"type",`, `"path":"tme",`,
		`"no folder":{"error":{"id":"unknown-folder",`, `"taken":{"error":{"id":"item-id-already-exists",`, `"no id":{"error":{"id":"invalid-item-id",`,
		`"typeless":{"error":{"id":"missing-parameter",`, `,"<\u0000>":{"id":"` + eventOf("c") + `"}}`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("in the answer\n%s\nthere is no\n%s", got, want)
		}
	}
	if n := len(w.items(t, "owner", "events.get", "work", "?limit=1000&fromTime=0")); n != 4 {
		t.Errorf("there are %d events", n)
	}
	if got := w.ok(t, "owner", "events.createBatch", "work", ` [ ] `); got != `{}` {
		t.Errorf("an empty one: %s", got)
	}
}

func TestCreateBatchErrorsOfTheWhole(t *testing.T) {
	w := openWorld(t)
	many := "[" + strings.TrimSuffix(strings.Repeat(`{"tempRefId": "x"},`, 1001), ",") + "]"
	for i := range 1001 {
		many = strings.Replace(many, `"x"`, fmt.Sprintf(`"r%d"`, i), 1)
	}
	const good = `{"tempRefId": "a", "type": "note/txt", "value": ""}`
	for _, tt := range []struct{ who, in, want string }{
		{"owner", ``, "invalid-request-structure"},
		{"owner", good, "invalid-request-structure"},
		{"owner", `"x"`, "invalid-request-structure"},
		{"owner", `[` + good, "invalid-request-structure"},
		{"owner", `[` + good + `, {"tempRefId": "b", "type": "a/b", "type": "a/b"}]`, "invalid-request-structure"},
		{"owner", `[` + good + `, 5, [], {}, {"tempRefId": 5}, {"tempRefId": null}, {"tempRefId": ""}, ` + good + `]`,
			"invalid-parameters-format [1]:type [2]:type [3].tempRefId:required [4].tempRefId:type [5].tempRefId:type [6].tempRefId:minLength [7].tempRefId:twice"},
		{"owner", many, "request-too-large"},
		{"reader", `[` + good + `]`, "forbidden"},
		{"part-reader", `[` + good + `]`, "forbidden"},
	} {
		if _, err := w.invoke(t, tt.who, "events.createBatch", "work", tt.in); outcome(err) != tt.want {
			t.Errorf("%s: %.90s: got %s, want %s", tt.who, tt.in, outcome(err), tt.want)
		}
	}
	if got := w.items(t, "owner", "events.get", "work", "?state=all"); len(got) > 0 {
		t.Errorf("there are %v", got)
	}
	if _, err := w.invoke(t, "owner", "events.createBatch", "none", `[`+good+`]`); outcome(err) != "unknown-channel" {
		t.Errorf("a channel that is not there: %s", outcome(err))
	}
	if got := w.ok(t, "part-writer", "events.createBatch", "work", `[`+good+`]`); !strings.Contains(got, `{"a":{"error":{"id":"forbidden"`) {
		t.Errorf("part-writer: %s", got)
	}
}

// TestCreateBatchIsIdempotent: what was created in a batch may be sent again,
// under another tempRefId or by events.create.
func TestCreateBatchIsIdempotent(t *testing.T) { inEachWorld(t, testCreateBatchIsIdempotent) }

func testCreateBatchIsIdempotent(t *testing.T, w *world) {
	w.ok(t, "owner", "channels.update", "work", `{"enforceNoEventsOverlap": true}`)
	before := w.record(t, `{"type": "note/txt", "value": "", "time": 5, "duration": null}`)
	of := func(ref string) string {
		return `[{"tempRefId": "` + ref + `", "id": "` + retriedID + `", "type": "note/txt", "value": "", "time": 10, "duration": null}]`
	}
	for _, ref := range []string{"a", "a", "b"} {
		if got, want := w.ok(t, "owner", "events.createBatch", "work", of(ref)), `{"`+ref+`":{"id":"`+retriedID+`","stoppedId":"`+before+`"}}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	one := `{"time": 10.0, "id": "` + retriedID + `", "type": "note/txt", "value": "", "duration": null}`
	if got := w.item(t, "owner", "events.create", "work", one); got["stoppedId"] != before {
		t.Errorf("got %v", got)
	}
	if n := len(w.items(t, "owner", "events.get", "work", "?limit=1000&fromTime=0")); n != 2 {
		t.Errorf("there are %d events", n)
	}
}

// TestCreateBatchByCommand: params are an array here, and only here.
func TestCreateBatchByCommand(t *testing.T) {
	w := openWorld(t)
	call := func() *api.Call { return &api.Call{Username: "alice", Token: w.tokens["owner"], Remote: home} }
	const in = `[{"tempRefId": "a", "type": "note/txt", "value": ""}]`
	answer, err := w.service.Command(t.Context(), call(), "work.events.createBatch", []byte(in))
	if err != nil || !strings.HasPrefix(string(answer), `{"a":{"id":"`) {
		t.Errorf("%s, %v", answer, err)
	}
	for command, in := range map[string]string{"work.events.createBatch": `{}`, "work.events.create": in, "channels.get": `[]`} {
		if _, err := w.service.Command(t.Context(), call(), command, []byte(in)); outcome(err) != "invalid-request-structure" {
			t.Errorf("%s %s: %s", command, in, outcome(err))
		}
	}
	failed := func(method string, err error) { t.Errorf("%s: %v", method, err) }
	answer, err = w.service.Batch(t.Context(), call(), []byte(`[{"method": "work.events.createBatch", "params": `+in+`}]`), failed)
	if err != nil || !strings.HasPrefix(string(answer), `[{"result":{"a":{"id":"`) {
		t.Errorf("%s, %v", answer, err)
	}
}
