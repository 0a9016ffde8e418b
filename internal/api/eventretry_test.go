package api_test

import (
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/api"
)

func (w *world) asOwner() *api.Call {
	return &api.Call{Username: "alice", Token: w.tokens["owner"], Remote: home}
}

const (
	retriedID = "0198c5a2-7c1e-7d3a-9f00-0123456789ab"
	retried   = `{"id": "` + retriedID + `", "type": "a/b", "value": {"x": 1, "y": [2.50]}, "folderId": "c", "tags": [" t "], "clientData": {"k": "é"}}`
)

func TestEventCreateIsIdempotent(t *testing.T) {
	w := openWorld(t)
	own := w.give(t, w.tokens["owner"], access("shared", "first name", worldAccesses["writer"]))
	w.tokens["writer"] = own["token"].(string)
	first := w.item(t, "writer", "events.create", "work", retried)
	if first["id"] != retriedID {
		t.Fatalf("the id is %v", first["id"])
	}
	equal := map[string]string{
		"the same":                     retried,
		"as JSON":                      `{"clientData":{"k":"\u00e9"},"value":{"y":[25e-1],"x":1.0},"tags":[" t "],"folderId":"c","type":"a/b","id":"` + retriedID + `"}`,
		"with the channel of the path": strings.Replace(retried, "{", `{"channelId": "work", `, 1),
	}
	again := func(when string) {
		t.Helper()
		for name, body := range equal {
			if got := w.item(t, "writer", "events.create", "work", body); !reflect.DeepEqual(got, first) {
				t.Errorf("%s, %s: got %v, want %v", when, name, got, first)
			}
		}
	}
	again("at once")
	w.advance(time.Hour)
	again("an hour later")
	w.ok(t, "owner", "accesses.update", own["id"].(string), `{"name": "second name"}`)
	again("with another name")
	w.ok(t, "owner", "events.update", "work/"+retriedID, `{"time": 5, "value": null, "folderId": "d", "tags": []}`)
	again("after a change")
	w.ok(t, "owner", "events.delete", "work/"+retriedID, "")
	again("in the trash")
	w.ok(t, "owner", "folders.delete", "work/a", "")
	again("with a trashed folder")
	w.ok(t, "owner", "folders.delete", "work/a", "?mergeEventsWithParent=false")
	again("without its folder")
	w.ok(t, "owner", "channels.update", "work", `{"trashed": true}`)
	again("in a trashed channel")
	if got := w.items(t, "owner", "events.get", "work", "?state=all&fromTime=0"); len(got) != 1 {
		t.Errorf("there are %d events", len(got))
	}
}

func TestEventIDIsTaken(t *testing.T) {
	w := openWorld(t)
	w.ok(t, "writer", "events.create", "work", retried)
	own := w.record(t, `{"type": "a/b"}`)
	cases := map[string]struct{ who, body string }{
		"another access":       {"manager", retried},
		"another value":        {"writer", strings.Replace(retried, "2.50", "2.51", 1)},
		"another type's form":  {"writer", strings.Replace(retried, `"a/b"`, `{"class": "a", "format": "b"}`, 1)},
		"a further parameter":  {"writer", strings.Replace(retried, "{", `{"time": 1700000000, `, 1)},
		"one parameter less":   {"writer", strings.Replace(retried, `, "folderId": "c"`, "", 1)},
		"capital letters":      {"writer", strings.Replace(retried, retriedID, strings.ToUpper(retriedID), 1)},
		"an id that we made":   {"owner", `{"type": "a/b", "id": "` + own + `"}`},
		"one made by a client": {"owner", `{"type": "a/b", "id": "` + retriedID + `"}`},
	}
	for name, c := range cases {
		if _, err := w.invoke(t, c.who, "events.create", "work", c.body); outcome(err) != "item-id-already-exists" {
			t.Errorf("%s: got %s", name, outcome(err))
		}
	}
	w.ok(t, "writer", "events.delete", "work/"+retriedID, "")
	w.ok(t, "writer", "events.delete", "work/"+retriedID, "")
	if _, err := w.invoke(t, "writer", "events.create", "work", retried); outcome(err) != "item-id-already-exists" {
		t.Errorf("a deleted event: got %s", outcome(err))
	}
	w.ok(t, "owner", "events.create", "diary", `{"type": "a/b", "id": "`+retriedID+`"}`)
}

func TestEventRetriesAtTheSameTimeMakeOne(t *testing.T) {
	inEachWorld(t, testEventRetriesAtTheSameTimeMakeOne)
}

func testEventRetriesAtTheSameTimeMakeOne(t *testing.T, w *world) {
	answers := make([]string, 16)
	errs := make([]error, len(answers))
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i], errs[i] = w.invoke(t, "writer", "events.create", "work", retried) })
	}
	all.Wait()
	for i := range answers {
		if errs[i] != nil || answers[i] != answers[0] {
			t.Errorf("got %s, %v, the first got %s", answers[i], errs[i], answers[0])
		}
	}
	if got := w.items(t, "owner", "events.get", "work", "?fromTime=0"); len(got) != 1 {
		t.Errorf("there are %d events", len(got))
	}
}

func TestEventIDBecomesSmall(t *testing.T) {
	w := openWorld(t)
	if id := w.record(t, `{"type": "a/b", "id": "`+strings.ToUpper(retriedID)+`"}`); id != retriedID {
		t.Errorf("got %s", id)
	}
}

func TestRetryNeedsTheRightToWrite(t *testing.T) {
	w := openWorld(t)
	w.ok(t, "writer", "events.create", "work", retried)
	for _, who := range []string{"reader", "part-reader", "stranger"} {
		if _, err := w.invoke(t, who, "events.create", "work", retried); outcome(err) != "forbidden" {
			t.Errorf("%s: got %s", who, outcome(err))
		}
	}
}
