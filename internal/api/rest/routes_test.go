package rest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestRoutes(t *testing.T) {
	f := newFixture(t)
	want(t, f.do(t, request(http.MethodPost, "/channels", `{"id":"work","name":"Work"}`)), http.StatusCreated, "")
	for _, one := range []struct {
		verb, target string
		status       int
		id           string
	}{
		{"GET", "/channels", 200, ""},
		{"GET", "/channels/", 200, ""},
		{"GET", "/%63hannels", 200, ""},
		{"GET", "/channels/work", 200, ""},
		{"GET", "/channels/work/", 200, ""},
		{"GET", "/channels/%77ork", 200, ""},
		{"GET", "//channels", 404, "unknown-resource"},
		{"GET", "/channels//", 404, "unknown-resource"},
		{"GET", "/channels//work", 404, "unknown-resource"},
		{"GET", "//", 404, "unknown-resource"},
		{"GET", "/nothing", 404, "unknown-resource"},
		{"GET", "/Channels", 404, "unknown-resource"},
		{"GET", "/channels/work/x", 404, "unknown-resource"},
		{"GET", "/channels/work/../work", 404, "unknown-resource"},
		{"PATCH", "/channels/work/x", 404, "unknown-resource"},
		{"GET", "/channels/none", 404, "unknown-channel"},
		{"GET", "/channels/a%2Fb", 404, "unknown-channel"},
		{"GET", "/channels/..", 404, "unknown-channel"},
		{"GET", "/channels/%2E%2E", 404, "unknown-channel"},
		{"GET", "/channels/%2e%2e%2fwork", 404, "unknown-channel"},
		{"GET", "/channels/work%00", 404, "unknown-channel"},
		{"GET", "/channels/%00", 404, "unknown-channel"},
		{"GET", "/channels/wor%256B", 404, "unknown-channel"},
		{"GET", "/channels/:id", 404, "unknown-channel"},
		{"GET", "/channels/*", 404, "unknown-channel"},
		{"GET", "/channels/%F0%9F%92%A9", 404, "unknown-channel"},
		{"GET", "/channels/%ff", 400, "invalid-request-structure"},
		{"POST", "/channels/work", 405, "method-not-allowed"},
		{"POST", "/channels/events", 405, "method-not-allowed"},
		{"PATCH", "/channels", 405, "method-not-allowed"},
		{"BREW", "/channels", 405, "method-not-allowed"},
		{"DELETE", "/", 405, "method-not-allowed"},
	} {
		t.Run(one.verb+" "+one.target, func(t *testing.T) {
			want(t, f.do(t, request(one.verb, one.target, "")), one.status, one.id)
			aside := request(one.verb, "/alice"+one.target, "", host("127.0.0.1:3000"))
			if one.target != "//channels" && one.target != "//" { // there it is a slash at the end
				want(t, f.do(t, aside), one.status, one.id)
			}
		})
	}
}

func TestMethodNotAllowedTellsAllow(t *testing.T) {
	f := newFixture(t)
	res := f.do(t, request(http.MethodPatch, "/channels", ""))
	want(t, res, http.StatusMethodNotAllowed, "method-not-allowed")
	for _, verb := range []string{"GET", "HEAD", "POST", "OPTIONS"} {
		if allow := res.Header.Get("Allow"); !strings.Contains(allow, verb) {
			t.Errorf("Allow: %s lacks %s", allow, verb)
		}
	}
}

func TestHeadIsGetWithoutBody(t *testing.T) {
	s := newFixture(t).listen(t)
	get, head := get(t.Context(), t, http.MethodGet, s.URL+"/alice/channels"), get(t.Context(), t, http.MethodHead, s.URL+"/alice/channels")
	length := "Content-Length"
	body, err := io.ReadAll(head.Body)
	if err != nil || len(body) > 0 || head.StatusCode != http.StatusOK || head.Header.Get(length) != get.Header.Get(length) {
		t.Errorf("HEAD: %d, length %s (GET %s), body %q, %v", head.StatusCode, head.Header.Get(length), get.Header.Get(length), body, err)
	}
}

func TestOptions(t *testing.T) {
	f := newFixture(t)
	for _, one := range []struct {
		target string
		change func(*http.Request)
		status int
		allow  string
	}{
		{"/channels", header("Access-Control-Request-Method", "POST"), 204, ""},
		{"/no/such/path", header("Access-Control-Request-Method", "POST"), 204, ""},
		{"/channels", func(*http.Request) {}, 204, "OPTIONS, GET, HEAD, POST"},
		{"/no/such/path", func(*http.Request) {}, 404, ""},
		{"/channels", host("elsewhere.net"), 421, ""},
	} {
		r := request(http.MethodOptions, one.target, "", one.change)
		r.Header.Del("Authorization")
		res := f.do(t, r)
		if res.StatusCode != one.status {
			t.Errorf("%s: %d, want %d", one.target, res.StatusCode, one.status)
		}
		for _, verb := range strings.Split(one.allow, ", ") {
			if !strings.Contains(res.Header.Get("Allow"), verb) {
				t.Errorf("%s: Allow: %s, want %s", one.target, res.Header.Get("Allow"), one.allow)
			}
		}
		if one.status == 204 && (res.Header.Get("Access-Control-Max-Age") != "86400" || res.Header.Get("Content-Type") != "") {
			t.Errorf("%s: %v", one.target, res.Header)
		}
	}
}

func TestPages(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "hello")
	})
	f := newFixture(t, func(s *setup) { s.pages = map[string]http.Handler{"/register": page} })
	for _, target := range []string{"/register?token=x", "/register/"} {
		res := f.do(t, request(http.MethodGet, target, "", host(domain)))
		if body := want(t, res, http.StatusOK, ""); string(body) != "hello" || res.Header.Get("Content-Type") != "text/html" {
			t.Errorf("%s: %s %v", target, body, res.Header)
		}
	}
	want(t, f.do(t, request(http.MethodGet, "/register", "")), http.StatusNotFound, "unknown-resource")
}
