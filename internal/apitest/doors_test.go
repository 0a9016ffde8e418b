package apitest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/apitest/rawsocket"
)

// door is a user whose requests all come one way.
type door struct {
	*account
	kind    string
	methods map[string]*api.Method
	ids     map[string]string // of accesses, by name; the last one that had it
	tokens  map[string]string // likewise; "" is the owner's

	address string                       // where sockets connect
	sockets map[string]*rawsocket.Client // by token
	form    int                          // of the socket that was opened last
}

func (h *house) openDoor(t testing.TB, kind string) *door {
	t.Helper()
	d := &door{account: h.openAccount(t, "alice-"+kind), kind: kind, methods: map[string]*api.Method{}, ids: map[string]string{}, sockets: map[string]*rawsocket.Client{}}
	d.tokens = map[string]string{"": d.token}
	for _, m := range h.service.Methods() {
		d.methods[m.ID] = m
	}
	return d
}

// send sends the steps of one access, the batch's door at once.
func (d *door) send(t testing.TB, who string, steps []step) []reply {
	t.Helper()
	replies := make([]reply, len(steps))
	var entries []string
	var commands []command
	for i, s := range steps {
		g := s.params
		if s.target != "" {
			id, ok := d.ids[s.target]
			if !ok {
				id = "nobody"
			}
			g = g.with("id", quote(id))
		}
		m, own := d.methods[s.method], *d.account
		own.token = d.tokens[who]
		switch d.kind {
		case "rest":
			replies[i] = d.do(t, byREST(m, d.name, own.token, g))
		case "form":
			replies[i] = d.do(t, byForm(byREST(m, d.name, own.token, g)))
		case "command", "event":
			commands = append(commands, commandFor(m, g, i%2 == 1))
		default:
			entries = append(entries, entry(m, g))
			if i == len(steps)-1 {
				replies = own.inBatch(t, entries...)
			}
		}
	}
	if commands != nil {
		replies = d.bySockets(t, who, commands)
	}
	for i, s := range steps {
		d.learn(t, s, replies[i])
	}
	return replies
}

// learn keeps what only the answer tells: the id and token of a new access.
func (d *door) learn(t testing.TB, s step, answer reply) {
	t.Helper()
	if s.method != "accesses.create" || answer.status >= http.StatusBadRequest {
		return
	}
	var made struct{ ID, Token, Name string }
	if err := json.Unmarshal([]byte(answer.body), &made); err != nil || made.Token == "" {
		t.Fatalf("%s: %v", answer, err)
	}
	d.ids[made.Name], d.tokens[made.Name] = made.ID, made.Token
}

// byForm makes the request that a browser would send in place of another.
func byForm(r request) request {
	path, query, _ := strings.Cut(r.path, "?")
	form, err := url.ParseQuery(query)
	if err != nil {
		panic(err) // byREST wrote it
	}
	form.Set("_method", r.verb)
	form.Set("_auth", r.token)
	if r.body != "" {
		form.Set("_json", r.body)
	}
	return request{verb: http.MethodPost, user: r.user, path: path, body: form.Encode(), kind: formKind}
}

// comparable gives an answer without what differs by its time, and without the
// ids and tokens that accesses get.
func comparable(t testing.TB, answer reply) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(answer.body), &v); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	v = timeless(v)
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func timeless(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = timeless(v[i])
		}
	case map[string]any:
		if _, access := v["permissions"]; access {
			delete(v, "id")
		}
		for _, name := range []string{"created", "modified", "lastUsed", "token", "expires"} {
			delete(v, name)
		}
		for name := range v {
			v[name] = timeless(v[name])
		}
	}
	return v
}
