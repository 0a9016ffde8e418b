package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
)

type entry struct {
	Result json.RawMessage
	Error  *struct{ ID string }
}

func batch(t testing.TB, f *fixture, body string) []entry {
	t.Helper()
	got := want(t, f.do(t, request(http.MethodPost, "/", body)), http.StatusOK, "")
	var all []entry
	if err := json.Unmarshal(got, &all); err != nil || all == nil {
		t.Fatalf("%s: %v", got, err)
	}
	return all
}

func TestBatch(t *testing.T) {
	f := newFixture(t)
	all := batch(t, f, `[
		{"method":"channels.create","params":{"id":"work","name":"Work"}},
		{"method":"channels.create","params":{"id":"work","name":"Other"}},
		{"method":"channels.getOne","params":{"id":"work"}},
		{"method":"channels.update","params":{"id":"work","update":{"name":"Renamed"}}},
		{"method":"channels.get"},
		{"method":"channels.del","params":{"id":"work"}},
		{"method":"none.such"},
		{"method":"channels.get","params":{"nonsense":1}},
		{"method":"channels.get","params":[]},
		{"method":"channels.get","params":null},
		{"method":"channels.get","more":1},
		{"method":"channels.get","params":{"state":"all","state":"all"}},
		{"method":1},
		{"params":{}},
		"text", null, [],
		{"method":"batch","params":{}},
		{"method":"channels.get"}
	]`)
	for i, id := range []string{
		"", "item-id-already-exists", "", "", "", "", "unknown-method", "invalid-parameters-format",
		"invalid-request-structure", "invalid-request-structure", "invalid-request-structure", "invalid-request-structure",
		"invalid-request-structure", "invalid-request-structure",
		"invalid-request-structure", "invalid-request-structure", "invalid-request-structure",
		"unknown-method", "",
	} {
		switch {
		case id == "" && (all[i].Error != nil || all[i].Result == nil):
			t.Errorf("%d: %+v", i, all[i].Error)
		case id != "" && (all[i].Error == nil || all[i].Error.ID != id || all[i].Result != nil):
			t.Errorf("%d: %+v %s, want %s", i, all[i].Error, all[i].Result, id)
		}
	}
	if !strings.Contains(string(all[4].Result), "Renamed") || string(all[5].Result) != "{}" || string(all[18].Result) != "[]" {
		t.Errorf("%s %s %s", all[4].Result, all[5].Result, all[18].Result)
	}
	if got := batch(t, f, " [ ] "); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestBatchAsAWhole(t *testing.T) {
	f := newFixture(t)
	many := "[" + strings.TrimSuffix(strings.Repeat(`{"method":"channels.get"},`, 21), ",") + "]"
	for name, one := range map[string]struct {
		target, body, token string
		status              int
		id                  string
	}{
		"object":        {"/", `{}`, aliceToken, 400, "invalid-request-structure"},
		"nothing":       {"/", ``, aliceToken, 400, "invalid-request-structure"},
		"null":          {"/", `null`, aliceToken, 400, "invalid-request-structure"},
		"half":          {"/", `[{"method":"channels.get"},`, aliceToken, 400, "invalid-request-structure"},
		"two":           {"/", `[][]`, aliceToken, 400, "invalid-request-structure"},
		"not utf-8":     {"/", "[{\"method\":\"\xff\"}]", aliceToken, 400, "invalid-request-structure"},
		"too deep":      {"/", strings.Repeat("[", 20_000), aliceToken, 400, "invalid-request-structure"},
		"no token":      {"/", `[]`, "", 401, "missing-access-token"},
		"wrong token":   {"/", `nonsense`, bobbyToken, 401, "invalid-access-token"},
		"too many":      {"/", many, aliceToken, 413, "request-too-large"},
		"service root":  {"/x", `[]`, aliceToken, 404, "unknown-resource"},
		"too many keys": {"/", strings.Repeat(" ", 70_000), aliceToken, 413, "request-too-large"},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, f.do(t, request(http.MethodPost, one.target, one.body, header("Authorization", one.token))), one.status, one.id)
		})
	}
	want(t, f.do(t, request(http.MethodPost, "/", `[]`, host(domain))), http.StatusNotFound, "unknown-resource")
	want(t, f.do(t, request(http.MethodPost, "/alice", `[]`, host(domain))), http.StatusOK, "")
	want(t, f.do(t, request(http.MethodPost, "/", `[]`, header("Content-Type", "text/plain"))), http.StatusBadRequest, "invalid-request-structure")
}

func TestBatchAnswerIsBounded(t *testing.T) {
	f := newFixture(t)
	filler := strings.Repeat("x", 6000)
	body := `[` +
		`{"method":"channels.create","params":{"id":"one","name":"1","clientData":{"x":"` + filler + `"}}},` +
		`{"method":"channels.create","params":{"id":"two","name":"2","clientData":{"x":"` + filler + `"}}},` +
		`{"method":"channels.get"},` +
		`{"method":"channels.create","params":{"id":"three","name":"3"}}]`
	got := want(t, f.do(t, request(http.MethodPost, "/", body)), http.StatusRequestEntityTooLarge, "request-too-large")
	if data(t, got, "limit") != "max_answer" {
		t.Errorf("%s", got)
	}
	want(t, f.do(t, request(http.MethodGet, "/channels/two", "")), http.StatusOK, "")
	want(t, f.do(t, request(http.MethodGet, "/channels/three", "")), http.StatusNotFound, "unknown-channel")
}

func TestBatchStreamsAreGathered(t *testing.T) {
	f := streaming(t)
	f.store.events = events(3, nil)
	all := batch(t, f, `[{"method":"work.events.get"}]`)
	if n := strings.Count(string(all[0].Result), `"id"`); n != 3 {
		t.Errorf("%d events", n)
	}
	f.store.events = events(1_000_000_000, nil)
	got := want(t, f.do(t, request(http.MethodPost, "/", `[{"method":"work.events.get"}]`)), http.StatusRequestEntityTooLarge, "request-too-large")
	if data(t, got, "limit") != "max_answer" {
		t.Errorf("%s", got)
	}
	f.store.events = events(3, errors.New("the disk is on fire"))
	all = batch(t, f, `[{"method":"work.events.get"},{"method":"channels.get"}]`)
	if all[0].Error == nil || all[0].Error.ID != "internal-error" || all[1].Error != nil {
		t.Errorf("%+v", all)
	}
	if log := f.log.String(); strings.Count(log, "the disk is on fire") != 1 {
		t.Errorf("%s", log)
	}
}

func TestBatchSurvivesAPanic(t *testing.T) {
	f := newFixture(t)
	asked := 0
	f.store.lookUp = func(context.Context) error {
		if asked++; asked == 2 {
			panic("what now")
		}
		return nil
	}
	all := batch(t, f, `[{"method":"channels.get"},{"method":"channels.get"}]`)
	if all[0].Error == nil || all[0].Error.ID != "internal-error" || all[1].Error != nil {
		t.Errorf("%+v", all)
	}
	if log := f.log.String(); !strings.Contains(log, "what now") {
		t.Errorf("%s", log)
	}
}

func FuzzBatch(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{"method":"channels.get"}]`, `[{"method":"channels.getOne","params":{"id":"x"}},1]`,
		`[{"method":"channels.get","params":{"state":"all"}}]`, `[{"method":"x","method":"y"}]`, `[`, "\xff", `[[[[`,
	} {
		f.Add(seed)
	}
	fix := newFixture(f)
	f.Fuzz(func(t *testing.T, body string) {
		res := fix.do(t, request(http.MethodPost, "/", body))
		switch res.StatusCode {
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
			return
		case http.StatusOK:
		default:
			t.Fatalf("%q: %d", body, res.StatusCode)
		}
		var given []json.RawMessage
		var answers []map[string]json.RawMessage
		if err := json.Unmarshal([]byte(body), &given); err != nil {
			t.Fatalf("%q was taken: %v", body, err)
		}
		if err := json.NewDecoder(res.Body).Decode(&answers); err != nil || len(answers) != len(given) {
			t.Fatalf("%q: %d answers to %d entries, %v", body, len(answers), len(given), err)
		}
		for _, one := range answers {
			if len(one) != 1 || one["result"] == nil && one["error"] == nil {
				t.Fatalf("%q: %s", body, one)
			}
		}
	})
}
