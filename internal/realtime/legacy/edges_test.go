package legacy_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/activityd/activityd/internal/realtime/legacy"
)

// TestBrokenFrames sends what breaks a WebSocket, each on a connection of its
// own, and expects its end and that of the session.
func TestBrokenFrames(t *testing.T) {
	s := serve(t, func(c *legacy.Config) { c.MaxPayload = 1000 })
	for name, frames := range map[string]string{
		"RSV1 (compression that was not agreed on)": clientFrame(0xc1, "2::"),
		"RSV2 (CVE-2022-21676)":                     clientFrame(0xa1, "2::"),
		"RSV3":                                      clientFrame(0x91, "2::"),
		"unknown opcode":                            clientFrame(0x83, "2::"),
		"not masked":                                "\x81\x032::",
		"continuation of nothing":                   clientFrame(0x80, "2::"),
		"text within text":                          clientFrame(0x01, "2::") + clientFrame(0x81, "2::"),
		"length overflow (CVE-2020-27813)":          "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00x",
		"length beyond the limit":                   "\x81\xff\x00\x00\x00\x7f\xff\xff\xff\xff\x00\x00\x00\x00x",
		"fragments beyond the limit":                clientFrame(0x01, "3:::") + strings.Repeat(clientFrame(0x00, strings.Repeat("x", 100)), 10),
		"many empty fragments (CVE-2026-48779)":     clientFrame(0x01, "5") + strings.Repeat(clientFrame(0x00, ""), 100) + clientFrame(0x80, ""),
		"fragmented ping":                           clientFrame(0x09, "x"),
		"bad close code":                            clientFrame(0x88, "\x03\xed"),
		"empty text":                                clientFrame(0x81, ""),
		"half a character":                          clientFrame(0x81, "3:::\xf0\x9f"),
	} {
		r, err := s.raw()
		if err != nil {
			t.Fatal(err)
		}
		if err := r.upgrade(); err != nil {
			t.Fatal(err)
		}
		if err := r.write(frames); err != nil {
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(r.in) // a reset is an end too
		if strings.Contains(string(rest), "6::") {
			t.Errorf("%s: answered %q", name, rest)
		}
		_ = r.Close() // ended already
		eventually(t, name+": the session is gone", func() bool { return s.legacy.Len() == 0 })
	}
}

// TestHixie76 is a browser whose WebSocket is older than RFC 6455: it is refused
// at once, and its session is there for the transport that it takes next.
func TestHixie76(t *testing.T) {
	s := serve(t, nil)
	sid := s.handshake(t, "")
	got := s.do(t, http.MethodGet, "1/websocket/"+sid, "", "Connection", "Upgrade", "Upgrade", "WebSocket",
		"Sec-WebSocket-Key1", "4 @1  46546xW%0l 1 5", "Sec-WebSocket-Key2", "12998 5 Y3 1  .P00")
	if got.status != http.StatusBadRequest {
		t.Errorf("%d %q", got.status, got.body)
	}
	if got := s.get(t, "1/xhr-polling/"+sid); got != "1::" {
		t.Errorf("poll: %q", got)
	}
}

// TestUnknownTransports are refused, and leave the session as it was.
func TestUnknownTransports(t *testing.T) {
	s := serve(t, nil)
	sid := s.handshake(t, "")
	for _, transport := range []string{
		"flashsocket", "htmlfile", "polling", "WebSocket", "xhr-multipart", "__proto__", "constructor", "..%2f..", "%00", strings.Repeat("x", 5000),
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if got := s.do(t, method, "1/"+transport+"/"+sid, "2::"); got.status != http.StatusBadRequest {
				t.Errorf("%s %.20s: %d %q", method, transport, got.status, got.body)
			}
		}
	}
	if got := s.get(t, "1/xhr-polling/"+sid); got != "1::" {
		t.Errorf("poll: %q", got)
	}
	for _, sid := range []string{"", "/", "__proto__", "..%2f" + sid, sid + "x", sid[1:], sid + "%00", strings.Repeat("x", 5000)} {
		if got := s.get(t, "1/xhr-polling/"+sid); got != "7:::1+0" {
			t.Errorf("sid %.20q: %q", sid, got)
		}
	}
}

// TestCallbackNumbers holds that nothing but digits gets into a script.
func TestCallbackNumbers(t *testing.T) {
	s := serve(t, nil)
	path := "1/jsonp-polling/" + s.handshake(t, "")
	if got := s.get(t, path+"?i=0"); got != `io.j[0]("1::");` {
		t.Fatalf("first poll: %q", got)
	}
	for _, i := range []string{
		"", "i=", "i=x", "i=1%5D%3Balert(1)%3B%2F%2F", "i=%3C/script%3E", "i=-1", "i=1.5", "i=0x1", "i=1234567890", "i=__proto__",
		"i=%D9%A1", "i=1%00", "i[]=1", "I=1",
	} {
		if err := s.socket("/").Emit("news"); err != nil {
			t.Fatal(err)
		}
		got := s.do(t, http.MethodGet, path+"?"+i, "")
		if got.body != `io.j[0]("5:::{\"name\":\"news\"}");` || got.header.Get("X-Content-Type-Options") != "nosniff" ||
			got.header.Get("Content-Type") != "text/javascript; charset=UTF-8" {
			t.Errorf("%s: %q %v", i, got.body, got.header)
		}
	}
	// What an event says cannot end the script.
	if err := s.socket("/").Emit("</script>\u2028", []byte(`"\"]);alert(1)//<!--"`)); err != nil {
		t.Fatal(err)
	}
	if got := s.get(t, path+"?i=7&i=8"); strings.ContainsAny(got, "<>\u2028") || !strings.HasPrefix(got, `io.j[7]("`) {
		t.Errorf("%q", got)
	}
}

// TestQueries holds that the first of several values counts, and that no name is
// special.
func TestQueries(t *testing.T) {
	s := serve(t, nil)
	for query, status := range map[string]int{
		"auth=good&auth=bad":                      http.StatusOK,
		"auth=bad&auth=good":                      http.StatusForbidden,
		"__proto__=x&constructor=y&auth=bad":      http.StatusForbidden,
		"__proto__[auth]=bad&toString=1":          http.StatusOK,
		"auth=%zz":                                http.StatusOK, // no value at all
		strings.Repeat("a=1&", 5000) + "auth=bad": http.StatusForbidden,
	} {
		if got := s.do(t, http.MethodGet, "1/?"+query, ""); got.status != status {
			t.Errorf("%.40s: %d %q", query, got.status, got.body)
		}
	}
}

// TestSessionIDs is CVE-2017-16031: nobody can guess one.
func TestSessionIDs(t *testing.T) {
	s := serve(t, nil)
	known := make(map[string]bool)
	for range 1000 {
		sid := s.handshake(t, "")
		if len(sid) < 20 || known[sid] {
			t.Fatalf("%q after %d", sid, len(known))
		}
		known[sid] = true
	}
}

// TestHugeLengths cost nothing: no more is read than is there.
func TestHugeLengths(t *testing.T) {
	s := serve(t, nil)
	for _, body := range []string{
		"\ufffd999999999\ufffd2::", "\ufffd1000000000\ufffd2::", "\ufffd0000000003\ufffd2::", "\ufffd4294967299\ufffd2::",
		"\ufffd18446744073709551619\ufffd2::", "\ufffd" + strings.Repeat("9", 900_000) + "\ufffd2::", "\ufffd3\ufffd2::\ufffd999999999\ufffd",
		strings.Repeat("\ufffd", 300_000), "\ufffd2\ufffd\xed\xa0\x80::",
	} {
		if got := s.post(t, s.openPolling(t), body); got.status != http.StatusBadRequest {
			t.Errorf("%.40q: %d %q", body, got.status, got.body)
		}
	}
}

// posting is a POST whose body is written by hand.
func (b *bubble) posting(path string) (body *io.PipeWriter, status chan int) {
	b.t.Helper()
	in, out := io.Pipe()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, "http://localhost/socket.io/"+path, in)
	if err != nil {
		b.t.Fatal(err)
	}
	status = make(chan int, 1)
	go func() {
		response, err := b.http.Do(r)
		if err != nil {
			status <- 0 // cut
			return
		}
		defer response.Body.Close()
		_, _ = io.Copy(io.Discard, response.Body) // the status says it
		status <- response.StatusCode
	}()
	return out, status
}

// TestOverlappingPosts refuses the second; the first and the session go on.
func TestOverlappingPosts(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		path := "1/xhr-polling/" + b.handshake("")
		b.get(path)
		body, status := b.posting(path)
		if _, err := io.WriteString(body, `5:1+::{"name":"echo",`); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		second, refused := b.posting(path)
		if err := second.Close(); err != nil {
			t.Fatal(err)
		}
		if got := <-refused; got != http.StatusBadRequest {
			t.Errorf("the second: %d", got)
		}
		if _, err := io.WriteString(body, `"args":[1]}`); err != nil {
			t.Fatal(err)
		}
		if err := body.Close(); err != nil {
			t.Fatal(err)
		}
		if got := <-status; got != http.StatusOK {
			t.Errorf("the first: %d", got)
		}
		if got := b.get(path); got != "6:::1+[1]" {
			t.Errorf("poll: %q", got)
		}
	})
}

// TestStalledPost does not end its body: it is cut, and the session with it.
func TestStalledPost(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		path := "1/xhr-polling/" + b.handshake("")
		b.get(path)
		start := time.Now()
		body, status := b.posting(path)
		if _, err := io.WriteString(body, "3:::never"); err != nil {
			t.Fatal(err)
		}
		b.expectTold(t, "disconnected /: parse error")
		b.took("cutting", start, 5*time.Second)
		if got := <-status; got != http.StatusBadRequest && got != 0 {
			t.Errorf("status %d", got)
		}
		_ = body.Close() // the transport has given it up
		if got := b.get(path); got != "7:::1+0" {
			t.Errorf("poll: %q", got)
		}
	})
}

// pollByHand sends a poll, whose answer the caller reads or not.
func (b *bubble) pollByHand(path string) net.Conn {
	b.t.Helper()
	conn, err := b.net.dial(b.t.Context(), "", "")
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = conn.Close() }) // often cut already
	if _, err := io.WriteString(conn, "GET /socket.io/"+path+" HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
		b.t.Fatal(err)
	}
	return conn
}

// TestStalledPoll does not read its answer: what was in it is lost, and so the
// session ends.
func TestStalledPoll(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		path := "1/xhr-polling/" + b.handshake("")
		b.get(path)
		b.pollByHand(path)
		synctest.Wait()
		start := time.Now()
		if err := b.socket("/").Emit("news"); err != nil {
			t.Fatal(err)
		}
		b.expectTold(t, "disconnected /: transport error")
		b.took("cutting", start, 5*time.Second)
		if n := b.socket("/").Queued(); n != 0 {
			t.Errorf("%d bytes wait", n)
		}
	})
}

// TestHalfOpenPolls are cut off without a sign, with a poll under way: its
// answer goes nowhere, and the session ends a minute after it.
func TestHalfOpenPolls(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		path := "1/xhr-polling/" + b.handshake("")
		b.get(path)
		start := time.Now()
		conn := b.pollByHand(path)
		go io.Copy(io.Discard, conn) //nolint:errcheck // the kernel takes what nobody reads
		b.expectTold(t, "disconnected /: ping timeout")
		b.took("giving up", start, 80*time.Second)
	})
}
