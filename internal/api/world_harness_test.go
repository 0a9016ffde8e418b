package api_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/apitest/stores"
)

// world is a service with alice's channels diary and work, and accesses that
// see work in every way. The folders of work are a, b below it, c below that,
// and d.
type world struct {
	*accounts
	tokens map[string]string // by the access's name; "owner" is alice's session
}

// worldAccesses is the permissions of the accesses by name.
var worldAccesses = map[string]string{
	"reader":       `[{"channelId":"work","level":"read"}]`,
	"writer":       `[{"channelId":"work","level":"contribute"}]`,
	"manager":      `[{"channelId":"work","level":"manage"}]`,
	"all-reader":   `[{"channelId":"*","level":"read"}]`,
	"all-writer":   `[{"channelId":"*","level":"contribute"}]`,
	"part-reader":  `[{"channelId":"work","level":"manage","folderPermissions":[{"folderId":"b","level":"read"}]}]`,
	"part-writer":  `[{"channelId":"work","level":"read","folderPermissions":[{"folderId":"b","level":"contribute"},{"folderId":"d","level":"read"}]}]`,
	"part-manager": `[{"channelId":"work","level":"read","folderPermissions":[{"folderId":"b","level":"manage"},{"folderId":"d","level":"contribute"}]}]`,
	"two-manager":  `[{"channelId":"work","level":"read","folderPermissions":[{"folderId":"b","level":"manage"},{"folderId":"d","level":"manage"}]}]`,
	"loose":        `[{"channelId":"work","level":"read","folderPermissions":[{"folderId":null,"level":"manage"}]}]`,
	"stranger":     `[{"channelId":"diary","level":"manage"}]`,
}

func openWorld(t *testing.T) *world {
	t.Helper()
	return openWorldOn(t, stores.SQLite)
}

// inEachWorld runs a test for which the store matters on each kind.
func inEachWorld(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	stores.Each(t, func(t *testing.T, kind stores.Kind) { test(t, openWorldOn(t, kind)) })
}

func openWorldOn(t *testing.T, kind stores.Kind) *world {
	t.Helper()
	a := openAccountsOn(t, kind)
	a.addUser(t, "alice")
	w := &world{accounts: a, tokens: map[string]string{"owner": a.login(t, "alice")}}
	for _, id := range []string{"diary", "work"} {
		w.ok(t, "owner", "channels.create", "", object("id", id, "name", id))
	}
	for _, f := range []string{
		`{"id": "a", "name": "A"}`, `{"id": "b", "name": "B", "parentId": "a"}`,
		`{"id": "c", "name": "C", "parentId": "b"}`, `{"id": "d", "name": "D", "parentId": null}`,
	} {
		w.ok(t, "owner", "folders.create", "work", f)
	}
	for name, permissions := range worldAccesses {
		w.tokens[name] = a.give(t, w.tokens["owner"], access("shared", name, permissions))["token"].(string)
	}
	return w
}

// invoke calls a method as one of the accesses. place is the path's ids, such
// as "work" or "work/a"; in is a JSON object, or a query that begins with "?".
// ifMatch may give the header.
func (w *world) invoke(t *testing.T, who, method, place, in string, ifMatch ...string) (string, error) {
	t.Helper()
	m := w.method(t, method)
	token, known := w.tokens[who]
	if !known {
		t.Fatalf("there is no access %q", who)
	}
	ids, path := strings.Split(place, "/"), map[string]string{}
	if strings.Contains(m.Path, "{channelId}") {
		path["channelId"], ids = ids[0], ids[1:]
	}
	if strings.Contains(m.Path, "{id}") {
		path["id"] = ids[0]
	}
	given := params.Input{Path: path}
	if query, isQuery := strings.CutPrefix(in, "?"); isQuery {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		given.Query = values
	} else {
		given.Body = []byte(in)
	}
	c := &api.Call{Username: "alice", Token: token, Remote: home, IfMatch: strings.Join(ifMatch, ",")}
	result, err := w.service.Invoke(t.Context(), m, c, given)
	if err != nil {
		return "", err
	}
	return text(t, result)
}

// text gives a result as adapters write it.
func text(t *testing.T, result any) (string, error) {
	t.Helper()
	stream, ok := result.(api.Stream)
	if !ok {
		b, err := api.AppendResult(nil, result)
		return string(b), err
	}
	b := []byte{'['}
	for element, err := range stream {
		if err != nil {
			return "", err
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = element.AppendJSON(b)
	}
	return string(append(b, ']')), nil
}

// ok calls a method that succeeds, and gives its answer.
func (w *world) ok(t *testing.T, who, method, place, in string) string {
	t.Helper()
	answer, err := w.invoke(t, who, method, place, in)
	if err != nil {
		t.Fatalf("%s: %s %s %s: %v, data %s", who, method, place, in, err, data(err))
	}
	return answer
}

// item calls a method that succeeds with an object.
func (w *world) item(t *testing.T, who, method, place, in string) map[string]any {
	t.Helper()
	return decode[map[string]any](t, w.ok(t, who, method, place, in))
}

// items calls a method that succeeds with an array of objects.
func (w *world) items(t *testing.T, who, method, place, in string) []map[string]any {
	t.Helper()
	return decode[[]map[string]any](t, w.ok(t, who, method, place, in))
}

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// outcome puts an error into a word: its code, "/path" behind it when it is
// about the path, and its faults or data, such as "unknown-folder/path".
func outcome(err error) string {
	var e *activity.Error
	switch {
	case err == nil:
		return "ok"
	case !errors.As(err, &e):
		return err.Error()
	}
	word := string(e.Code)
	if api.InPath(err) {
		word += "/path"
	}
	if found, ok := e.Data.([]activity.Fault); ok {
		var all []string
		for _, f := range found {
			all = append(all, f.Path+":"+f.Code)
		}
		slices.Sort(all)
		word += " " + strings.Join(all, " ")
	}
	return word
}

// record creates an event as the owner and gives its id.
func (w *world) record(t *testing.T, body string) string {
	t.Helper()
	return w.item(t, "owner", "events.create", "work", body)["id"].(string)
}

// shape writes a tree of folders as "a(b(c)) d".
func shape(tree []any) string {
	var all []string
	for _, v := range tree {
		f := v.(map[string]any)
		word := f["id"].(string)
		if below := shape(f["children"].([]any)); below != "" {
			word += "(" + below + ")"
		}
		all = append(all, word)
	}
	return strings.Join(all, " ")
}

// tree calls folders.get and gives the answer's shape.
func (w *world) tree(t *testing.T, who, in string) string {
	t.Helper()
	return shape(decode[[]any](t, w.ok(t, who, "folders.get", "work", in)))
}
