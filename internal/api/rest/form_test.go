package rest_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const formType = "application/x-www-form-urlencoded"

// post is a form to alice's root without any header of a token.
func post(target, body string, change ...func(*http.Request)) *http.Request {
	r := request(http.MethodPost, target, body, header("Content-Type", formType))
	r.Header.Del("Authorization")
	for _, f := range change {
		f(r)
	}
	return r
}

// form writes a form with the token of alice.
func form(pairs ...string) string {
	v := url.Values{"_auth": {aliceToken}}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

func TestForms(t *testing.T) {
	f := newFixture(t)
	for _, one := range []struct {
		name, target, body string
		status             int
		id                 string
		holds              string
	}{
		{"fields", "/channels", form("id", "work", "name", "Work & play", "enforceNoEventsOverlap", "true"), 201, "", `"name":"Work & play","enforceNoEventsOverlap":true`},
		{"a number as a name", "/channels", form("name", "5"), 201, "", `"name":"5"`},
		{"json", "/channels", form("_json", `{"id":"diary","name":"Diary","clientData":{"a":[1]}}`), 201, "", `"clientData":{"a":[1]}`},
		{"json replaces", "/channels", form("_json", `{"name":"Other"}`, "name", "Diary", "nonsense", "x"), 201, "", `"name":"Other"`},
		{"put", "/channels/work", form("_method", "PUT", "name", "New"), 200, "", `"name":"New"`},
		{"put json", "/channels/work", form("_method", "PUT", "_json", `{"name":"Newer"}`), 200, "", `"name":"Newer"`},
		{"get", "/channels/work", form("_method", "GET"), 200, "", `"name":"Newer"`},
		{"get with a parameter", "/channels", form("_method", "GET", "state", "trashed"), 200, "", `[]`},
		{"get with json", "/channels", form("_method", "GET", "_json", `{"state":"trashed"}`), 200, "", `[]`},
		{"get in small letters", "/channels?state=trashed", form("_method", "get"), 200, "", `[]`},
		{"post by name", "/channels", form("_method", "POST", "name", "Posted"), 201, "", `"name":"Posted"`},
		{"event of fields", "/work/events", form("type", "mass/kg", "value", "68.4", "tags[]", "a", "tags[]", "b", "time", "5"), 201, "", `"value":68.4,"folderId":null,"tags":["a","b"]`},
		{"batch", "/", form("_json", `[{"method":"channels.getOne","params":{"id":"work"}}]`), 200, "", `[{"result":{"id":"work"`},
		{"delete", "/channels/work", form("_method", "DELETE"), 200, "", `{}`},
		{"no method of the path", "/channels", form("_method", "PUT", "name", "x"), 405, "method-not-allowed", ""},
		{"unknown method", "/channels", form("_method", "PATCH"), 400, "invalid-request-structure", "_method"},
		{"head", "/channels", form("_method", "HEAD"), 400, "invalid-request-structure", "_method"},
		{"empty method", "/channels", form("_method", ""), 400, "invalid-request-structure", "_method"},
		{"method twice", "/channels", form("_method", "GET", "_method", "GET"), 400, "invalid-request-structure", "_method"},
		{"token twice", "/channels", form("_method", "GET", "_auth", bobbyToken), 400, "invalid-request-structure", "_auth"},
		{"json twice", "/channels", form("_json", `{"name":"a"}`, "_json", `{"name":"b"}`), 400, "invalid-request-structure", "_json"},
		{"json empty", "/channels", form("_json", " "), 400, "invalid-request-structure", "_json"},
		{"json broken", "/channels", form("_json", `{"name":`), 400, "invalid-request-structure", ""},
		{"json with a key twice", "/channels", form("_json", `{"name":"a","name":"b"}`), 400, "invalid-request-structure", ""},
		{"json not UTF-8", "/channels", form("_json", "{\"name\":\"\xff\"}"), 400, "invalid-request-structure", ""},
		{"json for a read", "/channels", form("_method", "GET", "_json", `[]`), 400, "invalid-request-structure", ""},
		{"field not UTF-8", "/channels", form("name", "\xff"), 400, "invalid-parameters-format", "encoding"},
		{"field twice", "/channels", form("name", "a", "name", "b"), 400, "invalid-parameters-format", "twice"},
		{"field and query", "/channels?name=a", form("name", "a"), 400, "invalid-parameters-format", "twice"},
		{"unknown field", "/channels", form("name", "a", "_own", "b"), 400, "invalid-parameters-format", "_own"},
		{"broken escape", "/channels", form("name", "a") + "&x=%zz", 400, "invalid-request-structure", ""},
		{"broken query", "/channels?x=%zz", form("name", "a"), 400, "invalid-request-structure", ""},
		{"semicolons", "/channels", form("name", "a") + ";x=y", 400, "invalid-request-structure", ""},
		{"json as it is", "/channels", `{"name":"a"}`, 400, "invalid-request-structure", "application/json"},
		{"empty", "/channels", "", 401, "missing-access-token", ""},
		{"no token", "/channels", "_method=GET", 401, "missing-access-token", ""},
		{"empty token", "/channels", "_method=GET&_auth=", 401, "missing-access-token", ""},
		{"bad token", "/channels", "_method=GET&_auth=no-token", 401, "invalid-access-token", ""},
		{"token with its scheme", "/channels", "_method=GET&state=trashed&_auth=Bearer+" + aliceToken, 200, "", `"id":"work"`},
		{"token with a line break", "/channels", "_method=GET&_auth=x%0d%0aSet-Cookie:+y", 401, "invalid-access-token", ""},
		{"path", "/nothing", form("_method", "GET"), 404, "unknown-resource", ""},
	} {
		t.Run(one.name, func(t *testing.T) {
			if body := want(t, f.do(t, post(one.target, one.body)), one.status, one.id); !strings.Contains(string(body), one.holds) {
				t.Errorf("got %s, which lacks %s", body, one.holds)
			}
		})
	}
}

func TestFormsElsewhere(t *testing.T) {
	f := newFixture(t)
	aside := post("/alice/channels", form("name", "Aside"), host("127.0.0.1"))
	want(t, f.do(t, aside), http.StatusCreated, "")
	user := url.Values{"username": {"carol"}, "password": {"12345678"}, "email": {"carol@example.org"}}
	want(t, f.do(t, post("/users", user.Encode(), host(domain))), http.StatusCreated, "")
	login := url.Values{"password": {"12345678"}, "appId": {"5"}}
	want(t, f.do(t, post("/auth/login", login.Encode(), host("carol."+domain))), http.StatusOK, "")
}

// TestFormTokens: of header, _auth and query the first that is there decides.
func TestFormTokens(t *testing.T) {
	f := newFixture(t)
	owned := header("Authorization", aliceToken)
	wrong := header("Authorization", "no-token")
	read := "_method=GET&_auth="
	want(t, f.do(t, post("/channels", read+"no-token", owned)), http.StatusOK, "")
	want(t, f.do(t, post("/channels", read+aliceToken, wrong)), http.StatusUnauthorized, "invalid-access-token")
	want(t, f.do(t, post("/channels", read+aliceToken, header("Authorization", " "))), http.StatusOK, "")
	want(t, f.do(t, post("/channels?auth=no-token", read+aliceToken)), http.StatusOK, "")
	want(t, f.do(t, post("/channels?auth="+aliceToken, "_method=GET")), http.StatusOK, "")
	if log := f.log.String(); strings.Contains(log, aliceToken) || strings.Contains(log, "no-token") {
		t.Errorf("a token is in the log: %s", log)
	}
}

func TestFormsOtherwiseSent(t *testing.T) {
	f := newFixture(t, func(s *setup) { s.limits.MaxBody = 1000 })
	typed := func(kind string) func(*http.Request) { return header("Content-Type", kind) }
	body := form("_method", "GET")
	want(t, f.do(t, post("/channels", body, typed("Application/X-WWW-Form-URLEncoded; charset=UTF-8"))), http.StatusOK, "")
	want(t, f.do(t, post("/channels", body, typed(formType+"; charset=latin1"))), http.StatusBadRequest, "invalid-request-structure")
	want(t, f.do(t, post("/channels", body, header("Content-Encoding", "gzip"))), http.StatusBadRequest, "invalid-request-structure")
	want(t, f.do(t, post("/channels", body, typed("multipart/form-data; boundary=x"))), http.StatusBadRequest, "invalid-request-structure")
	want(t, f.do(t, post("/channels", body+"&name="+strings.Repeat("x", 1000))), http.StatusRequestEntityTooLarge, "request-too-large")
	endless := post("/channels", body+"&name="+strings.Repeat("x", 1000), func(r *http.Request) { r.ContentLength = -1 })
	want(t, f.do(t, endless), http.StatusRequestEntityTooLarge, "request-too-large")
	// Only a POST may describe another request.
	put := request(http.MethodPut, "/channels/work", body, typed(formType))
	want(t, f.do(t, put), http.StatusBadRequest, "invalid-request-structure")
}

// TestPagesReadTheirOwnForms: a page of the service gets the form as it came.
func TestPagesReadTheirOwnForms(t *testing.T) {
	var got string
	f := newFixture(t, func(s *setup) {
		s.pages = map[string]http.Handler{"/register": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			got = r.Method + " " + string(b)
			if err != nil {
				t.Error(err)
			}
			w.WriteHeader(http.StatusOK)
		})}
	})
	want(t, f.do(t, post("/register", "_method=GET&a=b", host(domain))), http.StatusOK, "")
	if got != "POST _method=GET&a=b" {
		t.Errorf("the page got %q", got)
	}
}

func TestEventTypesMayBeKept(t *testing.T) {
	f := newFixture(t)
	first := f.do(t, request(http.MethodGet, "/service/event-types", "", host(domain)))
	want(t, first, http.StatusOK, "")
	tag := first.Header.Get("ETag")
	if tag == "" || first.Header.Get("Cache-Control") != "public, no-cache" {
		t.Errorf("ETag %q, Cache-Control %q", tag, first.Header.Get("Cache-Control"))
	}
	again := f.do(t, request(http.MethodGet, "/service/event-types", "", host(domain), header("If-None-Match", tag)))
	if body := want(t, again, http.StatusNotModified, ""); len(body) > 0 {
		t.Errorf("304 with %s", body)
	}
	want(t, f.do(t, request(http.MethodGet, "/service/info", "", host(domain))), http.StatusOK, "")
	want(t, f.do(t, request(http.MethodGet, "/service/info", "")), http.StatusOK, "")
	want(t, f.do(t, request(http.MethodGet, "/service/info", "", host("nobody."+domain))), http.StatusNotFound, "unknown-user")
	want(t, f.do(t, request(http.MethodPost, "/service/info", `{}`, host(domain))), http.StatusMethodNotAllowed, "method-not-allowed")
}
