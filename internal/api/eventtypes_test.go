package api_test

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestValuesOfKnownTypes(t *testing.T) {
	w := openWorld(t)
	for in, want := range map[string]string{
		`{"type": "mass/kg", "value": 68.4}`:   "ok",
		`{"type": "mass/kg", "value": "68.4"}`: "invalid-parameters-format value:type",
		`{"type": "mass/kg", "value": null}`:   "invalid-parameters-format value:type",
		`{"type": "mass/kg"}`:                  "invalid-parameters-format value:required",
		`{"type": "own/kg"}`:                   "ok",
		`{"type": "mass/own", "value": "x"}`:   "ok",
		`{"type": "activity/plain"}`:           "ok",
		`{"type": "picture/attached"}`:         "ok",
		`{"type": {"class": "position", "format": "wgs84"}, "value": {"latitude": 91, "own": 1}}`: "invalid-parameters-format value.latitude:maximum value.longitude:required",
		`{"type": "mass/kg", "value": "x", "tmie": 5, "tags": "y"}`:                               "invalid-parameters-format tags:type tmie:unknown value:type",
		`{"type": "mass", "value": "x"}`:                                                          "invalid-parameters-format type:pattern",
		`{"type": "mass/kg", "value": 1e999}`:                                                     "invalid-parameters-format value:range",
		`{"type": "mass/kg", "value": 1e-999999999}`:                                              "ok",
	} {
		if _, err := w.invoke(t, "owner", "events.create", "work", in); outcome(err) != want {
			t.Errorf("%s: %s, want %s", in, outcome(err), want)
		}
	}
	if _, err := w.invoke(t, "owner", "events.create", "work", "?type=count/generic&value=5"); err != nil {
		t.Errorf("of a query: %v", err)
	}
}

func TestValuesOfKnownTypesInUpdates(t *testing.T) {
	w := openWorld(t)
	weight, own := w.record(t, `{"type": "mass/kg", "value": 68.4}`), w.record(t, `{"type": "own/kg", "value": "a lot"}`)
	for _, c := range []struct{ id, in, want string }{
		{weight, `{"value": "68"}`, "invalid-parameters-format value:type"},
		{weight, `{"unset": ["value"]}`, "invalid-parameters-format value:required"},
		{weight, `{"type": "note/txt"}`, "invalid-parameters-format value:type"},
		{weight, `{"type": "note/txt", "value": "heavy"}`, "ok"},
		{weight, `{"unset": ["value"]}`, "ok"},
		{weight, `{"type": "mass/kg"}`, "invalid-parameters-format value:required"},
		{weight, `{"type": "mass/kg", "value": 1}`, "ok"},
		{own, `{"type": "mass/kg"}`, "invalid-parameters-format value:type"},
		{own, `{"value": ["even", "more"]}`, "ok"},
		{own, `{"tags": ["x"]}`, "ok"},
	} {
		if _, err := w.invoke(t, "owner", "events.update", "work/"+c.id, c.in); outcome(err) != c.want {
			t.Errorf("%s: %s, want %s", c.in, outcome(err), c.want)
		}
	}
	if e := w.item(t, "owner", "events.getOne", "work/"+weight, ""); e["value"] != 1.0 {
		t.Errorf("a refused update changed %v", e)
	}
}

func TestServiceInfo(t *testing.T) {
	a := openAccounts(t)
	a.addUser(t, "alice")
	for _, user := range []request{{}, {user: "alice"}} {
		got, err := a.call(t, "service.info", user)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		want := `{"api":"http://{username}.localhost:3000/","apiVersion":"1.0.0","docs":"http://localhost:3000/docs",` +
			`"eventTypes":"http://localhost:3000/service/event-types",` +
			`"limits":{"maxAnswer":8388608,"maxBatch":1000,"maxBody":1048576,"maxDepth":64},"name":"activityd",` +
			`"register":"http://localhost:3000/users","registration":"open"}`
		if string(text) != want {
			t.Errorf("got  %s\nwant %s", text, want)
		}
	}
	for _, method := range []string{"service.info", "service.eventTypes"} {
		if _, err := a.call(t, method, request{user: "nobody"}); outcome(err) != "unknown-user" {
			t.Errorf("%s of nobody: %v", method, err)
		}
	}
}

func TestEventTypes(t *testing.T) {
	w := openWorld(t)
	answer := w.ok(t, "owner", "service.eventTypes", "", "")
	var got struct {
		Types map[string]struct{ Type any }
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Types) < 300 || got.Types["mass/kg"].Type != "number" || !strings.HasPrefix(answer, `{"types":{"absorbed-dose/gy":{`) {
		t.Errorf("%d types, mass/kg %v: %.100s", len(got.Types), got.Types["mass/kg"], answer)
	}
}
