package legacy_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/activityd/activityd/internal/realtime/legacy"

	"github.com/gorilla/websocket"
)

// pipes is a network without sockets, whose waits are those of the bubble.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.accept <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// bubble is a server in a synctest bubble.
type bubble struct {
	*app
	t      *testing.T
	legacy *legacy.Server
	net    *pipes
	http   *http.Client
}

// inBubble runs a test where time passes only when everything waits.
func inBubble(t *testing.T, test func(*testing.T, *bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := newApp()
		a.limit = time.Hour // of the bubble's time
		l, err := legacy.NewServer(legacy.Config{Connect: a.connect, WriteTimeout: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		p := &pipes{accept: make(chan net.Conn), closed: make(chan struct{})}
		hs := &http.Server{Handler: l} //nolint:gosec // nobody is slow here
		served := make(chan error, 1)
		go func() { served <- hs.Serve(p) }()
		transport := &http.Transport{DialContext: p.dial}
		defer func() {
			if err := l.Close(context.Background()); err != nil {
				t.Error(err)
			}
			transport.CloseIdleConnections()
			_ = hs.Close() // what is left belongs to the test
			if err := <-served; !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		}()
		test(t, &bubble{a, t, l, p, &http.Client{Transport: transport}})
	})
}

func (b *bubble) get(path string) string {
	b.t.Helper()
	response, err := b.http.Get("http://localhost/socket.io/" + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(body)
}

func (b *bubble) handshake(query string) string {
	b.t.Helper()
	sid, _, _ := strings.Cut(b.get("1/?"+query), ":")
	return sid
}

func (b *bubble) open(query string) *websocket.Conn {
	b.t.Helper()
	dialer := websocket.Dialer{NetDialContext: b.net.dial}
	conn, response, err := dialer.Dial("ws://localhost/socket.io/1/websocket/"+b.handshake(query), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	response.Body.Close()
	expect(b.t, conn, "1::")
	b.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// took reports whether about d has passed since a time: the wheel is as exact as
// its slot.
func (b *bubble) took(what string, since time.Time, d time.Duration) {
	b.t.Helper()
	const slot = time.Second
	if got := time.Since(since); got < d-slot || got > d+2*slot {
		b.t.Errorf("%s took %v, want %v", what, got, d)
	}
}

func TestHeartbeats(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		conn := b.open("")
		for range 5 {
			start := time.Now()
			expect(t, conn, "2::")
			b.took("a heartbeat", start, 25*time.Second)
			send(t, conn, "2::")
		}
		start := time.Now()
		expect(t, conn, "2::")
		if _, _, err := conn.ReadMessage(); err == nil {
			t.Error("more than the heartbeat")
		}
		b.took("giving up", start, 85*time.Second)
		b.expectTold(t, "disconnected /: ping timeout")
	})
}

// TestAnyPacketIsAHeartbeat is a client that talks, and never answers 2::.
func TestAnyPacketIsAHeartbeat(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		conn := b.open("")
		for range 5 {
			expect(t, conn, "2::")
			time.Sleep(10 * time.Second) //nolint:forbidigo // time of the bubble
			send(t, conn, `5:1+::{"name":"echo"}`)
			expect(t, conn, "6:::1")
		}
	})
}

func TestIdlePolls(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		path := "1/xhr-polling/" + b.handshake("")
		if got := b.get(path); got != "1::" {
			t.Fatalf("first poll: %q", got)
		}
		for range 5 {
			start := time.Now()
			if got := b.get(path); got != "8::" {
				t.Fatalf("idle poll: %q", got)
			}
			b.took("an idle poll", start, 20*time.Second)
		}
		// What comes between two polls waits, and comes at once.
		if err := b.socket("/").Emit("news"); err != nil {
			t.Fatal(err)
		}
		if got := b.get(path); got != `5:::{"name":"news"}` {
			t.Errorf("poll: %q", got)
		}
		// Polls that follow late, but in time.
		for range 3 {
			time.Sleep(50 * time.Second) //nolint:forbidigo // time of the bubble
			if got := b.get(path); got != "8::" {
				t.Errorf("late poll: %q", got)
			}
		}
		b.expectTold(t, "connected /")
		start := time.Now()
		b.expectTold(t, "disconnected /: ping timeout")
		b.took("giving up", start, 60*time.Second)
		if got := b.get(path); got != "7:::1+0" {
			t.Errorf("afterwards: %q", got)
		}
	})
}

// TestPollsReplaceEachOther is a client that gave a poll up without our knowing.
func TestPollsReplaceEachOther(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		path := "1/xhr-polling/" + b.handshake("")
		b.get(path)
		first := make(chan string)
		go func() { first <- b.get(path) }()
		synctest.Wait()
		second := make(chan string)
		go func() { second <- b.get(path) }()
		if got := <-first; got != "8::" {
			t.Errorf("the first: %q", got)
		}
		synctest.Wait()
		if err := b.socket("/").Emit("news"); err != nil {
			t.Fatal(err)
		}
		if got := <-second; got != `5:::{"name":"news"}` {
			t.Errorf("the second: %q", got)
		}
	})
}

// TestAbandonedPoll is a poll whose end we see: what comes then is not lost.
func TestAbandonedPoll(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		path := "1/xhr-polling/" + b.handshake("")
		b.get(path)
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/socket.io/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() {
			response, err := b.http.Do(r)
			if err == nil {
				response.Body.Close()
			}
			ended <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := b.socket("/").Emit("news"); err != nil {
			t.Fatal(err)
		}
		if got := b.get(path); got != `5:::{"name":"news"}` {
			t.Errorf("poll: %q", got)
		}
	})
}

func TestUnusedHandshakesExpire(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		start := time.Now()
		kept, sid := b.handshake(""), b.handshake("")
		time.Sleep(28 * time.Second) //nolint:forbidigo // time of the bubble
		if got := b.get("1/xhr-polling/" + kept); got != "1::" {
			t.Errorf("used in time: %q", got)
		}
		time.Sleep(4 * time.Second) //nolint:forbidigo // time of the bubble
		if got := b.get("1/xhr-polling/" + sid); got != "7:::1+0" {
			t.Errorf("after %v: %q", time.Since(start), got)
		}
		if n := b.legacy.Len(); n != 1 {
			t.Errorf("%d sessions", n)
		}
	})
}

// TestLonelySessions are connected to no namespace, and are sent away so that
// they do not come back.
func TestLonelySessions(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		start := time.Now()
		conn := b.open("root=no")
		send(t, conn, "1::/no")
		expect(t, conn, "7::/no:2", "2::", "0::")
		expectClose(t, conn, websocket.CloseNormalClosure)
		b.took("being sent away", start, 45*time.Second)

		path := "1/xhr-polling/" + b.handshake("root=no")
		start = time.Now()
		for _, want := range []string{"1::", "8::", "8::", "0::"} {
			if got := b.get(path); got != want {
				t.Errorf("poll: %q, want %q", got, want)
			}
		}
		b.took("being sent away", start, 45*time.Second)
	})
}

// TestStalledReader does not read: it is cut after the write timeout, while
// another gets its news at once.
func TestStalledReader(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.open("")
		stalled := b.socket("/")
		start := time.Now()
		if err := stalled.Emit("news"); err != nil {
			t.Fatal(err)
		}
		lively := b.open("")
		if err := b.socket("/").Emit("news"); err != nil {
			t.Fatal(err)
		}
		expect(t, lively, `5:::{"name":"news"}`)
		b.expectTold(t, "disconnected /: transport error")
		b.took("cutting", start, 5*time.Second)
		if n := stalled.Queued(); n != 0 {
			t.Errorf("%d bytes wait", n)
		}
	})
}

// TestClose ends everything at once, whatever it is doing.
func TestClose(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		conn := b.open("")
		b.handshake("")
		between := "1/xhr-polling/" + b.handshake("")
		b.get(between)
		waiting := "1/jsonp-polling/" + b.handshake("")
		b.get(waiting)
		poll := make(chan string)
		go func() { poll <- b.get(waiting) }()
		synctest.Wait()
		closed := make(chan error)
		go func() { closed <- b.legacy.Close(t.Context()) }()
		expectClose(t, conn, websocket.CloseGoingAway)
		_ = conn.Close() // as a client does
		if got := <-poll; got != `io.j[0]("7:::1+0");` {
			t.Errorf("the poll that waited: %q", got)
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
		for range 3 {
			b.expectTold(t, "disconnected /: server shutting down")
		}
		if got := b.get("1/"); !strings.HasPrefix(got, "Too many clients, or shutting down") {
			t.Errorf("a handshake: %q", got)
		}
		if got := b.get(between); got != "7:::1+0" {
			t.Errorf("a poll: %q", got)
		}
	})
}
