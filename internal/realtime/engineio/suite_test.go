package engineio_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"
)

// The cases of the official suites for the revisions 3 and 4, in the settings
// that they ask for.

func suiteConfig() engineio.Config {
	return engineio.Config{PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond}
}

// frame returns packets in the body of a revision.
func frame(revision int, packets ...string) string {
	body := ""
	for i, p := range packets {
		switch {
		case revision < 4:
			body += fmt.Sprintf("%d:%s", len(p), p)
		case i > 0:
			body += "\x1e" + p
		default:
			body += p
		}
	}
	return body
}

// eachRevision runs a test for the revisions 3 and 4 with synthetic time.
func eachRevision(t *testing.T, test func(t *testing.T, p *peer, revision int, query string)) {
	t.Helper()
	for _, revision := range []int{3, 4} {
		t.Run(fmt.Sprintf("EIO%d", revision), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test(t, startPipes(t, suiteConfig()), revision, fmt.Sprintf("EIO=%d", revision))
			})
		})
	}
}

func TestHandshake(t *testing.T) {
	eachRevision(t, func(t *testing.T, p *peer, revision int, query string) {
		r := p.get(query + "&transport=polling")
		if r.status != 200 || r.header.Get("Content-Type") != "text/plain; charset=UTF-8" {
			t.Errorf("got %d %v", r.status, r.header)
		}
		polling := p.parseOpen(" " + r.body)
		socket := p.parseOpen(" " + p.socket(query+"&transport=websocket").read())
		for _, h := range []handshake{polling, socket} {
			if h.PingInterval != 300 || h.PingTimeout != 200 || h.MaxPayload != 1_000_000 || len(h.Sid) < 20 {
				t.Errorf("got %+v", h)
			}
		}
		if fmt.Sprint(polling.Upgrades, socket.Upgrades) != "[websocket] []" || polling.Sid == socket.Sid {
			t.Errorf("got %+v and %+v", polling, socket)
		}
	})
}

func TestRefusedRequests(t *testing.T) {
	config := suiteConfig()
	config.PingInterval = time.Hour
	config.Allow = func(r *http.Request) bool { return r.URL.Query().Get("secret") != "wrong" }
	p := start(t, config)
	sid3 := p.poll("EIO=3")[len("EIO=3&transport=polling&sid="):]
	sid4 := p.poll("EIO=4")[len("EIO=4&transport=polling&sid="):]
	upgraded := http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}}
	cases := []struct {
		name, method, query string
		header              http.Header
		status              int
		body                string
	}{
		{"no revision", "GET", "transport=polling", nil, 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"revision abc", "GET", "EIO=abc&transport=polling", nil, 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"revision 1", "GET", "EIO=1&transport=polling", nil, 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"no transport", "GET", "EIO=4", nil, 400, `{"code":0,"message":"Transport unknown"}`},
		{"transport abc", "GET", "EIO=4&transport=abc", nil, 400, `{"code":0,"message":"Transport unknown"}`},
		{"transport __proto__", "GET", "EIO=4&transport=__proto__", nil, 400, `{"code":0,"message":"Transport unknown"}`},
		{"a POST", "POST", "EIO=4&transport=polling", nil, 400, `{"code":2,"message":"Bad handshake method"}`},
		{"a PUT", "PUT", "EIO=3&transport=polling", nil, 400, `{"code":2,"message":"Bad handshake method"}`},
		{"a PUT to a session", "PUT", "EIO=3&transport=polling&sid=" + sid3, nil, 400, `{"code":3,"message":"Bad request"}`},
		{"websocket without upgrade", "GET", "EIO=4&transport=websocket", nil, 400, `{"code":3,"message":"Bad request"}`},
		{"upgrade with polling", "GET", "EIO=4&transport=polling", upgraded, 400, "Bad request"},
		{"upgrade without transport", "GET", "EIO=4", upgraded, 400, "Transport unknown"},
		{"upgrade with transport abc (CVE-2023-31125)", "GET", "EIO=4&transport=abc", upgraded, 400, "Transport unknown"},
		{"upgrade with transport constructor (CVE-2023-31125)", "GET", "EIO=4&transport=constructor", upgraded, 400, "Transport unknown"},
		{"upgrade of no session", "GET", "EIO=4&transport=websocket&sid=no", upgraded, 400, "Session ID unknown"},
		{"upgrade without revision", "GET", "transport=websocket", upgraded, 400, "Unsupported protocol version"},
		{"upgrade of revision abc", "GET", "EIO=abc&transport=websocket", upgraded, 400, "Unsupported protocol version"},
		{"upgrade of no revision", "GET", "EIO=5&transport=websocket", upgraded, 400, "Unsupported protocol version"},
		{"unknown session", "GET", "EIO=4&transport=polling&sid=no", nil, 400, `{"code":1,"message":"Session ID unknown"}`},
		{"session __proto__", "GET", "EIO=4&transport=polling&sid=__proto__", nil, 400, `{"code":1,"message":"Session ID unknown"}`},
		{"revision 4 on 3 (engine.io 6.6.10-11)", "GET", "EIO=4&transport=polling&sid=" + sid3, nil, 400, `{"code":3,"message":"Bad request"}`},
		{"revision 3 on 4", "GET", "EIO=3&transport=polling&sid=" + sid4, nil, 400, `{"code":3,"message":"Bad request"}`},
		{"revision 3 on 4 by POST", "POST", "EIO=3&transport=polling&sid=" + sid4, nil, 400, `{"code":3,"message":"Bad request"}`},
		{"revision 3 on 4 by upgrade", "GET", "EIO=3&transport=websocket&sid=" + sid4, upgraded, 400, "Bad request"},
		{"no revision on 4", "GET", "transport=polling&sid=" + sid4, nil, 400, `{"code":3,"message":"Bad request"}`},
		{"websocket on a session without upgrade", "GET", "EIO=4&transport=websocket&sid=" + sid4, nil, 400, `{"code":3,"message":"Bad request"}`},
		{"not allowed", "GET", "EIO=4&transport=polling&secret=wrong", nil, 403, `{"code":4,"message":"Forbidden"}`},
		{"proto as a key (engine.io 6.6.10-11)", "GET", "EIO=abc&transport=polling&__proto__=x&__proto__[a]=b", nil, 400, `{"code":5,"message":"Unsupported protocol version"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := p.request(c.method, c.query, "")
			r.Header = c.header.Clone()
			got := p.do(r)
			if got.status != c.status || got.body != c.body {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, c.status, c.body)
			}
			if h := got.header; h.Get("Vary") != "Origin" || h.Get("Cache-Control") != "no-store" || h.Get("Set-Cookie") != "" {
				t.Errorf("headers %v", h)
			}
		})
	}
	if n := p.server.Len(); n != 2 {
		t.Errorf("%d sessions are left, want the two", n)
	}
}

func TestPollingMessages(t *testing.T) {
	eachRevision(t, func(t *testing.T, p *peer, revision int, query string) {
		session := p.poll(query)
		for _, packets := range [][]string{{"4hello"}, {"4test1", "4test2", "4test3"}} {
			posted := p.post(session, frame(revision, packets...))
			p.expect(posted, 200, "ok")
			if kind := posted.header.Get("Content-Type"); kind != "text/html" {
				t.Errorf("type %q", kind)
			}
			p.expect(p.get(session), 200, frame(revision, packets...))
		}
		binary := "bAQIDBA=="
		if revision == 3 {
			session = p.poll(query + "&b64=1")
			binary = "b4AQIDBA=="
		}
		p.expect(p.post(session, frame(revision, "4hello", binary)), 200, "ok")
		p.expect(p.get(session), 200, frame(revision, "4hello", binary))
	})
}

func TestPollingBinaryAnswer(t *testing.T) {
	p := start(t, suiteConfig())
	session := p.poll("EIO=3")
	p.expect(p.post(session, "6:4hello10:b4AQIDBA=="), 200, "ok")
	p.expect(p.get(session), 200, "\x00\x06\xff4hello\x01\x05\xff\x04\x01\x02\x03\x04")
}

func TestPollingInvalidPacket(t *testing.T) {
	eachRevision(t, func(t *testing.T, p *peer, _ int, query string) {
		session := p.poll(query)
		p.expect(p.post(session, "abc"), 400, `{"code":3,"message":"Bad request"}`)
		p.expect(p.get(session), 400, `{"code":1,"message":"Session ID unknown"}`)
		p.ended(engineio.ReasonParseError)
	})
}

func TestPollingTwice(t *testing.T) {
	eachRevision(t, func(t *testing.T, p *peer, revision int, query string) {
		session := p.poll(query)
		first := make(chan response)
		go func() { first <- p.get(session) }()
		synctest.Wait()
		if got := p.get(session + "&t=burst"); got.status != 400 {
			t.Errorf("second poll: %d", got.status)
		}
		p.expect(<-first, 200, frame(revision, "1"))
		p.expect(p.get(session), 400, `{"code":1,"message":"Session ID unknown"}`)
	})
}

func TestPollingCancelled(t *testing.T) {
	eachRevision(t, func(t *testing.T, p *peer, _ int, query string) {
		session := p.poll(query)
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error)
		go func() {
			_, err := p.client.Do(p.request("GET", session, "").WithContext(ctx)) //nolint:bodyclose // it fails
			failed <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-failed; err == nil {
			t.Error("the poll was answered")
		}
		p.ended(engineio.ReasonTransportError)
		p.expect(p.get(session), 400, `{"code":1,"message":"Session ID unknown"}`)
	})
}

func TestWebSocketMessages(t *testing.T) {
	eachRevision(t, func(_ *testing.T, p *peer, revision int, query string) {
		s := p.open(query)
		s.send("4hello")
		s.expect("4hello")
		data := []byte{4, 1, 2, 3, 4}
		s.sendBinary(data...)
		s.expectBinary(data...)
		if revision == 4 {
			s.sendBinary(1, 2, 3)
			s.expectBinary(1, 2, 3)
			s.sendBinary() // an attachment may be empty
			s.expectBinary()
		}
		s.send("abc")
		s.closes()
		p.ended(engineio.ReasonParseError)
	})
}

func TestHeartbeatPolling(t *testing.T) {
	eachRevision(t, func(_ *testing.T, p *peer, revision int, query string) {
		session := p.poll(query)
		for range 3 {
			if revision == 3 {
				p.expect(p.post(session, "1:2"), 200, "ok")
				p.expect(p.get(session), 200, "1:3")
				continue
			}
			p.expect(p.get(session), 200, "2")
			p.expect(p.post(session, "3"), 200, "ok")
		}
		<-time.After(500 * time.Millisecond)
		late := p.get
		if revision == 3 {
			late = func(session string) response { return p.post(session, "1:2") }
		}
		p.expect(late(session), 400, `{"code":1,"message":"Session ID unknown"}`)
		p.ended(engineio.ReasonPingTimeout)
	})
}

func TestHeartbeatWebSocket(t *testing.T) {
	eachRevision(t, func(t *testing.T, p *peer, revision int, query string) {
		s := p.open(query)
		begin := time.Now()
		for range 10 {
			if revision == 3 {
				<-time.After(300 * time.Millisecond)
				s.send("2")
				s.expect("3")
				continue
			}
			s.expect("2")
			s.send("3")
		}
		if took := time.Since(begin); took < 3*time.Second || took > 3500*time.Millisecond {
			t.Errorf("ten heartbeats took %v", took)
		}
		begin = time.Now()
		s.closes()
		p.ended(engineio.ReasonPingTimeout)
		if took := time.Since(begin); took < 490*time.Millisecond || took > 530*time.Millisecond {
			t.Errorf("the end came after %v", took)
		}
	})
}

func TestClosePolling(t *testing.T) {
	eachRevision(t, func(t *testing.T, p *peer, revision int, query string) {
		for _, pollFirst := range []bool{true, false} {
			session := p.poll(query)
			got := make(chan response, 1)
			if pollFirst {
				go func() { got <- p.get(session) }()
				synctest.Wait()
			}
			p.expect(p.post(session, frame(revision, "1")), 200, "ok")
			if !pollFirst {
				got <- p.get(session)
			}
			p.expect(<-got, 200, frame(revision, "6"))
			p.expect(p.get(session), 400, `{"code":1,"message":"Session ID unknown"}`)
			p.ended(engineio.ReasonTransportClose)
		}
	})
}

func TestCloseWebSocket(t *testing.T) {
	eachRevision(t, func(_ *testing.T, p *peer, _ int, query string) {
		s := p.open(query)
		s.send("1")
		s.closes()
		p.ended(engineio.ReasonTransportClose)
	})
}

func TestUpgrade(t *testing.T) {
	eachRevision(t, func(_ *testing.T, p *peer, revision int, query string) {
		session := p.poll(query)
		s := p.upgrade(session)
		s.send("2probe")
		s.expect("3probe")
		p.expect(p.get(session), 200, frame(revision, "6"))
		s.send("5", "4hello")
		s.expect("4hello")
		if got := p.get(session); got.status != 400 {
			p.t.Errorf("a poll after the upgrade: %+v", got)
		}
		if got := p.post(session, frame(revision, "4x")); got.status != 400 {
			p.t.Errorf("a POST after the upgrade: %+v", got)
		}
		p.upgrade(session).closes()
		s.send("4still there")
		s.expect("4still there")
	})
}

// TestServerDeadlines waits on a server whose own deadlines are shorter than a
// poll and than the life of a WebSocket.
func TestServerDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startPipes(t, engineio.Config{})
		session := p.poll("EIO=4")
		s := p.open("EIO=4")
		begin := time.Now()
		s.expect("2")
		s.send("3")
		p.expect(p.get(session), 200, "2")
		if took := time.Since(begin); took < 25*time.Second || took > 27*time.Second {
			t.Errorf("the pings came after %v", took)
		}
		p.expect(p.post(session, "3\x1e4hello"), 200, "ok")
		p.expect(p.get(session), 200, "4hello")
	})
}
