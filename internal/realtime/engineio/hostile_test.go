package engineio_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"

	"github.com/gorilla/websocket"
)

// raw is a connection by hand.
type raw struct {
	t    *testing.T
	conn net.Conn
	br   *bufio.Reader
}

func (p *peer) raw() *raw {
	p.t.Helper()
	conn, err := p.dial()
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close() }) // often closed already
	return &raw{p.t, conn, bufio.NewReader(conn)}
}

func (r *raw) write(b string) {
	r.t.Helper()
	if _, err := io.WriteString(r.conn, b); err != nil {
		r.t.Fatal(err)
	}
}

const upgradeHead = "Host: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// upgrade opens a WebSocket with further headers, and returns the status.
func (r *raw) upgrade(query, headers string) int {
	r.t.Helper()
	r.write("GET /engine.io/?" + query + " HTTP/1.1\r\n" + upgradeHead + headers + "\r\n")
	res, err := http.ReadResponse(r.br, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// open opens a session.
func (r *raw) open(query string) {
	r.t.Helper()
	if status := r.upgrade(query+"&transport=websocket", ""); status != 101 {
		r.t.Fatalf("status %d", status)
	}
	if got := r.frame(); got[0] != '0' {
		r.t.Fatalf("got %q", got)
	}
}

// frame reads a short frame.
func (r *raw) frame() string {
	r.t.Helper()
	head := make([]byte, 2)
	if _, err := io.ReadFull(r.br, head); err != nil {
		r.t.Fatal(err)
	}
	body := make([]byte, head[1])
	if _, err := io.ReadFull(r.br, body); err != nil || len(body) > 125 {
		r.t.Fatalf("frame of %d: %v", len(body), err)
	}
	return string(body)
}

// rest reads until the server ends the connection.
func (r *raw) rest() string {
	b, _ := io.ReadAll(r.br) // a reset is an end too
	return string(b)
}

// frame returns a masked frame, its key zero.
func clientFrame(first byte, payload string) string {
	n := len(payload)
	head := []byte{first, 0x80 | byte(min(n, 126))}
	if n >= 126 {
		head = append(head, byte(n>>8), byte(n))
	}
	return string(head) + "\x00\x00\x00\x00" + payload
}

// TestBrokenFrames sends what breaks a WebSocket, each on a connection of its
// own, and expects its end.
func TestBrokenFrames(t *testing.T) {
	p := start(t, engineio.Config{MaxPayload: 1000})
	cases := map[string]string{
		"RSV1 (compression that was not agreed on)": clientFrame(0xc1, "4x"),
		"RSV2 (CVE-2022-21676)":                     clientFrame(0xa1, "4x"),
		"RSV3":                                      clientFrame(0x91, "4x"),
		"unknown opcode":                            clientFrame(0x83, "4x"),
		"not masked":                                "\x81\x024x",
		"continuation of nothing":                   clientFrame(0x80, "4x"),
		"text within text":                          clientFrame(0x01, "4x") + clientFrame(0x81, "4x"),
		"length overflow (CVE-2020-27813)":          "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00x",
		"length beyond the limit":                   "\x81\xff\x00\x00\x00\x7f\xff\xff\xff\xff\x00\x00\x00\x00x",
		"fragments beyond the limit":                clientFrame(0x01, "4") + strings.Repeat(clientFrame(0x00, strings.Repeat("x", 100)), 10),
		"long ping":                                 clientFrame(0x89, strings.Repeat("x", 126)),
		"fragmented ping":                           clientFrame(0x09, "x"),
		"bad close code":                            clientFrame(0x88, "\x03\xed"),
		"empty text":                                clientFrame(0x81, ""),
		"unknown packet":                            clientFrame(0x81, "9"),
		"open packet":                               clientFrame(0x81, "0{}"),
		"ping of the client":                        clientFrame(0x81, "2"),
		"upgrade without one":                       clientFrame(0x81, "5"),
		"no UTF-8":                                  clientFrame(0x81, "4\xff\xfe"),
		"half a character":                          clientFrame(0x81, "4\xf0\x9f"),
		"bad base64":                                clientFrame(0x81, "b***"),
	}
	for name, input := range cases {
		t.Run(name, func(t *testing.T) {
			r := p.raw()
			r.open("EIO=4")
			r.write(input)
			r.rest()
		})
	}
	old := p.open("EIO=3")
	old.send("3")
	old.closes()
	old = p.open("EIO=3")
	old.sendBinary()
	old.closes()
	old = p.open("EIO=3")
	old.sendBinary(1, 2, 3)
	old.closes()
}

// TestTooLarge is the huge message of the ws family (CVE-2016-10542), and the
// bound of CVE-2020-36048.
func TestTooLarge(t *testing.T) {
	p := start(t, engineio.Config{PingTimeout: time.Minute})
	s := p.open("EIO=4")
	s.send("4" + strings.Repeat("x", 999_999))
	if got := s.read(); len(got) != 1_000_000 {
		t.Errorf("got %d bytes back", len(got))
	}
	_ = s.conn.WriteMessage(websocket.TextMessage, []byte("4"+strings.Repeat("x", 1_000_000))) // may be cut while it writes
	if code := s.closes(); code != websocket.CloseMessageTooBig {
		t.Errorf("close code %d", code)
	}
	for _, query := range []string{"EIO=3", "EIO=4"} {
		session := p.poll(query)
		if got := p.post(session, strings.Repeat("x", 1_000_001)); got.status != 413 {
			t.Errorf("%s: got %d", query, got.status)
		}
	}
	announced := p.raw()
	announced.write("POST /engine.io/?" + p.poll("EIO=4") + " HTTP/1.1\r\nHost: test\r\nContent-Length: 1000001\r\n\r\n")
	if res, err := http.ReadResponse(announced.br, nil); err != nil || res.StatusCode != 413 { //nolint:bodyclose // it has none
		t.Errorf("a body that was only announced: %v, %v", res, err)
	}
	session := p.poll("EIO=4")
	r := p.request("POST", session, "")
	r.Body, r.ContentLength = io.NopCloser(io.LimitReader(endless{}, 2_000_000)), -1
	if got := p.do(r); got.status != 413 {
		t.Errorf("chunked: got %d", got.status)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

func TestBadPayloads(t *testing.T) {
	p := start(t, engineio.Config{})
	cases := []struct{ query, kind, body string }{
		{"EIO=3", "text/plain", ""},
		{"EIO=3", "text/plain", "0:"},
		{"EIO=3", "text/plain", ":4x"},
		{"EIO=3", "text/plain", "3:4x"},
		{"EIO=3", "text/plain", "-1:4x"},
		{"EIO=3", "text/plain", "1e1:4xxxxxxxxx"},
		{"EIO=3", "text/plain", "99999999999999999999:4x"},
		{"EIO=3", "text/plain", "2:4😀"},
		{"EIO=3", "text/plain", "2:4\xf0"},
		{"EIO=3", "text/plain", "2:4xjunk"},
		{"EIO=3", "text/plain", "6:bAQI=x"},
		{"EIO=3", "application/octet-stream", "\x02\x01\xff4"},
		{"EIO=3", "application/octet-stream", "\x00\xff4"},
		{"EIO=3", "application/octet-stream", "\x00\x09\x09\x09\x09\x09\x09\x09\x09\x09\xff4"},
		{"EIO=3", "application/octet-stream", "\x00\x05\xff4x"},
		{"EIO=3", "application/octet-stream", "\x01\x01\xff\x03"},
		{"EIO=3", "application/octet-stream", "6:4hello"},
		{"EIO=4", "text/plain", ""},
		{"EIO=4", "text/plain", "\x1e"},
		{"EIO=4", "text/plain", "4x\x1e"},
		{"EIO=4", "text/plain", "\x1e4x"},
		{"EIO=4", "text/plain", "2"},
		{"EIO=4", "text/plain", "4\xff"},
		{"EIO=4", "application/octet-stream", "4hello"}, // CVE-2026-59725: is answered, and at once
	}
	for _, c := range cases {
		t.Run(c.query+" "+c.kind+" "+c.body, func(t *testing.T) {
			session := p.poll(c.query)
			r := p.request("POST", session, c.body)
			r.Header.Set("Content-Type", c.kind)
			p.expect(p.do(r), 400, `{"code":3,"message":"Bad request"}`)
			p.expect(p.get(session), 400, `{"code":1,"message":"Session ID unknown"}`)
		})
	}
}

// TestManyTinyPackets is CVE-2020-36048 within the limit: answering costs no
// more than the queue may hold.
func TestManyTinyPackets(t *testing.T) {
	p := start(t, engineio.Config{MaxQueue: 64 << 10})
	session := p.poll("EIO=3")
	p.expect(p.post(session, strings.Repeat("1:2", 300_000)), 200, "ok")
	p.ended(engineio.ReasonOverflow)
}

// TestConnectionResets opens and cuts connections at each step (CVE-2022-41940).
func TestConnectionResets(t *testing.T) {
	p := start(t, engineio.Config{})
	cut := func(r *raw) {
		if tcp, ok := r.conn.(*net.TCPConn); ok {
			if err := tcp.SetLinger(0); err != nil {
				t.Error(err)
			}
		}
		if err := r.conn.Close(); err != nil {
			t.Error(err)
		}
	}
	for i := range 50 {
		session := p.poll("EIO=4")
		r := p.raw()
		r.write("GET /engine.io/?" + strings.Replace(session, "polling", "websocket", 1) + " HTTP/1.1\r\n" + upgradeHead + "\r\n")
		if i%2 == 0 {
			if _, err := http.ReadResponse(r.br, nil); err != nil { //nolint:bodyclose // it has none
				t.Error(err)
			}
			r.write(clientFrame(0x81, "2probe"))
		}
		cut(r)
		r = p.raw()
		r.open("EIO=4")
		r.write("\x81\x85\x00\x00\x00\x004h")
		cut(r)
		p.ended(engineio.ReasonTransportError)
	}
	p.open("EIO=4").send("4alive")
}

// TestStrangeHeaders sends the headers of the ws family of advisories
// (CVE-2021-32640, CVE-2024-37890, and that of malformed extensions).
func TestStrangeHeaders(t *testing.T) {
	p := start(t, engineio.Config{})
	for name, headers := range map[string]string{
		"extensions that are none":  "Sec-WebSocket-Extensions: permessage-deflate; ;;=\"\r\n",
		"a name of the prototype":   "Sec-WebSocket-Extensions: constructor; __proto__\r\n",
		"a long blank in protocols": "Sec-WebSocket-Protocol: a" + strings.Repeat(" ", 50_000) + "b\r\n",
		"very many headers":         strings.Repeat("X-A: b\r\n", 3000),
	} {
		t.Run(name, func(t *testing.T) {
			r := p.raw()
			if status := r.upgrade("EIO=4&transport=websocket", headers); status != 101 {
				t.Errorf("status %d", status)
			}
		})
	}
	r := p.raw()
	if status := r.upgrade("EIO=4&transport=websocket", strings.Repeat("X-A: "+strings.Repeat("b", 1000)+"\r\n", 2000)); status != 431 {
		t.Errorf("2 MB of headers: status %d", status)
	}
}

// TestFloods sends control frames and tiny fragments without reading: what is
// kept for the peer stays within the queue, and the peer is cut.
func TestFloods(t *testing.T) {
	p := start(t, engineio.Config{MaxQueue: 64 << 10, PingTimeout: time.Second})
	for name, unit := range map[string]string{
		"pings":           clientFrame(0x89, strings.Repeat("x", 125)),
		"echoed messages": clientFrame(0x81, "4"+strings.Repeat("x", 1000)),
	} {
		t.Run(name, func(*testing.T) {
			r := p.raw()
			r.open("EIO=4")
			flood := strings.Repeat(unit, 1000)
			for {
				if _, err := io.WriteString(r.conn, flood); err != nil {
					break // cut
				}
			}
			<-p.last().closed
		})
	}
	for name, unit := range map[string]string{
		"pongs (CVE-2026-48802)":           clientFrame(0x8a, "x"),
		"empty fragments (CVE-2026-48779)": clientFrame(0x00, ""),
	} {
		t.Run(name, func(*testing.T) {
			r := p.raw()
			r.open("EIO=4")
			if unit[0] == 0 {
				r.write(clientFrame(0x01, "4hello"))
			}
			r.write(strings.Repeat(unit, 10_000))
			if unit[0] == 0 {
				r.write(clientFrame(0x80, ""))
			} else {
				r.write(clientFrame(0x81, "4hello"))
			}
			for r.frame() != "4hello" {
			}
		})
	}
}

// TestStalledPeer holds back its reading: the write deadline ends it.
func TestStalledPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startPipes(t, engineio.Config{PingInterval: time.Hour, PingTimeout: 5 * time.Second})
		s := p.open("EIO=4")
		begin := time.Now()
		if err := p.last().session.Send(engineio.TextFrame([]byte("x"))); err != nil {
			t.Fatal(err)
		}
		p.ended(engineio.ReasonTransportError)
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("ended after %v", took)
		}
		s.closes()
	})
}

func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startPipes(t, engineio.Config{PingInterval: time.Hour, MaxQueue: 1000})
		p.poll("EIO=4")
		session := p.last().session
		large := engineio.TextFrame(make([]byte, 5000))
		if err := session.Send(large); err != nil {
			t.Fatalf("one large message alone: %v", err)
		}
		if n := session.Queued(); n != len(large) {
			t.Errorf("%d bytes queued", n)
		}
		if err := session.Send(large); err != engineio.ErrQueueFull { //nolint:errorlint // documented bare
			t.Errorf("a second one: %v", err)
		}
		p.ended(engineio.ReasonOverflow)
		if err := session.Send(large); err != engineio.ErrClosed { //nolint:errorlint // documented bare
			t.Errorf("after the end: %v", err)
		}
	})
}

// TestIDsAreUnpredictable is CVE-2017-16031.
func TestIDsAreUnpredictable(t *testing.T) {
	seen := make(map[string]bool)
	for range 10_000 {
		id := engineio.NewID()
		if len(id) != 20 || seen[id] || strings.ContainsAny(id, ":=/+") {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}

// TestServerClose ends polls and WebSockets so that clients come back.
func TestServerClose(t *testing.T) {
	p := start(t, engineio.Config{})
	s := p.open("EIO=4")
	polled := make(chan response)
	session := p.poll("EIO=4")
	p.poll("EIO=3") // never polls again
	go func() { polled <- p.get(session) }()
	p.post(session, "4x")
	p.expect(<-polled, 200, "4x")
	p.server.Close()
	if code := s.closes(); code != websocket.CloseGoingAway {
		t.Errorf("close code %d", code)
	}
	for _, e := range p.sessions {
		if reason := <-e.closed; reason != engineio.ReasonShutdown {
			t.Errorf("ended by %q", reason)
		}
	}
	if got := p.get("EIO=4&transport=polling"); got.status != 503 {
		t.Errorf("a new session: %+v", got)
	}
	if n := p.server.Len(); n != 0 {
		t.Errorf("%d sessions left", n)
	}
}

// TestServerCloseWhilePolling ends a poll as a break, not with a close packet,
// after which a client in Python would stay away.
func TestServerCloseWhilePolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startPipes(t, engineio.Config{})
		for _, query := range []string{"EIO=3", "EIO=4"} {
			session := p.poll(query)
			polled := make(chan response)
			go func() { polled <- p.get(session) }()
			synctest.Wait()
			p.last().session.Close(engineio.ReasonForcedClose)
			p.expect(<-polled, 400, `{"code":1,"message":"Session ID unknown"}`)
			p.ended(engineio.ReasonForcedClose)
		}
	})
}

// TestManyAbruptEnds ends with goleak: no goroutine is left behind.
func TestManyAbruptEnds(t *testing.T) {
	p := start(t, engineio.Config{})
	for i := range 200 {
		r := p.raw()
		r.open(fmt.Sprintf("EIO=%d", 3+i%2))
		if err := r.conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range p.sessions {
		<-e.closed
	}
	if n := p.server.Len(); n != 0 {
		t.Errorf("%d sessions left", n)
	}
}
