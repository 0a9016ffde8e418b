package legacy_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/realtime/legacy"
)

func TestHandshake(t *testing.T) {
	s := serve(t, nil)
	for _, path := range []string{"1", "1/", "1/?t=5", "1?t=5"} {
		got := s.do(t, http.MethodGet, path, "")
		sid, rest, _ := strings.Cut(got.body, ":")
		if got.status != http.StatusOK || len(sid) < 20 || rest != "60:60:websocket,xhr-polling,jsonp-polling" {
			t.Errorf("%s: %d %q", path, got.status, got.body)
		}
		if h := got.header.Get("Content-Type"); h != "text/plain; charset=UTF-8" {
			t.Errorf("%s: Content-Type %q", path, h)
		}
	}
	got := s.do(t, http.MethodGet, "1/?jsonp=12", "").body
	if !strings.HasPrefix(got, `io.j[12]("`) || !strings.HasSuffix(got, `:60:60:websocket,xhr-polling,jsonp-polling");`) {
		t.Errorf("jsonp: %q", got)
	}
	// What is no number is never written into a script.
	for _, bad := range []string{"a", "1;alert(1)", "-1", "1234567890", "%22"} {
		if got := s.do(t, http.MethodGet, "1/?jsonp="+bad, ""); strings.Contains(got.body, "io.j") {
			t.Errorf("jsonp=%s: %q", bad, got.body)
		}
	}
}

func TestRefusedHandshakes(t *testing.T) {
	s := serve(t, nil)
	for _, c := range []struct {
		query, body string
		status      int
	}{
		{"auth=bad", `{"id":"bad","message":"</script> \u2028"}`, http.StatusForbidden},
		{"auth=plain", "not you", http.StatusForbidden},
		{"auth=broken", "handshake error", http.StatusInternalServerError},
	} {
		got := s.do(t, http.MethodGet, "1/?"+c.query, "", "Origin", "http://app.example")
		if got.status != c.status || got.body != c.body {
			t.Errorf("%s: %d %q", c.query, got.status, got.body)
		}
		if got.header.Get("Access-Control-Allow-Origin") != "http://app.example" {
			t.Errorf("%s: a script cannot read it: %v", c.query, got.header)
		}
		script := s.do(t, http.MethodGet, "1/?jsonp=3&"+c.query, "")
		if want := "io.j[3](new Error(" + quoted(c.body) + "));"; script.status != http.StatusOK || script.body != want {
			t.Errorf("%s: %d %q, want %q", c.query, script.status, script.body, want)
		}
		if strings.Contains(script.body, "</") {
			t.Errorf("%s: ends a script: %q", c.query, script.body)
		}
	}
}

func TestVersions(t *testing.T) {
	s := serve(t, nil)
	for path, serves := range map[string]bool{
		"/socket.io/1": true, "/socket.io/1/": true, "/socket.io/1/websocket/abc": true, "/socket.io/2/": true,
		"/socket.io/17/x": true, "/socket.io/": false, "/socket.io": false, "/socket.io/1a": false,
		"/socket.io/socket.io.js": false, "/1/": false,
	} {
		if got := s.legacy.Serves(path); got != serves {
			t.Errorf("Serves(%s) = %v", path, got)
		}
	}
	for _, path := range []string{"0/", "2/", "17/xhr-polling/abc"} {
		got := s.do(t, http.MethodGet, path, "")
		if got.status != http.StatusInternalServerError || got.body != "Protocol version not supported." {
			t.Errorf("%s: %d %q", path, got.status, got.body)
		}
	}
}

func TestCORS(t *testing.T) {
	s := serve(t, nil)
	const origin = "https://app.example:8443"
	sid := s.handshake(t, "")
	for _, c := range []struct{ method, path string }{
		{http.MethodGet, "1/"}, {http.MethodGet, "1/xhr-polling/" + sid}, {http.MethodGet, "1/xhr-polling/unknown"},
		{http.MethodPost, "1/xhr-polling/" + sid}, {http.MethodPost, "1/xhr-polling/unknown"},
		{http.MethodGet, "1/" + sid + "?disconnect=1"}, {http.MethodGet, "2/"}, {http.MethodDelete, "1/xhr-polling/" + sid},
	} {
		h := s.do(t, c.method, c.path, "", "Origin", origin).header
		if h.Get("Access-Control-Allow-Origin") != origin || h.Get("Access-Control-Allow-Credentials") != "true" ||
			h.Get("Vary") != "Origin" || h.Get("Cache-Control") != "no-store" || h.Get("Set-Cookie") != "" {
			t.Errorf("%s %s: %v", c.method, c.path, h)
		}
	}
	if h := s.do(t, http.MethodGet, "1/", "").header; h.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("without Origin: %v", h)
	}
	got := s.do(t, http.MethodOptions, "1/xhr-polling/x", "", "Origin", origin, "Access-Control-Request-Headers", "content-type")
	if got.status != http.StatusNoContent || got.header.Get("Access-Control-Allow-Headers") != "content-type" ||
		got.header.Get("Access-Control-Allow-Methods") != "GET, POST, OPTIONS" {
		t.Errorf("preflight: %d %v", got.status, got.header)
	}
}

func TestUnknownSessions(t *testing.T) {
	s := serve(t, nil)
	if got := s.get(t, "1/xhr-polling/unknown"); got != "7:::1+0" {
		t.Errorf("poll: %q", got)
	}
	if got := s.get(t, "1/jsonp-polling/unknown?i=4"); got != `io.j[4]("7:::1+0");` {
		t.Errorf("jsonp: %q", got)
	}
	if got := s.post(t, "1/xhr-polling/unknown", "2::"); got.status != http.StatusBadRequest {
		t.Errorf("POST: %d", got.status)
	}
	if got := s.do(t, http.MethodGet, "1/xhr-polling/unknown?disconnect=1", ""); got.status != http.StatusOK {
		t.Errorf("disconnect: %d", got.status)
	}
	if got := s.do(t, http.MethodGet, "1/flashsocket/unknown", ""); got.status != http.StatusBadRequest {
		t.Errorf("flashsocket: %d", got.status)
	}
	if got := s.do(t, http.MethodGet, "1/websocket/unknown", ""); got.status != http.StatusBadRequest {
		t.Errorf("no WebSocket handshake: %d", got.status)
	}
	conn := s.dial(t, "unknown")
	expect(t, conn, "7:::1+0")
	expectClose(t, conn, 1000)
}

// TestDisconnectRequest is what a page sends when it is closed, in the forms
// that a mux leaves of it.
func TestDisconnectRequest(t *testing.T) {
	s := serve(t, nil)
	for _, form := range []string{"1//%s/?disconnect=1", "1/%s/?disconnect=1", "1/%s?disconnect=1", "1/xhr-polling/%s?disconnect", "1/websocket/%s/?disconnect=1"} {
		sid := s.handshake(t, "")
		conn := s.dial(t, sid)
		expect(t, conn, "1::")
		if got := s.do(t, http.MethodGet, strings.ReplaceAll(form, "%s", sid), ""); got.status != http.StatusOK || got.body != "" {
			t.Errorf("%s: %d %q", form, got.status, got.body)
		}
		expectClose(t, conn, 1000)
		s.expectTold(t, "disconnected /: client namespace disconnect")
	}
}

func TestLimits(t *testing.T) {
	s := serve(t, func(c *legacy.Config) { c.MaxHandshakes, c.MaxSessions = 3, 5 })
	busy := func(when string) {
		t.Helper()
		got := s.do(t, http.MethodGet, "1/", "")
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %q", when, got.status, got.body)
		}
	}
	var sids []string
	for range 3 {
		sids = append(sids, s.handshake(t, ""))
	}
	busy("too many handshakes")
	for _, sid := range sids {
		expect(t, s.dial(t, sid), "1::")
	}
	s.handshake(t, "")
	last := s.handshake(t, "")
	busy("too many sessions")
	s.get(t, "1/"+last+"?disconnect=1")
	s.handshake(t, "")
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]legacy.Config{
		"no Connect":       {},
		"path":             {Connect: newApp().connect, Path: "/x"},
		"half a second":    {Connect: newApp().connect, CloseTimeout: 1500e6},
		"interval":         {Connect: newApp().connect, HeartbeatInterval: 60e9},
		"negative":         {Connect: newApp().connect, MaxAcks: -1},
		"too short a wait": {Connect: newApp().connect, PollDuration: 1},
	} {
		if _, err := legacy.NewServer(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
