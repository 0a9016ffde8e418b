package legacy_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/realtime/legacy"
	"github.com/activityd/activityd/internal/realtime/socketio"

	"github.com/gorilla/websocket"
)

// malformed packets are sent by no client.
var malformed = []string{
	"", "5", "5:", "5:1", "9::", "a::", "::", "12::", "-1::", " 5:::{}",
	"5:1234567890123456:/alice:{\"name\":\"echo\"}", "5:-1:/alice:{}", "5:1++:/alice:{}", "5:0x1:/alice:{}",
	`5::/alice:`, `5::/alice:{}`, `5::/alice:[]`, `5::/alice:null`, `5::/alice:"name"`, `5::/alice:{"name":1}`,
	`5::/alice:{"name":{"toString":"foo"}}`, `5::/alice:{"name":"echo"`, `5::/alice:{"name":"echo"}}`,
	`5::/alice:{"name":"echo","args":{}}`, `5::/alice:{"name":"echo","args":1}`, `5::/alice:{"name":"echo","args":[1,]}`,
	`5::/alice:{"name":"echo","args":[01]}`, `5::/alice:{"name":"a` + "\n" + `"}`,
	`5::/alice:{"name":"echo","args":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
	`4::/alice:{`, `4::/alice:1,2`, `4::/alice:1]`,
	"6::/alice", "6::/alice:", "6::/alice:a", "6::/alice:1+", "6::/alice:1+{}", "6::/alice:1+[", "6::/alice:+[]",
	"6::/alice:1234567890123456+[]", "1::/" + strings.Repeat("a", 300),
	"5::/alice:{\"name\":\"\xff\"}", "\xef\xbf",
}

func TestMalformedPackets(t *testing.T) {
	s := serve(t, nil)
	for _, packet := range malformed {
		conn := s.open(t)
		send(t, conn, "1::/alice", packet)
		expect(t, conn, "1::/alice")
		code := websocket.CloseProtocolError
		if !isText(packet) {
			code = websocket.CloseInvalidFramePayloadData
		}
		expectClose(t, conn, code)
		s.expectTold(t, "disconnected /alice: parse error")

		path := s.openPolling(t)
		if got := s.post(t, path, packet); got.status != http.StatusBadRequest {
			t.Errorf("POST %.40q: %d %q", packet, got.status, got.body)
		}
		if got := s.get(t, path); got != "7:::1+0" {
			t.Errorf("poll after %.40q: %q", packet, got)
		}
	}
}

func isText(s string) bool { return strings.ToValidUTF8(s, "") == s }

func TestMalformedPayloads(t *testing.T) {
	s := serve(t, nil)
	for _, body := range []string{
		"\ufffd", "\ufffd3", "\ufffd3\ufffd", "\ufffd3\ufffd2:", "\ufffd4\ufffd2::", "\ufffd-3\ufffd2::", "\ufffd\ufffd2::",
		"\ufffd3\ufffd2::x", "\ufffd3\ufffd2::\ufffd", "\ufffd99999999999999999999\ufffd2::", "\ufffd1e1\ufffd2::",
		"\ufffd4\ufffd3:::😀", // half of a character
		"\ufffd0\ufffd",
	} {
		path := s.openPolling(t)
		if got := s.post(t, path, body); got.status != http.StatusBadRequest {
			t.Errorf("%q: %d %q", body, got.status, got.body)
		}
	}
	for _, form := range []string{"", "d=", "d=2::", "d=%22", "d=%ff%", "d={}", "x=1", "d=[%222::%22]"} {
		path := "1/jsonp-polling/" + s.handshake(t, "")
		s.get(t, path)
		if got := s.post(t, path, form); got.status != http.StatusBadRequest {
			t.Errorf("%q: %d %q", form, got.status, got.body)
		}
	}
}

func TestBinaryIsRefused(t *testing.T) {
	s := serve(t, nil)
	conn := s.open(t)
	if err := conn.WriteMessage(websocket.BinaryMessage, []byte("2::")); err != nil {
		t.Fatal(err)
	}
	expectClose(t, conn, websocket.CloseUnsupportedData)
}

func TestTooLarge(t *testing.T) {
	s := serve(t, func(c *legacy.Config) { c.MaxPayload = 1000 })
	fits := "3:::" + strings.Repeat("x", 996)
	conn := s.open(t)
	send(t, conn, fits)
	s.expectTold(t, "event message")
	send(t, conn, fits+"x")
	expectClose(t, conn, websocket.CloseMessageTooBig)
	s.expectTold(t, "disconnected /: parse error")

	path := s.openPolling(t)
	if got := s.post(t, path, fits); got.status != http.StatusOK {
		t.Errorf("fits: %d", got.status)
	}
	if got := s.post(t, path, fits+"x"); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d", got.status)
	}
	if got := s.get(t, path); got != "7:::1+0" {
		t.Errorf("afterwards: %q", got)
	}
}

func TestTooManyNamespaces(t *testing.T) {
	s := serve(t, func(c *legacy.Config) { c.MaxNamespaces = 3 })
	conn := s.open(t)
	send(t, conn, "1::/a", "1::/b", "1::/c")
	expect(t, conn, "1::/a", "1::/b")
	expectClose(t, conn, websocket.CloseProtocolError)

	conn = s.open(t)
	send(t, conn, "1::/no1", "1::/no2", "1::/no3", "1::/no4")
	expect(t, conn, "7::/no1:2", "7::/no2:2", "7::/no3:2", "7::/no4:2")
	expectClose(t, conn, websocket.CloseProtocolError)
}

// TestManyTinyPackets is CVE-2020-36048 for protocol 1: as many packets as fit.
func TestManyTinyPackets(t *testing.T) {
	s := serve(t, nil)
	path := s.openPolling(t)
	one := "\ufffd3\ufffd2::"
	if got := s.post(t, path, strings.Repeat(one, 1_000_000/len(one))); got.status != http.StatusOK {
		t.Errorf("%d %q", got.status, got.body)
	}
	// Each answered at once: the queue has a bound.
	s = serve(t, func(c *legacy.Config) { c.MaxQueue = 10_000 })
	path = s.openPolling(t)
	one = "\ufffd21\ufffd" + `5:1::{"name":"hello"}`
	if got := s.post(t, path, strings.Repeat(one, 5_000)); got.status != http.StatusOK {
		t.Errorf("%d %q", got.status, got.body)
	}
	s.expectTold(t, "disconnected /: overflow")
	if got := s.get(t, path); got != "7:::1+0" {
		t.Errorf("afterwards: %q", got)
	}
}

func TestQueueIsBounded(t *testing.T) {
	s := serve(t, func(c *legacy.Config) { c.MaxQueue = 1000 })
	path := s.openPolling(t)
	k := s.socket("/")
	text := []byte(quoted(strings.Repeat("x", 400)))
	var err error
	for range 10 {
		if err = k.Emit("news", text); err != nil {
			break
		}
	}
	if !errors.Is(err, socketio.ErrQueueFull) {
		t.Errorf("got %v", err)
	}
	s.expectTold(t, "disconnected /: overflow")
	if err := k.Emit("news", text); !errors.Is(err, socketio.ErrClosed) {
		t.Errorf("afterwards: %v", err)
	}
	if got := s.get(t, path); got != "7:::1+0" {
		t.Errorf("poll: %q", got)
	}
}

func TestAcksAreBounded(t *testing.T) {
	s := serve(t, func(c *legacy.Config) { c.MaxAcks = 2 })
	conn := s.open(t)
	s.expectTold(t, "connected /")
	k := s.socket("/")
	for i, want := range []error{nil, nil, socketio.ErrTooManyAcks} {
		if err := k.EmitAck(func(socketio.Ack) {}, "question"); !errors.Is(err, want) {
			t.Errorf("%d: %v", i, err)
		}
	}
	send(t, conn, "6:::1")
	send(t, conn, `5:1+::{"name":"echo"}`)
	expect(t, conn, `5:1+::{"name":"question"}`, `5:2+::{"name":"question"}`, "6:::1")
	if err := k.EmitAck(func(socketio.Ack) {}, "question"); err != nil {
		t.Errorf("after an answer: %v", err)
	}
	if err := k.Emit("disconnect"); !errors.Is(err, socketio.ErrReserved) {
		t.Errorf("reserved: %v", err)
	}
}

func TestOneTransport(t *testing.T) {
	s := serve(t, nil)
	// A second WebSocket on a session is refused; the first goes on.
	sid := s.handshake(t, "")
	first := s.dial(t, sid)
	expect(t, first, "1::")
	second := s.dial(t, sid)
	expect(t, second, "7:::1+0")
	send(t, first, `5:1+::{"name":"echo"}`)
	expect(t, first, "6:::1")
	// A client that polls has given its WebSocket up: it begins anew.
	if got := s.get(t, "1/xhr-polling/"+sid); got != "7:::1+0" {
		t.Errorf("poll: %q", got)
	}
	s.expectTold(t, "disconnected /: transport error")
	// And the other way round.
	sid = s.handshake(t, "")
	s.get(t, "1/xhr-polling/"+sid)
	expect(t, s.dial(t, sid), "7:::1+0")
	s.expectTold(t, "disconnected /: transport error")
	// Only a session that polls takes POSTs.
	if got := s.post(t, "1/xhr-polling/"+s.handshake(t, ""), "2::"); got.status != http.StatusBadRequest {
		t.Errorf("POST before a poll: %d", got.status)
	}
}

// TestControlFrames floods the server with pings, which it answers in its queue.
func TestControlFrames(t *testing.T) {
	s := serve(t, nil)
	conn := s.open(t)
	pongs := 0
	conn.SetPongHandler(func(data string) error {
		if !bytes.Equal([]byte(data), []byte("x")) {
			t.Errorf("pong %q", data)
		}
		pongs++
		return nil
	})
	for range 1000 {
		if err := conn.WriteMessage(websocket.PingMessage, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	send(t, conn, `5:1+::{"name":"echo"}`)
	expect(t, conn, "6:::1")
	if pongs != 1000 {
		t.Errorf("%d pongs", pongs)
	}
}

// TestPostsInARow holds that the answer to one request is the leave for the next.
func TestPostsInARow(t *testing.T) {
	s := serve(t, nil)
	path := s.openPolling(t)
	for range 300 {
		if got := s.post(t, path, "2::"); got.status != http.StatusOK {
			t.Fatalf("%d %q", got.status, got.body)
		}
	}
}
