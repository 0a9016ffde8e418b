package apitest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// state gives all that the account holds, as its owner reads it; when accesses
// were used is none of it.
func (a *account) state(t testing.TB) string {
	t.Helper()
	var all strings.Builder
	var channels []struct{ ID string }
	a.must(t, request{verb: http.MethodGet, user: a.name, path: "/channels?state=all", token: a.token}, &channels)
	paths := []string{"/channels?state=all", "/accesses", "/admin/sessions", "/admin/user-info"}
	for _, c := range channels {
		paths = append(paths, "/"+c.ID+"/folders?state=all&includeHidden=true", "/"+c.ID+"/events?state=all&modifiedSince=-1e300&includeDeletions=true")
	}
	for _, path := range paths {
		answer := a.do(t, request{verb: http.MethodGet, user: a.name, path: path, token: a.token})
		if answer.status != http.StatusOK {
			t.Fatalf("%s: %s", path, answer)
		}
		all.WriteString(path + " " + withoutUse(t, answer.body) + "\n")
	}
	return all.String()
}

func withoutUse(t testing.TB, body string) string {
	t.Helper()
	var items []map[string]any
	if json.Unmarshal([]byte(body), &items) != nil {
		return body
	}
	for _, item := range items {
		delete(item, "lastUsed")
	}
	b, err := json.Marshal(items)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
