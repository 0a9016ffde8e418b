package socketio_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// step is one line of a transcript: what the client sends, or reads.
type step struct {
	send   string
	binary []byte
	expect []string
}

func run(t *testing.T, c *client, steps []step) {
	t.Helper()
	for _, s := range steps {
		switch {
		case s.binary != nil:
			c.sendBinary(s.binary...)
		case s.send != "":
			c.send(s.send)
		}
		c.expect(s.expect...)
	}
}

// TestTranscripts holds whole exchanges, in which the cases of the official
// suite for revision 5 are contained.
func TestTranscripts(t *testing.T) {
	two := `["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`
	twoBack := strings.Replace(two, "message", "message-back", 1)
	twoAcked := `["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`
	cases := []struct {
		name     string
		revision int
		steps    []step
	}{
		{"5: connect", 4, []step{{send: "40", expect: []string{`40{"sid":"*"}`, `42["auth",{}]`}}}},
		{"5: connect with auth", 4, []step{{send: `40{"token":"123"}`, expect: []string{`40{"sid":"*"}`, `42["auth",{"token":"123"}]`}}}},
		{"5: custom namespace", 4, []step{{send: "40/custom,", expect: []string{`40/custom,{"sid":"*"}`, `42/custom,["auth",{}]`}}}},
		{"5: custom with auth", 4, []step{{send: `40/custom,{"token":"abc"}`, expect: []string{`40/custom,{"sid":"*"}`, `42/custom,["auth",{"token":"abc"}]`}}}},
		{"5: without the comma", 4, []step{{send: "40/custom", expect: []string{`40/custom,{"sid":"*"}`, `42/custom,["auth",{}]`}}}},
		{"5: not ASCII", 4, []step{{send: "40/ü,{}", expect: []string{`40/ü,{"sid":"*"}`, `42/ü,["auth",{}]`}}}},
		{"5: unknown namespace", 4, []step{
			{send: "40/random", expect: []string{`44/random,{"message":"Invalid namespace"}`}},
			{send: "40/u,", expect: []string{`40/u,{"sid":"*"}`, `42/u,["auth",{}]`}}}},
		{"5: refusal", 4, []step{{send: "40/forbidden,", expect: []string{`44/forbidden,{"message":"No.","data":{"id":"forbidden"}}`}}}},
		{"5: fault of the application", 4, []step{{send: "40/broken,", expect: []string{`44/broken,{"message":"internal error"}`}}}},
		{"5: two namespaces", 4, []step{
			{send: "40", expect: []string{`40{"sid":"*"}`, `42["auth",{}]`}},
			{send: "40/custom", expect: []string{`40/custom,{"sid":"*"}`, `42/custom,["auth",{}]`}},
			{send: "41/custom"},
			{send: `42["message","to main"]`, expect: []string{`42["message-back","to main"]`}}}},
		{"5: leaves the root", 4, []step{
			{send: "40", expect: []string{`40{"sid":"*"}`, `42["auth",{}]`}},
			{send: "41"},
			{send: "40", expect: []string{`40{"sid":"*"}`, `42["auth",{}]`}}}},
		{"5: events", 4, []step{
			{send: "40", expect: []string{`40{"sid":"*"}`, `42["auth",{}]`}},
			{send: `42["message",1,"2",{"3":[true]}]`, expect: []string{`42["message-back",1,"2",{"3":[true]}]`}},
			{send: `42["message"]`, expect: []string{`42["message-back"]`}},
			{send: `42["nobody listens"]`},
			{send: `42456["message-with-ack",1,"2",{"3":[false]}]`, expect: []string{`43456[1,"2",{"3":[false]}]`}},
			{send: `420["message-with-ack"]`, expect: []string{`430[]`}},
			{send: `42999999999999999["message-with-ack"]`, expect: []string{`43999999999999999[]`}},
			{send: `4212["error"]`, expect: []string{`4312[]`}}, // CVE-2024-38355
			{send: `42["error"]`}, {send: `42["__proto__"]`}, {send: `42["constructor"]`},
			{send: `42["mess\u0061ge","\ud800",1.50e+2, "😀" ]`, expect: []string{`42["message-back","\ud800",1.50e+2,"😀"]`}}}},
		{"5: binary", 4, []step{
			{send: "40", expect: []string{`40{"sid":"*"}`, `42["auth",{}]`}},
			{send: "452-" + two}, {binary: []byte{1, 2, 3}},
			{binary: []byte{4, 5, 6}, expect: []string{"452-" + twoBack, "[1 2 3]", "[4 5 6]"}},
			{send: "452-789" + twoAcked}, {binary: []byte{1, 2, 3}},
			{binary: []byte{4, 5, 6}, expect: []string{`462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, "[1 2 3]", "[4 5 6]"}},
			{send: `451-["message",{"_placeholder":true,"num":0}]`},
			{binary: []byte{}, expect: []string{`451-["message-back",{"_placeholder":true,"num":0}]`, "[]"}},
			{send: `451-["message",{"a":[{"num":0, "_placeholder" : true}]}]`},
			{send: "bAQI=", expect: []string{`451-["message-back",{"a":[{"num":0, "_placeholder" : true}]}]`, "[1 2]"}}}},
		{"4: root at once", 3, []step{{expect: []string{"40"}},
			{send: `420["message-with-ack",{"a":null}]`, expect: []string{`430[{"a":null}]`}}}},
		{"4: namespace of 1.x", 3, []step{{expect: []string{"40"}},
			{send: "40/u?auth=abc", expect: []string{"40/u,"}},
			{send: `42/u,1["message-with-ack"]`, expect: []string{`43/u,1[]`}}}},
		{"4: namespace of 2.x", 3, []step{{expect: []string{"40"}},
			{send: "40/u?auth=abc,", expect: []string{"40/u,"}},
			{send: `42/u,["message",1]`, expect: []string{`42/u,["message-back",1]`}},
			{send: "41/u,"},
			{send: "40/u?auth=abc,", expect: []string{"40/u,"}}}},
		{"4: refusals", 3, []step{{expect: []string{"40"}},
			{send: "40/random", expect: []string{`44/random,"Invalid namespace"`}},
			{send: "40/forbidden?x=y,", expect: []string{`44/forbidden,{"id":"forbidden"}`}},
			{send: "40/u", expect: []string{"40/u,"}}}},
		{"4: binary", 3, []step{{expect: []string{"40"}},
			{send: "452-" + two}, {binary: []byte{4, 1}},
			{binary: []byte{4, 2}, expect: []string{"452-" + twoBack, "[4 1]", "[4 2]"}}}},
		{"3: of 1.0", 2, []step{{expect: []string{"40"}},
			{send: `420["message-with-ack","` + "\u00c3\u00a9" + `"]`, expect: []string{`430["` + "\u00c3\u00a9" + `"]`}}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := start(t, socketio.Config{})
			run(t, a.dial(c.revision), c.steps)
		})
	}
}

func TestConnectRequest(t *testing.T) {
	a := start(t, socketio.Config{Engine: engineio.Config{KeepHeaders: []string{"User-Agent"}}})
	c := a.dial(3)
	c.expect("40")
	if s, r := a.last(); !r.Implicit || r.Namespace != "/" || s.Protocol() != socketio.Protocol4 {
		t.Errorf("got %+v", r)
	}
	c.send("40/u?auth=a%2Fb&x=1,rest")
	c.expect("40/u,")
	s, r := a.last()
	if r.Namespace != "/u" || r.Query != "auth=a%2Fb&x=1" || r.Auth != nil || r.Implicit {
		t.Errorf("got %+v", r)
	}
	h := s.Handshake()
	if h.Path != "/socket.io/" || h.Query("EIO") != "3" || h.Header("user-agent") != "Go-http-client/1.1" || h.TLS ||
		!strings.Contains(a.url, h.Host) || h.RemoteAddr == "" {
		t.Errorf("handshake %+v", h)
	}
	if s.Namespace() != "/u" || len(s.ID()) != 20 {
		t.Errorf("namespace %q, id %q", s.Namespace(), s.ID())
	}
	c = a.dial(4)
	c.send(`40/u,{"auth": "x"}`)
	c.expect(`40/u,{"sid":"*"}`, `42/u,["auth",{"auth": "x"}]`)
	if s, r := a.last(); string(r.Auth) != `{"auth": "x"}` || s.Protocol() != socketio.Protocol5 {
		t.Errorf("got %+v", r)
	}
}

// TestPollingTranscript sends a whole session of protocol 4 by long polling.
func TestPollingTranscript(t *testing.T) {
	a := start(t, socketio.Config{})
	get := func(query string) string {
		t.Helper()
		res, err := http.Get(a.url + query)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	post := func(query, body string) {
		t.Helper()
		res, err := http.Post(a.url+query, "text/plain;charset=UTF-8", strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Error(res.Status)
		}
	}
	first := get("EIO=3&transport=polling&b64=1")
	if !strings.HasSuffix(first, "}2:40") {
		t.Fatalf("got %q", first)
	}
	_, rest, _ := strings.Cut(first, `"sid":"`)
	id, _, _ := strings.Cut(rest, `"`)
	session := "EIO=3&transport=polling&b64=1&sid=" + id
	// A client of 1.x: its CONNECT has no comma, its text is encoded twice.
	post(session, "13:40/u?auth=abc")
	if got := get(session); got != "5:40/u," {
		t.Errorf("got %q", got)
	}
	post(session, "31:42/u,7[\"message-with-ack\",\"\u00c3\u00a9\"]")
	if got := get(session); got != "12:43/u,7[\"\u00c3\u00a9\"]" {
		t.Errorf("got %q", got)
	}
	// A poll that waits is answered.
	for range 20 {
		posted := make(chan struct{})
		go func() {
			defer close(posted)
			post(session, "30:42/u,7[\"message-with-ack\",\"e\"]")
		}()
		if got := get(session); got != "11:43/u,7[\"e\"]" {
			t.Errorf("got %q", got)
		}
		<-posted
	}
}

func TestAcksOfTheClient(t *testing.T) {
	a := start(t, socketio.Config{MaxAcks: 2})
	c := a.joined(4)
	s, _ := a.last()
	got := make(chan socketio.Ack, 2)
	ack := func(r socketio.Ack) { got <- r }
	a.check(s.EmitAck(ack, "ask", []byte("1")))
	a.check(s.EmitAck(ack, "ask", []byte("2")))
	if err := s.EmitAck(ack, "ask"); err != socketio.ErrTooManyAcks { //nolint:errorlint // documented bare
		t.Errorf("a third: %v", err)
	}
	c.expect(`420["ask",1]`, `421["ask",2]`)
	c.send(`431["one",{"x":1}]`, `431["again"]`, `437["nobody asked"]`, `43["no id"]`, `461-0[{"_placeholder":true,"num":0}]`)
	c.sendBinary(9)
	if r := <-got; len(r.Args) != 2 || string(r.Args[0]) != `"one"` || string(r.Args[1]) != `{"x":1}` {
		t.Errorf("got %q", r.Args)
	}
	if r := <-got; len(r.Attachments) != 1 || r.Attachments[0][0] != 9 {
		t.Errorf("got %+v", r)
	}
	a.check(s.EmitAck(ack, "ask"))
	c.expect(`422["ask"]`)
}

// TestOrderOfAnswers sends many events at once: answers are held until their
// handler returns, and still come in their place.
func TestOrderOfAnswers(t *testing.T) {
	a := start(t, socketio.Config{})
	for _, revision := range []int{3, 4} {
		c := a.joined(revision)
		var all, want []string
		for i := range 50 {
			all = append(all, fmt.Sprintf(`42%d["answer-first",%d]`, 2*i, i), fmt.Sprintf(`42%d["answer-last",%d]`, 2*i+1, i))
			want = append(want,
				fmt.Sprintf(`43%d[%d]`, 2*i, i), fmt.Sprintf(`42["said",%d]`, i),
				fmt.Sprintf(`42["said",%d]`, i), fmt.Sprintf(`43%d[%d]`, 2*i+1, i))
		}
		c.send(all...)
		c.expect(want...)
		c.send(`421000["answer-later","x"]`)
		c.expect(`431000["x"]`, `42["said","x"]`)
	}
}

func TestEmit(t *testing.T) {
	a := start(t, socketio.Config{})
	shared := socketio.Prepare("news", []byte(`{"n":1}`), []byte("null"))
	binary := socketio.PrepareBinary("file", [][]byte{{1, 2}}, socketio.AppendPlaceholder(nil, 0))
	for _, revision := range []int{3, 4} {
		c := a.joined(revision)
		s, _ := a.last()
		a.check(s.EmitPrepared(shared))
		a.check(s.EmitPrepared(binary))
		a.check(s.Emit("quo\"te\n\u2028", []byte("0")))
		bytes := "[1 2]"
		if revision == 3 {
			bytes = "[4 1 2]"
		}
		c.expect(`42["news",{"n":1},null]`, `451-["file",{"_placeholder":true,"num":0}]`, bytes, `42["quo\"te\u000a`+"\u2028"+`",0]`)
		for _, name := range []string{"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"} {
			if err := s.Emit(name); err != socketio.ErrReserved { //nolint:errorlint // documented bare
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestEnds(t *testing.T) {
	a := start(t, socketio.Config{})
	c := a.joined(4)
	c.send("40/u,")
	c.expect(`40/u,{"sid":"*"}`, `42/u,["auth",{}]`)
	// What was under way when we sent the client away is dropped, and the other
	// namespace goes on.
	c.send(`42/u,["leave"]`, `42/u,["message"]`, `42["message"]`)
	c.expect(`41/u,`, `42["message-back"]`)
	a.ended("/u", socketio.ReasonServerDisconnect)
	s, _ := a.last()
	if err := s.Emit("x"); err != socketio.ErrClosed { //nolint:errorlint // documented bare
		t.Errorf("after the end: %v", err)
	}
	c.send("40/u,")
	c.expect(`40/u,{"sid":"*"}`, `42/u,["auth",{}]`)
	c.send("41/u")
	a.ended("/u", socketio.ReasonClientDisconnect)
	c.send(`42["leave"]`)
	c.expect("41")
	c.closes()
	a.ended("/", socketio.ReasonServerDisconnect)

	c = a.joined(3)
	c.send(`42["close"]`)
	c.closes()
	a.ended("/", engineio.ReasonForcedClose)

	c = a.joined(4)
	c.send("1")
	c.closes()
	a.ended("/", engineio.ReasonTransportClose)

	c = a.joined(4)
	a.Close()
	c.closes()
	a.ended("/", engineio.ReasonShutdown)
}

func TestConnectTimeout(t *testing.T) {
	a := start(t, socketio.Config{
		Engine:         engineio.Config{PingInterval: time.Minute, PingTimeout: 100 * time.Millisecond}, // pings are not answered here
		ConnectTimeout: 50 * time.Millisecond,
	})
	c := a.dial(4)
	joined := a.joined(4)
	old := a.dial(3)
	c.closes()
	joined.send(`42["message"]`)
	joined.expect(`42["message-back"]`)
	old.expect("40")
	refused := a.dial(4)
	refused.send("40/random,")
	refused.expect(`44/random,{"message":"Invalid namespace"}`)
	refused.closes()
	joined.send("41")
	a.ended("/", socketio.ReasonClientDisconnect)
	joined.closes()
}

// TestImplicitRootRefused is production: nobody is at the root, and old clients
// must not notice.
func TestImplicitRootRefused(t *testing.T) {
	a := start(t, socketio.Config{Connect: func(s socketio.Socket, r *socketio.ConnectRequest) (socketio.Handler, error) {
		if r.Namespace == "/" {
			return nil, socketio.UnknownNamespace()
		}
		m := new(socketio.Mux)
		m.On("message", func(s socketio.Socket, e *socketio.Event) { _ = e.Ack() })
		return m.Bind(s), nil
	}})
	c := a.dial(3)
	c.expect("40")
	c.send(`420["message"]`, "40/u?auth=x,")
	c.expect("40/u,")
	c.send(`42/u,0["message"]`)
	c.expect(`43/u,0[]`)
	c = a.dial(4)
	c.send("40")
	c.expect(`44{"message":"Invalid namespace"}`)
	c.send("40/u,")
	c.expect(`40/u,{"sid":"*"}`)
}
