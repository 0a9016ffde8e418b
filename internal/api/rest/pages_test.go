package rest_test

import (
	"net/http"
	"testing"
)

// TestPagesBelow finds pages by their path, and below a slash at the end by their
// first segment; methods and users come first and after.
func TestPagesBelow(t *testing.T) {
	page := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = w.Write([]byte(name)) // a recorder takes all
		})
	}
	f := newFixture(t, func(s *setup) {
		s.pages = map[string]http.Handler{"/register": page("register"), "/docs": page("docs"), "/docs/": page("below docs"), "/users/": page("users")}
	})
	for path, shown := range map[string]string{
		"/register": "register", "/register/": "register", "/docs": "docs", "/docs/": "docs",
		"/docs/openapi.yaml": "below docs", "/docs/assets/a.js": "below docs", "/docs/%2e%2e": "below docs",
	} {
		res := f.do(t, request(http.MethodGet, path, "", host(domain)))
		if got := string(want(t, res, http.StatusOK, "")); got != shown {
			t.Errorf("%s shows %q, want %q", path, got, shown)
		}
	}
	for path, id := range map[string]string{
		"/register/more": "unknown-resource", "/docs//x": "unknown-resource", "/users/a/b": "unknown-resource", "/doc/x": "unknown-resource",
	} {
		want(t, f.do(t, request(http.MethodGet, path, "", host(domain))), http.StatusNotFound, id)
	}
	want(t, f.do(t, request(http.MethodGet, "/docs/x", "")), http.StatusNotFound, "unknown-resource") // on a user's root
}
