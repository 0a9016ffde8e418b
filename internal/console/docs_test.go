package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/console"
)

const described = "servers:\n  default: http\n  default: localhost:3000\n"

func docs(t *testing.T, root, verb, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	u, err := url.Parse(root)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(verb, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	console.Docs(u, []byte(described)).ServeHTTP(w, r)
	return w
}

// The page is there with and without what npm builds.
func TestDocsPage(t *testing.T) {
	for _, path := range []string{"/docs", "/docs/"} {
		w := docs(t, "http://localhost:3000", http.MethodGet, path)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<title>The API of activityd</title>") || !strings.Contains(w.Body.String(), "/docs/openapi.yaml") {
			t.Errorf("%s: %d\n%s", path, w.Code, w.Body)
		}
	}
}

func TestDocsPolicy(t *testing.T) {
	for root, connect := range map[string]string{
		"https://example.org":   "connect-src 'self' https://*.example.org;",
		"http://localhost:3000": "connect-src 'self' http://*.localhost:3000;",
		"http://127.0.0.1:3000": "connect-src 'self';",
		"http://[::1]:3000":     "connect-src 'self';",
	} {
		policy := docs(t, root, http.MethodGet, "/docs").Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, connect) || !strings.HasPrefix(policy, "default-src 'none'; script-src 'self';") {
			t.Errorf("%s: the policy is %s", root, policy)
		}
	}
}

// The description names the service that serves it.
func TestDocsDescription(t *testing.T) {
	w := docs(t, "https://example.org:8443", http.MethodGet, "/docs/openapi.yaml")
	want := "servers:\n  default: https\n  default: \"example.org:8443\"\n"
	if w.Body.String() != want || w.Header().Get("Content-Type") != "application/yaml" {
		t.Errorf("got %s\n%s", w.Header().Get("Content-Type"), w.Body)
	}
}

func TestDocsRefusals(t *testing.T) {
	for _, path := range []string{"/docs/x", "/docs/assets/", "/docs/assets/none.js", "/docs/assets/../index.html", "/docs/index.html"} {
		if w := docs(t, "http://localhost:3000", http.MethodGet, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := docs(t, "http://localhost:3000", http.MethodPost, "/docs"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, Allow %s", w.Code, w.Header().Get("Allow"))
	}
}
