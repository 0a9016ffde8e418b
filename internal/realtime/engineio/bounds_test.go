package engineio_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"

	"github.com/gorilla/websocket"
)

// TestUpgradeTimeout has an upgrade stand still at each of its steps. It is cut
// after its time, and the session goes on by polling.
func TestUpgradeTimeout(t *testing.T) {
	for _, sent := range []string{"", "2probe"} {
		t.Run("after "+sent, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := startPipes(t, engineio.Config{})
				session := p.poll("EIO=4")
				s := p.upgrade(session)
				begin := time.Now()
				if sent != "" {
					s.send(sent)
					s.expect("3probe")
				}
				s.closes()
				if took := time.Since(begin); took != 10*time.Second {
					t.Errorf("cut after %v", took)
				}
				p.expect(p.post(session, "4hello"), 200, "ok")
				p.expect(p.get(session), 200, "4hello")
				again := p.upgrade(session)
				again.send("2probe")
				again.expect("3probe")
				again.send("5", "4there")
				again.expect("4there")
			})
		})
	}
}

// TestSecondUpgrade opens another WebSocket while one is being probed: it is
// closed, and the first goes on.
func TestSecondUpgrade(t *testing.T) {
	p := start(t, engineio.Config{})
	session := p.poll("EIO=4")
	first := p.upgrade(session)
	first.send("2probe")
	first.expect("3probe")
	p.upgrade(session).closes()
	first.send("5", "4hello")
	first.expect("4hello")
}

// TestStalledPoll never reads the answer to its poll: the write deadline ends it.
func TestStalledPoll(t *testing.T) {
	for _, revision := range []int{3, 4} {
		synctest.Test(t, func(t *testing.T) {
			p := startPipes(t, engineio.Config{PingInterval: time.Hour, PingTimeout: 3 * time.Second})
			session := p.poll(fmt.Sprintf("EIO=%d", revision))
			p.expect(p.post(session, frame(revision, "4hello")), 200, "ok")
			r := p.raw()
			begin := time.Now()
			r.write("GET /engine.io/?" + session + " HTTP/1.1\r\nHost: test\r\n\r\n")
			p.ended(engineio.ReasonTransportError)
			if took := time.Since(begin); took != 3*time.Second {
				t.Errorf("ended after %v", took)
			}
		})
	}
}

// TestStalledPost sends a body that never ends: it is given up in time, and the
// connection with it.
func TestStalledPost(t *testing.T) {
	for name, body := range map[string]string{
		"counted":           "Content-Length: 100\r\n\r\n4hello",
		"chunked":           "Transfer-Encoding: chunked\r\n\r\n6\r\n4hello\r\n",
		"chunked, too long": "Transfer-Encoding: chunked\r\n\r\nffff0\r\n" + strings.Repeat("x", 0xffff0) + "\r\n1\r\nx",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := startPipes(t, engineio.Config{MaxPayload: 100_000})
				session := p.poll("EIO=4")
				r := p.raw()
				begin := time.Now()
				go func() { _, _ = io.WriteString(r.conn, "POST /engine.io/?"+session+" HTTP/1.1\r\nHost: test\r\n"+body) }() // may be cut
				r.rest()
				if took := time.Since(begin); took > 10*time.Second {
					t.Errorf("cut after %v", took)
				}
				if !strings.Contains(name, "too long") {
					p.ended(engineio.ReasonTransportError)
				}
			})
		})
	}
}

// TestOverlappingPosts sends a second POST while the first is being read: it is
// refused, and the session closed.
func TestOverlappingPosts(t *testing.T) {
	p := start(t, engineio.Config{})
	session := p.poll("EIO=4")
	r := p.raw()
	r.write("POST /engine.io/?" + session + " HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n")
	if res, err := http.ReadResponse(r.br, nil); err != nil || res.StatusCode != 100 { //nolint:bodyclose // it has none
		t.Fatal(res, err)
	}
	p.expect(p.post(session, "4second"), 400, `{"code":3,"message":"Bad request"}`)
	p.ended(engineio.ReasonTransportError)
	p.expect(p.get(session), 400, `{"code":1,"message":"Session ID unknown"}`)
}

// TestLargeForm holds the body of a JSONP request to the limit of what is in it.
func TestLargeForm(t *testing.T) {
	p := start(t, engineio.Config{MaxPayload: 1000})
	for form, status := range map[string]int{
		"d=" + strings.Repeat("%61", 1000):     400, // no payload, but not too long
		"d=" + strings.Repeat("%61", 1001):     413,
		"d=" + strings.Repeat("x", 1001):       413,
		"x=" + strings.Repeat("x", 3000) + "&": 413,
	} {
		r := p.request("POST", p.poll("EIO=3")+"&j=0", form)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if got := p.do(r); got.status != status {
			t.Errorf("%.20s: got %d, want %d", form, got.status, status)
		}
	}
}

// TestDataWithHandshake sends frames together with the request for the upgrade,
// broken (CVE-2022-21676) and well-formed ones. Others are not affected.
func TestDataWithHandshake(t *testing.T) {
	p := start(t, engineio.Config{})
	for _, early := range []string{clientFrame(0xa1, "4x"), clientFrame(0x91, "4x"), clientFrame(0x81, "4x"), "\x00"} {
		for _, query := range []string{"EIO=4&transport=websocket", strings.Replace(p.poll("EIO=4"), "polling", "websocket", 1)} {
			r := p.raw()
			r.write("GET /engine.io/?" + query + " HTTP/1.1\r\n" + upgradeHead + "\r\n" + early)
			r.write(clientFrame(0xa1, "4x"))
			r.rest()
		}
	}
	s := p.open("EIO=4")
	s.send("4alive")
	s.expect("4alive")
}

// TestBrokenProbe sends broken frames on a WebSocket that is not yet the
// transport: polling goes on.
func TestBrokenProbe(t *testing.T) {
	p := start(t, engineio.Config{MaxPayload: 1000})
	session := p.poll("EIO=4")
	for name, input := range map[string]string{
		"RSV2 (CVE-2022-21676)":            clientFrame(0xa1, "2probe"),
		"length overflow (CVE-2020-27813)": "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00x",
		"binary":                           clientFrame(0x82, "2probe"),
		"too long":                         clientFrame(0x81, "2probe"+strings.Repeat("x", 1000)),
		"a close":                          clientFrame(0x88, "\x03\xe8"),
		"a ping, and then a wrong probe":   clientFrame(0x89, "x") + clientFrame(0x81, "2probf"),
	} {
		t.Run(name, func(t *testing.T) {
			r := p.raw()
			if status := r.upgrade(strings.Replace(session, "polling", "websocket", 1), ""); status != 101 {
				t.Fatalf("status %d", status)
			}
			r.write(input)
			r.rest()
			p.expect(p.post(session, "4hello"), 200, "ok")
			p.expect(p.get(session), 200, "4hello")
		})
	}
}

// TestFramesAfterClose goes on sending after its Close frame, as the client in
// Python does: the answer arrives all the same.
func TestFramesAfterClose(t *testing.T) {
	p := start(t, engineio.Config{})
	r := p.raw()
	r.open("EIO=4")
	r.write(clientFrame(0x88, "\x03\xe8") + clientFrame(0x81, "41") + clientFrame(0x81, "1"))
	if got := r.frame(); got != "\x03\xe8" {
		t.Errorf("got %q, want the close code 1000", got)
	}
	if got := r.rest(); got != "" {
		t.Errorf("then came %q", got)
	}
	p.ended(engineio.ReasonTransportClose)
}

// TestTooLargeInEach sends one byte more than the limit in each revision: the
// close code is 1009.
func TestTooLargeInEach(t *testing.T) {
	p := start(t, engineio.Config{})
	for _, query := range []string{"EIO=2", "EIO=3", "EIO=4"} {
		s := p.open(query)
		_ = s.conn.WriteMessage(websocket.TextMessage, []byte("4"+strings.Repeat("x", 1_000_000))) // may be cut while it writes
		if code := s.closes(); code != websocket.CloseMessageTooBig {
			t.Errorf("%s: close code %d", query, code)
		}
		p.ended(engineio.ReasonTransportError)
	}
}
