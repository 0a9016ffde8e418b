package engineio_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/activityd/activityd/internal/realtime/engineio"
)

// twice is text as the 1.x line sends it: each byte of UTF-8 as a character.
func twice(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		b.WriteRune(rune(c))
	}
	return b.String()
}

// dialectConfig marks a session as one of 1.x by a message that begins with
// "old".
func dialectConfig() engineio.Config {
	return engineio.Config{LegacyText: func(packet []byte) bool { return bytes.HasPrefix(packet, []byte("4old")) }}
}

// TestPollingDialects holds the bodies of one echoed message against what each
// line of clients sends and reads.
func TestPollingDialects(t *testing.T) {
	const emoji = "é😀"
	cases := []struct {
		name, query string
		octets      bool
		posts       []string
		want        string
	}{
		{"1.0 binary", "EIO=2&t=1700000000000-1", true, []string{"\x00\x07\xff4" + emoji}, "\x00\x07\xff4" + emoji},
		{"1.2 binary", "EIO=3&t=1700000000000-1", true, []string{"\x00\x07\xff4" + emoji}, "\x00\x07\xff4" + emoji},
		{"1.2 binary bytes", "EIO=3&t=1700000000000-1", true, []string{"\x01\x03\xff\x04\xfe\xff"}, "\x01\x03\xff\x04\xfe\xff"},
		{"1.3 text", "EIO=3&t=1700000000000-1", false, []string{"4:4old", "7:4" + twice(emoji)}, "\x00\x04\xff4old\x00\x07\xff4" + emoji},
		{"1.7 text", "EIO=3&t=LpXq3Zk", false, []string{"4:4old", "7:4" + twice(emoji)}, "\x00\x04\xff4old\x00\x07\xff4" + emoji},
		{"1.7 base64", "EIO=3&t=LpXq3Zk&b64=1", false, []string{"4:4old", "7:4" + twice(emoji)}, "4:4old7:4" + twice(emoji)},
		{"2.x text", "EIO=3&t=LpXq3Zk", false, []string{"4:4" + emoji}, "\x00\x07\xff4" + emoji},
		{"2.x base64", "EIO=3&t=LpXq3Zk&b64=1", false, []string{"4:4" + emoji, "10:b4/v8AAQ=="}, "4:4" + emoji + "10:b4/v8AAQ=="},
		{"3.x text", "EIO=4&t=LpXq3Zk", false, []string{"4" + emoji + "\x1eb/v8="}, "4" + emoji + "\x1eb/v8="},
	}
	p := start(t, dialectConfig())
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			session := p.poll(c.query)
			for _, body := range c.posts {
				r := p.request("POST", session, body)
				r.Header.Set("Content-Type", "text/plain;charset=UTF-8")
				if c.octets {
					r.Header.Set("Content-Type", "application/octet-stream")
				}
				p.expect(p.do(r), 200, "ok")
			}
			got := p.get(session)
			if got.body != c.want {
				t.Errorf("got %q, want %q", got.body, c.want)
			}
			binary := got.header.Get("Content-Type") == "application/octet-stream"
			if binary != (c.want[0] < 2) {
				t.Errorf("type %q for %q", got.header.Get("Content-Type"), got.body)
			}
		})
	}
}

func TestWebSocketDialects(t *testing.T) {
	const emoji = "é😀"
	p := start(t, dialectConfig())
	old := p.open("EIO=2&t=1-1")
	old.send("4" + twice(emoji))
	old.expect("4" + twice(emoji))
	for _, query := range []string{"EIO=3&t=1-1", "EIO=3&t=LpXq3Zk", "EIO=4&t=LpXq3Zk"} {
		s := p.open(query)
		s.send("4" + emoji)
		s.expect("4" + emoji)
	}
	textOnly := p.open("EIO=3&b64=1")
	textOnly.send("b4AQI=", "4"+emoji)
	textOnly.expect("b4AQI=", "4"+emoji)
}

// TestUpgradeKeepsDialect sends on polling and reads on the WebSocket.
func TestUpgradeKeepsDialect(t *testing.T) {
	const emoji = "é😀"
	p := start(t, dialectConfig())
	for query, want := range map[string]string{
		"EIO=2&t=1-1": "4" + twice(emoji), "EIO=3&t=1-1": "4" + emoji, "EIO=4&t=1": "4" + emoji,
	} {
		session := p.poll(query)
		s := p.upgrade(session)
		s.send("2probe")
		s.expect("3probe")
		if err := p.last().session.Send(engineio.TextFrame([]byte(emoji))); err != nil {
			t.Fatal(err)
		}
		s.send("5")
		s.expect(want)
	}
}

func TestJSONP(t *testing.T) {
	p := start(t, dialectConfig())
	first := p.get("EIO=3&transport=polling&j=0")
	head, rest, _ := strings.Cut(first.body, `0{\"sid\":\"`)
	if !strings.HasPrefix(head, `___eio[0]("`) || !strings.HasSuffix(head, ":") || !strings.HasSuffix(rest, `}");`) {
		t.Fatalf("got %s", first.body)
	}
	if kind := first.header.Get("Content-Type"); kind != "text/javascript; charset=UTF-8" {
		t.Errorf("type %q", kind)
	}
	sid, _, _ := strings.Cut(rest, `\"`)
	session := "EIO=3&transport=polling&sid=" + sid
	post := func(form string) response {
		r := p.request("POST", session+"&j=1", form)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return p.do(r)
	}
	// The body is 15:4a<LF>b\nc"</script><U+2028>, in the client's escaping.
	p.expect(post(`d=18%3A4a%5Cnb%5C%5Cnc%22%3C%2Fscript%3E%E2%80%A8`), 200, "ok")
	p.expect(p.get(session+"&j=1%27)%3Balert(1)%3B//"), 200, `___eio[11]("18:4a\nb\\nc\"\u003c/script\u003e\u2028");`)
	p.expect(post(`d=6%3Ab4AQ%3D%3D`), 200, "ok")
	p.expect(p.get(session+"&j=2"), 200, `___eio[2]("6:b4AQ==");`)
	if got := post(`x=1`); got.status != 400 {
		t.Errorf("a form without d: %+v", got)
	}
}

func TestCORS(t *testing.T) {
	p := start(t, engineio.Config{})
	r := p.request("OPTIONS", "EIO=4&transport=polling", "")
	r.Header = http.Header{"Origin": {"https://app.example"}, "Access-Control-Request-Headers": {"x-own"}}
	got := p.do(r)
	if got.status != 204 || got.header.Get("Access-Control-Allow-Headers") != "x-own" ||
		got.header.Get("Access-Control-Allow-Methods") != "GET, POST, OPTIONS" {
		t.Errorf("got %d %v", got.status, got.header)
	}
	r = p.request("GET", "EIO=4&transport=nonsense", "")
	r.Header.Set("Origin", "https://app.example")
	for _, h := range []http.Header{got.header, p.do(r).header} {
		if h.Get("Access-Control-Allow-Origin") != "https://app.example" || h.Get("Access-Control-Allow-Credentials") != "true" {
			t.Errorf("got %v", h)
		}
	}
	h := p.get("EIO=4&transport=polling").header
	if h.Get("Vary") != "Origin" || h.Get("Cache-Control") != "no-store" || h.Get("Access-Control-Allow-Origin") != "" || h.Get("Set-Cookie") != "" {
		t.Errorf("got %v", h)
	}
}

// TestUpgradeOvertakenByPoll is the race of the official suites: the poll may
// come before the upgrade that was sent before it.
func TestUpgradeOvertakenByPoll(t *testing.T) {
	eachRevision(t, func(_ *testing.T, p *peer, _ int, query string) {
		session := p.poll(query)
		s := p.upgrade(session)
		polled := make(chan response)
		go func() { polled <- p.get(session) }()
		synctest.Wait()
		s.send("2probe")
		s.expect("3probe")
		synctest.Wait()
		s.send("5")
		p.expect(<-polled, 400, `{"code":3,"message":"Bad request"}`)
		s.send("4hello")
		s.expect("4hello")
	})
}

// TestUpgradeGivenUp polls through an upgrade that never completes.
func TestUpgradeGivenUp(t *testing.T) {
	p := start(t, engineio.Config{})
	session := p.poll("EIO=4")
	for _, wrong := range []string{"4hello", "2", "5x", ""} {
		s := p.upgrade(session)
		s.send(wrong)
		s.closes()
		p.expect(p.post(session, "4hello"), 200, "ok")
		p.expect(p.get(session), 200, "4hello")
	}
	s := p.upgrade(session)
	s.send("2probe")
	s.expect("3probe")
	p.expect(p.post(session, "4hello"), 200, "ok")
	p.expect(p.get(session), 200, "4hello")
	s.send("5", "4there")
	s.expect("4there")
}

// TestPostsInARow sends each request as soon as the one before is answered.
func TestPostsInARow(t *testing.T) {
	p := start(t, engineio.Config{})
	session := p.poll("EIO=4")
	for range 300 {
		p.expect(p.post(session, "4x"), 200, "ok")
		p.expect(p.get(session), 200, "4x")
	}
}
