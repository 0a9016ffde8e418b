package rest_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/api/rest"
)

// converse sends raw bytes and gives all that comes back until the server
// closes the connection.
func converse(t *testing.T, s *httptest.Server, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // read to its end
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

func TestRawRequests(t *testing.T) {
	s := newFixture(t).listen(t)
	for name, one := range map[string]struct{ request, answer string }{
		"1.0 without host":      {"GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 421 "},
		"1.1 without host":      {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 "},
		"two hosts":             {"GET / HTTP/1.1\r\nHost: alice.example.org\r\nHost: bobby.example.org\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 "},
		"empty host":            {"GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", "HTTP/1.1 421 "},
		"host with a NUL":       {"GET / HTTP/1.1\r\nHost: alice\x00.example.org\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 "},
		"absolute, ours":        {"GET http://alice.example.org/ HTTP/1.1\r\nHost: elsewhere.net\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 "},
		"absolute, without /":   {"GET http://alice.example.org HTTP/1.1\r\nHost: elsewhere.net\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 "},
		"absolute, another":     {"GET http://elsewhere.net/ HTTP/1.1\r\nHost: alice.example.org\r\nConnection: close\r\n\r\n", "HTTP/1.1 421 "},
		"absolute, two users":   {"GET http://nobody.example.org/ HTTP/1.1\r\nHost: alice.example.org\r\nConnection: close\r\n\r\n", "HTTP/1.1 404 "},
		"user info":             {"GET / HTTP/1.1\r\nHost: x@alice.example.org\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 "},
		"wrong percent-escape":  {"GET /channels/%zz HTTP/1.1\r\nHost: alice.example.org\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 "},
		"half a percent-escape": {"GET /channels/% HTTP/1.1\r\nHost: alice.example.org\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 "},
		"not a path":            {"GET * HTTP/1.1\r\nHost: alice.example.org\r\nConnection: close\r\n\r\n", "HTTP/1.1 404 "},
		"connect":               {"CONNECT alice.example.org:80 HTTP/1.1\r\nHost: alice.example.org\r\nConnection: close\r\n\r\n", "HTTP/1.1 405 "},
		"two slashes":           {"GET //bobby.example.org/ HTTP/1.1\r\nHost: alice.example.org\r\nConnection: close\r\n\r\n", "HTTP/1.1 404 "},
		"HTTP/2 in clear":       {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 421 "},
		"large header":          {"GET / HTTP/1.1\r\nHost: alice.example.org\r\nX: " + strings.Repeat("x", 80<<10), "HTTP/1.1 431 "},
		"larger than declared":  {"POST /channels HTTP/1.1\r\nHost: alice.example.org\r\nConnection: close\r\nContent-Length: 99999999\r\n\r\n", "HTTP/1.1 413 "},
		"two lengths":           {"POST /channels HTTP/1.1\r\nHost: alice.example.org\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "HTTP/1.1 400 "},
	} {
		t.Run(name, func(t *testing.T) {
			if answer := converse(t, s, one.request); !strings.HasPrefix(answer, one.answer) {
				t.Errorf("got %.200q, want %q", answer, one.answer)
			}
		})
	}
}

// slow serves with deadlines that end soon.
func slow(t *testing.T, change func(*http.Server)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.Config = rest.NewServer(newFixture(t).handler, slog.New(slog.DiscardHandler))
	change(s.Config)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func TestSlowHeaderEnds(t *testing.T) {
	s := slow(t, func(s *http.Server) { s.ReadHeaderTimeout = 20 * time.Millisecond })
	if answer := converse(t, s, "GET / HTTP/1.1\r\nHost: alice.example.org\r\nX-Slow: "); strings.Contains(answer, " 200 ") {
		t.Errorf("%q", answer)
	}
}

func TestSlowBodyEnds(t *testing.T) {
	s := slow(t, func(s *http.Server) { s.ReadTimeout = 20 * time.Millisecond })
	answer := converse(t, s, "POST /channels HTTP/1.1\r\nHost: alice.example.org\r\nContent-Length: 100\r\n\r\n{")
	if !strings.HasPrefix(answer, "HTTP/1.1 400 ") || !strings.Contains(answer, "invalid-request-structure") {
		t.Errorf("%q", answer)
	}
}

func TestIdleConnectionEnds(t *testing.T) {
	s := slow(t, func(s *http.Server) { s.IdleTimeout = 20 * time.Millisecond })
	if answer := converse(t, s, "GET / HTTP/1.1\r\nHost: alice.example.org\r\n\r\n"); !strings.HasPrefix(answer, "HTTP/1.1 200 ") {
		t.Errorf("%q", answer)
	}
}

func TestServerIsBounded(t *testing.T) {
	s := rest.NewServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes != 64<<10 {
		t.Errorf("%+v", s)
	}
}

func TestAdmin(t *testing.T) {
	var broken error
	h := rest.NewAdmin(func(context.Context) error { return broken }, nil)
	ask := func(verb, target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(verb, target, nil))
		return w
	}
	for _, one := range []struct {
		broken       error
		verb, target string
		status       int
		body         string
	}{
		{nil, "GET", "/healthz", 200, `{"status":"ok"}`},
		{nil, "GET", "/readyz", 200, `{"status":"ok"}`},
		{errors.New("secret"), "GET", "/healthz", 200, `{"status":"ok"}`},
		{errors.New("it is away"), "GET", "/readyz", 503, `{"status":"unavailable","reason":"it is away"}`},
		{nil, "POST", "/readyz", 405, "Method Not Allowed\n"},
		{nil, "GET", "/", 404, "404 page not found\n"},
	} {
		broken = one.broken
		if w := ask(one.verb, one.target); w.Code != one.status || w.Body.String() != one.body {
			t.Errorf("%s %s: %d %s", one.verb, one.target, w.Code, w.Body)
		}
	}
}
