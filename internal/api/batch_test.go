package api_test

import (
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/api"
)

func TestCommand(t *testing.T) {
	w := openWorld(t)
	run := func(user, id, in string) string {
		c := &api.Call{Username: "alice", Token: w.tokens["owner"], Remote: home}
		if user == "" {
			c.Username = ""
		}
		got, err := w.service.Command(t.Context(), c, id, []byte(in))
		if err != nil {
			return outcome(err)
		}
		return string(got)
	}
	for _, one := range []struct{ user, id, in, begins string }{
		{"alice", "channels.getOne", `{"id":"work"}`, `{"id":"work"`},
		{"alice", "channels.update", `{"id":"work","update":{"name":"Renamed"}}`, `{"id":"work","name":"Renamed"`},
		{"alice", "channels.update", `{"id":"work","name":"Again"}`, `{"id":"work","name":"Again"`},
		{"alice", "channels.getOne", `{"id":"none"}`, "unknown-channel"},
		{"alice", "work.events.get", ``, `[]`},
		{"alice", "work.events.get", " \n", `[]`},
		{"alice", "work.events.get", `{}`, `[]`},
		{"alice", "work.folders.update", `{"id":"a","update":{"name":"New"}}`, `{"id":"a"`},
		{"alice", "channels.create", `{"update":{"name":"x"}}`, "invalid-parameters-format"},
		{"alice", "work.events.get", `[]`, "invalid-request-structure"},
		{"alice", "work.events.get", `null`, "invalid-request-structure"},
		{"alice", "work.events.get", `"{}"`, "invalid-request-structure"},
		{"alice", "work.events.get", `{`, "invalid-request-structure"},
		{"alice", "events.get", `{}`, "unknown-method"},
		{"alice", "", `{}`, "unknown-method"},
		{"alice", "users.check", `{"username":"bobby"}`, "unknown-method"},
		{"", "channels.get", `{}`, "unknown-method"},
	} {
		if got := run(one.user, one.id, one.in); !strings.HasPrefix(got, one.begins) {
			t.Errorf("%s %s: %s, want %s", one.id, one.in, got, one.begins)
		}
	}
}
