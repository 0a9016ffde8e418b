package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/servertest"
)

// attack is a request that must be refused.
type attack struct {
	name       string
	verb, path string // below the user's root
	body       string
	header     http.Header
	status     int
	id         string
	says       string // part of the answer; "" for any
}

// TestBadInput sends the real server what nobody should send. Each answer is
// the error that the API's page names, and nothing has changed in the end.
func TestBadInput(t *testing.T) {
	s := servertest.Start(t, servertest.Build(t), filepath.Join(t.TempDir(), "data"), "--registration", "open")
	mallory, alice := register(t, s.URL, "mallory"), register(t, s.URL, "alice")
	root := s.URL + "/alice"
	const event = "01a1fcc8-3fa2-4c65-b2db-a0e6d7715aa0"
	send(t, root, alice, attack{verb: http.MethodPost, path: "/channels", body: `{"id": "c", "name": "C"}`})
	send(t, root, alice, attack{verb: http.MethodPost, path: "/c/folders", body: `{"id": "f", "name": "F"}`})
	send(t, root, alice, attack{verb: http.MethodPost, path: "/c/events", body: `{"id": "` + event + `", "type": "note/txt", "value": "as it was"}`})
	before := state(t, root, alice)

	attacks := append(brokenBodies(), wrongValues(event)...)
	attacks = append(attacks, oddPaths()...)
	attacks = append(attacks, wrongTokens(mallory)...)
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			status, answer := send(t, root, alice, a)
			var refusal struct{ ID, Message string }
			if err := json.Unmarshal([]byte(answer), &refusal); err != nil {
				t.Fatalf("status %d without an error object: %v\n%.300s", status, err, answer)
			}
			if status != a.status || refusal.ID != a.id || refusal.Message == "" {
				t.Errorf("status %d, want %d %s\n%.500s", status, a.status, a.id, answer)
			}
			if !strings.Contains(answer, a.says) {
				t.Errorf("the answer does not say %q:\n%.2000s", a.says, answer)
			}
		})
	}
	if after := state(t, root, alice); after != before {
		t.Errorf("the account has changed from\n%s\nto\n%s", before, after)
	}
}

func brokenBodies() []attack {
	create := func(name, body string, status int, id, says string) attack {
		return attack{name: name, verb: http.MethodPost, path: "/c/events", body: body, status: status, id: id, says: says}
	}
	const structure, format = "invalid-request-structure", "invalid-parameters-format"
	nested := func(levels int) string {
		return `{"type": "note/txt", "value": ` + strings.Repeat("[", levels) + strings.Repeat("]", levels) + `}`
	}
	typed := func(kind string) attack {
		a := create("content type "+kind, `{"type": "note/txt"}`, 400, structure, "send JSON")
		a.header = http.Header{"Content-Type": {kind}}
		return a
	}
	return []attack{
		create("no JSON", "hello", 400, structure, ""),
		create("half of it", `{"type": "note/txt", "value"`, 400, structure, ""),
		create("two values", `{"type": "note/txt"} {}`, 400, structure, ""),
		create("an array", `[{"type": "note/txt"}]`, 400, structure, ""),
		create("null", `null`, 400, structure, ""),
		create("a key twice", `{"type": "note/txt", "value": {"a": 1, "a": 2}}`, 400, structure, "twice"),
		create("a parameter twice", `{"type": "note/txt", "type": "note/txt"}`, 400, structure, "twice"),
		create("an escaped key twice", `{"type": "note/txt", "value": {"a": 1, "\u0061": 2}}`, 400, structure, "twice"),
		create("bad UTF-8", "{\"type\": \"note/txt\", \"value\": \"\xff\xfe\"}", 400, structure, ""),
		create("overlong UTF-8", "{\"type\": \"note/txt\", \"value\": \"\xc0\x80\"}", 400, structure, ""),
		create("a lone surrogate", `{"type": "note/txt", "value": "\ud800"}`, 400, structure, ""),
		create("NaN", `{"type": "note/txt", "value": NaN}`, 400, structure, ""),
		create("65 levels", nested(65), 400, format, "64"),
		create("100,000 levels", nested(100_000), 400, format, ""),
		create("100,000 open levels", `{"type": "note/txt", "value": `+strings.Repeat(`{"a":`, 100_000), 400, format, ""),
		create("too large", `{"type": "note/txt", "value": "`+strings.Repeat("x", 2<<20)+`"}`, 413, "request-too-large", "max_body"),
		typed("text/plain"), typed("application/xml"), typed("application/json; charset=latin1"),
	}
}

func wrongValues(event string) []attack {
	const format = "invalid-parameters-format"
	var all []attack
	for _, f := range []struct{ field, value string }{
		{"time", `"now"`}, {"time", `null`}, {"time", `1e999`}, {"time", `[]`}, {"duration", `-1`}, {"duration", `"1"`},
		{"type", `"note"`}, {"type", `7`}, {"type", `{"class": "a"}`}, {"type", `{"class": "a", "format": "b", "more": 1}`}, {"type", `"a/*"`},
		{"value", `9007199254740993`}, {"value", `1e999`}, {"value", `{"deep": [-9007199254740993]}`},
		{"folderId", `7`}, {"folderId", `""`}, {"tags", `"a"`}, {"tags", `[1]`}, {"tags", `[null]`}, {"tags", `["` + strings.Repeat("x", 201) + `"]`},
		{"description", `7`}, {"clientData", `[]`}, {"clientData", `null`}, {"trashed", `"yes"`}, {"trashed", `1`}, {"timee", `1`}, {"created", `1`},
	} {
		all = append(all, attack{
			name: "create with " + f.field + " " + f.value[:min(len(f.value), 30)], verb: http.MethodPost, path: "/c/events",
			body: fmt.Sprintf(`{"type": "note/txt", %q: %s}`, f.field, f.value), status: 400, id: format, says: `"path":"` + f.field,
		})
	}
	for i := range all { // the type is there once
		if strings.HasPrefix(all[i].name, "create with type") {
			all[i].body = strings.Replace(all[i].body, `"type": "note/txt", `, "", 1)
		}
	}
	for _, q := range []string{
		"fromTime=now", "limit=0", "limit=-1", "limit=many", "limit=1.5", "limit=1&limit=2", "skip=-1", "state=gone", "running=perhaps",
		"types=note", "after=" + event[:35] + "9", "sortAscending=2", "limitt=3", "tags[]=%ff", "includeDeletions=true",
	} {
		all = append(all, attack{name: "list with " + q, verb: http.MethodGet, path: "/c/events?" + q, status: 400, id: format})
	}
	put := func(name, body, id, says string, status int) attack {
		return attack{name: name, verb: http.MethodPut, path: "/c/events/" + event, body: body, status: status, id: id, says: says}
	}
	return append(all,
		attack{name: "all faults at once", verb: http.MethodPost, path: "/c/events", status: 400, id: format,
			body: `{"time": "x", "duration": -1, "tags": 3, "x": 1}`, says: `"path":"type"`},
		attack{name: "nothing given", verb: http.MethodPost, path: "/c/events", body: `{}`, status: 400, id: "missing-parameter", says: "type"},
		attack{name: "an unknown folder", verb: http.MethodPost, path: "/c/events", body: `{"type": "note/txt", "folderId": "nowhere"}`,
			status: 400, id: "unknown-folder", says: "nowhere"},
		attack{name: "an id that is no UUID", verb: http.MethodPost, path: "/c/events", body: `{"type": "note/txt", "id": "one"}`, status: 400, id: "invalid-item-id"},
		attack{name: "an id that is taken", verb: http.MethodPost, path: "/c/events", body: `{"type": "note/txt", "id": "` + event + `"}`, status: 400, id: "item-id-already-exists"},
		put("another created", `{"created": 1}`, format, "read-only", 400),
		put("another id", `{"id": "01a1fcc8-3fa2-4c65-b2db-a0e6d7715aa1"}`, format, "read-only", 400),
		put("another author", `{"createdBy": "me", "modifiedBy": "you"}`, format, "modifiedBy", 400),
		put("unset of what must be", `{"unset": ["type"]}`, format, "unset", 400),
		put("an old modified", `{"modified": 1, "value": 2}`, "item-changed", "", 409),
		attack{name: "a reserved channel", verb: http.MethodPost, path: "/channels", body: `{"id": "Accesses", "name": "x"}`, status: 400, id: "invalid-item-id"},
		attack{name: "a channel of nothing", verb: http.MethodPost, path: "/channels", body: `{"id": "///", "name": "x"}`, status: 400, id: "invalid-item-id"},
		attack{name: "a channel without name", verb: http.MethodPost, path: "/channels", body: `{"id": "x", "name": ""}`, status: 400, id: format},
		attack{name: "a name that is taken", verb: http.MethodPost, path: "/channels", body: `{"name": "C"}`, status: 400, id: "item-name-already-exists"},
		attack{name: "a reserved folder", verb: http.MethodPost, path: "/c/folders", body: `{"id": "running", "name": "x"}`, status: 400, id: "invalid-item-id"},
		attack{name: "a folder below itself", verb: http.MethodPut, path: "/c/folders/f", body: `{"parentId": "f"}`, status: 400, id: "invalid-operation"},
	)
}

func oddPaths() []attack {
	get := func(path string, status int, id string) attack {
		return attack{name: "path " + path, verb: http.MethodGet, path: path, status: status, id: id}
	}
	return []attack{
		get("/c/events/a%2Fb", 404, "unknown-event"), get("/c/events/%2E%2E", 404, "unknown-event"), get("/c/events/%00", 404, "unknown-event"),
		get("/c/events/..%2F..%2Fchannels", 404, "unknown-event"), get("/c/events/%25", 404, "unknown-event"),
		get("/c/folders/%2e", 405, "method-not-allowed"), get("/%2e%2e/events", 404, "unknown-channel"), get("/c%00/events", 404, "unknown-channel"),
		get("/c%2Fevents", 404, "unknown-resource"), get("/nothing/at/all/here", 404, "unknown-resource"), get("/nowhere/events", 404, "unknown-channel"),
		get("/c//events", 404, "unknown-resource"), get("/c/events/%ff", 400, "invalid-request-structure"),
		{name: "another verb", verb: http.MethodPatch, path: "/c/events", status: 405, id: "method-not-allowed"},
		{name: "a channel that is not there", verb: http.MethodDelete, path: "/channels/nowhere", status: 404, id: "unknown-channel"},
		{name: "a folder that is not there", verb: http.MethodDelete, path: "/c/folders/nowhere", status: 404, id: "unknown-folder"},
		{name: "an access that is not there", verb: http.MethodDelete, path: "/accesses/nowhere", status: 404, id: "unknown-access"},
	}
}

func wrongTokens(other string) []attack {
	with := func(name, token string, status int, id string) attack {
		return attack{name: name, verb: http.MethodGet, path: "/channels", header: http.Header{"Authorization": {token}}, status: status, id: id}
	}
	return []attack{
		with("no token", "", 401, "missing-access-token"), with("a made-up token", "cdefghijklmnopqrstuvwx", 401, "invalid-access-token"),
		with("another user's token", other, 401, "invalid-access-token"), with("an unsigned token", "eyJhbGciOiJub25lIn0.e30.", 401, "invalid-access-token"),
		with("a huge token", strings.Repeat("x", 10_000), 401, "invalid-access-token"),
	}
}

// TestFolderChain tries to build a chain of 10,000 folders: it ends at the
// deepest level, and each further try is refused.
func TestFolderChain(t *testing.T) {
	s := servertest.Start(t, servertest.Build(t), filepath.Join(t.TempDir(), "data"), "--registration", "open")
	token, root := register(t, s.URL, "alice"), s.URL+"/alice"
	send(t, root, token, attack{verb: http.MethodPost, path: "/channels", body: `{"id": "c", "name": "C"}`})
	const most, batch = 64, 1000
	parent, refused := "null", 0
	for from := 0; from < 10_000; from += batch {
		var entries []string
		for i := from; i < from+batch; i++ {
			entries = append(entries, fmt.Sprintf(`{"method": "c.folders.create", "params": {"id": "f%d", "name": "F%d", "parentId": %s}}`, i, i, parent))
			parent = fmt.Sprintf(`"f%d"`, min(i, most-1))
		}
		status, answer := send(t, root, token, attack{verb: http.MethodPost, path: "/", body: "[" + strings.Join(entries, ",") + "]"})
		if status != http.StatusOK {
			t.Fatalf("status %d: %.300s", status, answer)
		}
		refused += strings.Count(answer, `"invalid-operation"`)
	}
	if refused != 10_000-most {
		t.Errorf("%d folders were refused, want %d", refused, 10_000-most)
	}
	if _, answer := send(t, root, token, attack{verb: http.MethodGet, path: "/c/folders"}); strings.Count(answer, `"id"`) != most {
		t.Errorf("the tree has %d folders, want %d", strings.Count(answer, `"id"`), most)
	}
}

func register(t *testing.T, service, name string) (token string) {
	t.Helper()
	var made struct{ Token string }
	status, err := post(t, http.MethodPost, service+"/users", "", map[string]any{
		"username": name, "password": "a long password", "email": name + "@example.org"}, &made)
	if err != nil || status != http.StatusCreated {
		t.Fatalf("register %s: status %d, %v", name, status, err)
	}
	return made.Token
}

func send(t *testing.T, root, token string, a attack) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), a.verb, root+a.path, strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", token)
	for name, values := range a.header {
		req.Header[name] = values
	}
	res, err := described(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// state gives all that the account holds.
func state(t *testing.T, root, token string) string {
	t.Helper()
	var all strings.Builder
	for _, path := range []string{"/channels?state=all", "/c/folders?state=all", "/c/events?state=all&limit=1000", "/accesses"} {
		status, answer := send(t, root, token, attack{verb: http.MethodGet, path: path})
		if status != http.StatusOK {
			t.Fatalf("%s: status %d: %s", path, status, answer)
		}
		all.WriteString(answer + "\n")
	}
	return all.String()
}
