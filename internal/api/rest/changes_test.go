package rest_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

func TestChangesAndProfiles(t *testing.T) {
	f := newFixture(t)
	page := func(query string) (cursor string, told int) {
		t.Helper()
		var p struct {
			Changes []any
			Cursor  string
		}
		if err := json.Unmarshal(want(t, f.do(t, request(http.MethodGet, "/changes"+query, "")), http.StatusOK, ""), &p); err != nil {
			t.Fatal(err)
		}
		return p.Cursor, len(p.Changes)
	}
	from, _ := page("")
	want(t, f.do(t, request(http.MethodPost, "/channels", `{"id":"work","name":"Work"}`)), http.StatusCreated, "")
	want(t, f.do(t, request(http.MethodPost, "/work/events", `{"type":"mass/kg","value":68.4}`)), http.StatusCreated, "")
	if cursor, told := page("?include=items&limit=1&since=" + from); told != 1 || cursor == from {
		t.Errorf("%d changes", told)
	} else if _, told = page("?since=" + cursor); told != 1 {
		t.Errorf("then %d changes", told)
	}
	want(t, f.do(t, request(http.MethodGet, "/changes?since=x", "")), http.StatusGone, "cursor-expired")
	want(t, f.do(t, request(http.MethodPost, "/changes", "{}")), http.StatusMethodNotAllowed, "method-not-allowed")

	for target, status := range map[string]int{"/profile/public": http.StatusOK, "/profile/private": http.StatusOK, "/profile/app": http.StatusBadRequest} {
		id := ""
		if status >= http.StatusBadRequest {
			id = "invalid-operation"
		}
		want(t, f.do(t, request(http.MethodPut, target, `{"a":{"b":[1]},"c":null}`)), status, id)
		body := want(t, f.do(t, request(http.MethodGet, target, "")), status, id)
		if status == http.StatusOK && string(body) != `{"a":{"b":[1]}}` {
			t.Errorf("%s: %s", target, body)
		}
	}
	want(t, f.do(t, post("/profile/private", form("_method", "PUT", "color", "green"))), http.StatusOK, "")
	want(t, f.do(t, request(http.MethodGet, "/profile/private", "", header("Authorization", readToken))), http.StatusForbidden, "forbidden")
	want(t, f.do(t, request(http.MethodGet, "/profile", "")), http.StatusNotFound, "unknown-resource")
}
