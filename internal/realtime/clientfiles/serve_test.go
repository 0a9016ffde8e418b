package clientfiles_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/realtime/clientfiles"
)

func TestHeaders(t *testing.T) {
	f := fake(t, map[string]string{"4/socket.io.js": "plain", "4/socket.io.js.map": "{}", "4/socket.io.js.map.br": "x"})
	for name, own := range map[string]map[string]string{
		"socket.io.js":           {"Content-Type": "text/javascript; charset=utf-8", "Content-Length": "5", "Content-Encoding": ""},
		"socket.io.js?v=1&t=abc": {"Content-Type": "text/javascript; charset=utf-8", "Content-Length": "5", "Content-Encoding": ""},
		"socket.io.js.map":       {"Content-Type": "application/json", "Content-Length": "1", "Content-Encoding": "br"},
	} {
		maps.Copy(own, map[string]string{
			"Cache-Control":                    "public, max-age=0",
			"Vary":                             "Accept-Encoding",
			"X-Content-Type-Options":           "nosniff",
			"Access-Control-Allow-Origin":      "*",
			"Access-Control-Allow-Credentials": "",
			"Cross-Origin-Resource-Policy":     "cross-origin",
			"Last-Modified":                    "",
			"Set-Cookie":                       "",
		})
		full := ask(t, f, http.MethodGet, name, "Accept-Encoding", "gzip, br", "Origin", "https://example.org")
		head := ask(t, f, http.MethodHead, name, "Accept-Encoding", "gzip, br", "Origin", "https://example.org")
		if full.Code != http.StatusOK || head.Code != http.StatusOK || head.Body.Len() != 0 {
			t.Errorf("%s: %d, %d with %d bytes", name, full.Code, head.Code, head.Body.Len())
		}
		for key, want := range own {
			if got := full.Header().Get(key); got != want {
				t.Errorf("%s: %s is %q, not %q", name, key, got, want)
			}
		}
		if !maps.EqualFunc(full.Header(), head.Header(), func(a, b []string) bool { return strings.Join(a, ",") == strings.Join(b, ",") }) {
			t.Errorf("%s: HEAD has %v, GET %v", name, head.Header(), full.Header())
		}
	}
}

// What is sent over a real connection has its length, compressed or not.
func TestLength(t *testing.T) {
	server := httptest.NewServer(built(t, clientfiles.Version4))
	defer server.Close()
	for coding, path := range map[string]string{"br": "4/socket.io.min.js.br", "gzip": "4/socket.io.min.js.gz", "identity": "4/socket.io.min.js"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/socket.io/socket.io.min.js", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", coding)
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close() // read to its end
		if want := content(t, path); string(body) != want || res.Header.Get("Content-Length") != strconv.Itoa(len(want)) {
			t.Errorf("%s: %d bytes, %v", coding, len(body), res.Header)
		}
	}
}

// The brotli files are unpacked by Node in TestRun.
func TestGzip(t *testing.T) {
	f := built(t, clientfiles.Version4)
	for _, name := range []string{"socket.io.js", "socket.io.slim.js.map", "socket.io.v0.9.js"} {
		packed := ask(t, f, http.MethodGet, name, "Accept-Encoding", "gzip")
		r, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatalf("%s: %v %v", name, packed.Header(), err)
		}
		plain, err := io.ReadAll(r)
		if want := ask(t, f, http.MethodGet, name).Body; err != nil || !bytes.Equal(plain, want.Bytes()) {
			t.Errorf("%s: unpacked to %d bytes of %d, %v", name, len(plain), want.Len(), err)
		}
	}
}

func TestNotModified(t *testing.T) {
	f := fake(t, coded())
	tags := map[string]string{}
	for _, coding := range []string{"br", "gzip", "identity"} {
		tags[coding] = ask(t, f, http.MethodGet, "socket.io.js", "Accept-Encoding", coding).Header().Get("ETag")
	}
	if tags["br"] == tags["gzip"] || tags["gzip"] == tags["identity"] || tags["br"] == tags["identity"] {
		t.Errorf("codings share a tag: %q", tags)
	}
	for _, c := range []struct {
		match string
		code  int
	}{
		{tags["br"], http.StatusNotModified},
		{"W/" + tags["br"], http.StatusNotModified},
		{`"4.8.4", W/"x", ` + tags["br"], http.StatusNotModified},
		{`"x" ,W/` + tags["br"] + ` , "y"`, http.StatusNotModified},
		{"*", http.StatusNotModified},
		{tags["gzip"], http.StatusOK},
		{tags["identity"], http.StatusOK},
		{strings.Trim(tags["br"], `"`), http.StatusOK},
		{`"4.8.4"`, http.StatusOK},
		{"", http.StatusOK},
	} {
		for _, verb := range []string{http.MethodGet, http.MethodHead} {
			w := ask(t, f, verb, "socket.io.js", "Accept-Encoding", "br", "If-None-Match", c.match)
			if w.Code != c.code {
				t.Errorf("%s %s: %d, want %d", verb, c.match, w.Code, c.code)
			}
			h := w.Header()
			if h.Get("ETag") != tags["br"] || h.Get("Cache-Control") != "public, max-age=0" || h.Get("Vary") != "Accept-Encoding" || h.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s %s: %d %v", verb, c.match, w.Code, h)
			}
			if c.code == http.StatusNotModified && (w.Body.Len() > 0 || h.Get("Content-Length") != "" || h.Get("Content-Encoding") != "") {
				t.Errorf("%s %s: 304 with %d bytes, %v", verb, c.match, w.Body.Len(), h)
			}
		}
	}
}

func TestVerbs(t *testing.T) {
	f := fake(t, coded())
	for _, verb := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, "PROPFIND"} {
		w := ask(t, f, verb, "socket.io.js")
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD, OPTIONS" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %v", verb, w.Code, w.Header())
		}
	}
	w := ask(t, f, http.MethodOptions, "socket.io.js", "Origin", "https://example.org",
		"Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "x-requested-with")
	h := w.Header()
	if w.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Methods") != "GET, HEAD" ||
		h.Get("Access-Control-Allow-Headers") != "*" || h.Get("Access-Control-Max-Age") != "86400" {
		t.Errorf("preflight: %d %v", w.Code, h)
	}
}
