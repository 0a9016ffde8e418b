package api_test

import (
	"fmt"
	"strings"
	"testing"
)

// profileWorld is a world with two apps.
func profileWorld(t *testing.T) *world {
	t.Helper()
	w := openWorld(t)
	for _, name := range []string{"app-one", "app-two"} {
		w.tokens[name] = w.give(t, w.tokens["owner"], access("app", name, `[{"channelId":"work","level":"read"}]`))["token"].(string)
	}
	w.tokens["personal"] = w.give(t, w.tokens["owner"], `{"type": "personal", "name": "mine"}`)["token"].(string)
	return w
}

func TestProfilesMayBe(t *testing.T) {
	w := profileWorld(t)
	for _, c := range []struct{ method, who, want string }{
		{"profile.app.get", "app-one", "ok"}, {"profile.app.update", "app-one", "ok"},
		{"profile.app.get", "reader", "invalid-operation"}, {"profile.app.update", "reader", "invalid-operation"},
		{"profile.app.get", "owner", "invalid-operation"}, {"profile.app.update", "personal", "invalid-operation"},
		{"profile.public.get", "owner", "ok"}, {"profile.public.get", "personal", "ok"},
		{"profile.public.get", "app-one", "ok"}, {"profile.public.get", "stranger", "ok"},
		{"profile.public.update", "owner", "ok"}, {"profile.public.update", "personal", "ok"},
		{"profile.public.update", "app-one", "forbidden"}, {"profile.public.update", "manager", "forbidden"},
		{"profile.private.get", "owner", "ok"}, {"profile.private.get", "personal", "ok"},
		{"profile.private.get", "app-one", "forbidden"}, {"profile.private.get", "manager", "forbidden"},
		{"profile.private.update", "owner", "ok"}, {"profile.private.update", "app-one", "forbidden"},
	} {
		in := ""
		if strings.HasSuffix(c.method, "update") {
			in = `{"a": 1}`
		}
		if _, err := w.invoke(t, c.who, c.method, "", in); outcome(err) != c.want {
			t.Errorf("%s as %s: %s, want %s", c.method, c.who, outcome(err), c.want)
		}
	}
}

func TestProfilesMerge(t *testing.T) {
	w := profileWorld(t)
	for _, c := range []struct{ who, method, in, want string }{
		{"owner", "profile.public.get", "", `{}`},
		{"owner", "profile.public.update", `{}`, `{}`},
		{"owner", "profile.public.update", `{"b": {"x": 1, "$a.": null}, "a": 2.50, "": "e", "update": 1}`, `{"b":{"x":1,"$a.":null},"a":2.50,"":"e","update":1}`},
		{"owner", "profile.public.update", `{"b": {"y": 2}, "a": null, "none": null}`, `{"b":{"y":2},"":"e","update":1}`},
		{"app-one", "profile.public.get", "", `{"b":{"y":2},"":"e","update":1}`},
		{"owner", "profile.private.get", "", `{}`},
		{"owner", "profile.private.update", `{"only": "mine"}`, `{"only":"mine"}`},
		{"personal", "profile.private.get", "", `{"only":"mine"}`},
		{"owner", "profile.private.update", `{"only": null}`, `{}`},
		{"owner", "profile.private.get", "", `{}`},
		{"app-one", "profile.app.update", `{"theme": "dark"}`, `{"theme":"dark"}`},
		{"app-two", "profile.app.get", "", `{}`},
		{"app-one", "profile.app.update", `?size=5&name=x`, `{"theme":"dark","name":"x","size":5}`},
		{"app-one", "profile.app.get", "", `{"theme":"dark","name":"x","size":5}`},
	} {
		if got := w.ok(t, c.who, c.method, "", c.in); got != c.want {
			t.Errorf("%s of %s with %s: %s, want %s", c.method, c.who, c.in, got, c.want)
		}
	}
	if _, err := w.invoke(t, "owner", "profile.public.get", "", `{"a": 1}`); outcome(err) != "invalid-parameters-format a:unknown" {
		t.Errorf("get takes %v", err)
	}
}

func TestProfilesAreBounded(t *testing.T) {
	w := profileWorld(t)
	half := strings.Repeat("x", 40_000)
	w.ok(t, "owner", "profile.private.update", "", `{"a": "`+half+`"}`)
	for in, want := range map[string]string{
		`{"b": "` + half + `"}`:                          "invalid-parameters-format :maxLength", // with what is there
		`{"b": "` + half + half + `"}`:                   "invalid-parameters-format :maxLength",
		`{"b": 9007199254740993}`:                        "invalid-parameters-format b:precision",
		`{"b": ` + deep(63) + `, "a": null}`:             "ok",
		`{"b": ` + deep(64) + `}`:                        "invalid-parameters-format b:depth",
		`{"b": 1, "b": 2}`:                               "invalid-request-structure",
		`[]`:                                             "invalid-request-structure",
		`{"a": "` + half + `", "b": null, "c": "again"}`: "ok",
	} {
		if _, err := w.invoke(t, "owner", "profile.private.update", "", in); outcome(err) != want {
			t.Errorf("%.40s: %s, want %s", in, outcome(err), want)
		}
	}
	many := make([]string, 6000)
	for i := range many {
		many[i] = fmt.Sprintf(`"%d": 0`, i)
	}
	for range 2 { // the second finds them all
		w.ok(t, "owner", "profile.public.update", "", "{"+strings.Join(many, ",")+"}")
	}
}

func deep(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }
