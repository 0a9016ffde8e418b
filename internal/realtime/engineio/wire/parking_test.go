//go:build linux

package wire_test

import (
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"

	"github.com/gorilla/websocket"
)

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	limit := time.After(time.Minute)
	for !so() {
		select {
		case <-again.C:
		case <-limit:
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// TestParking brings connections to rest, which takes their goroutines from
// them, and lets each way of going on find them there.
func TestParking(t *testing.T) {
	t.Run("TCP", func(t *testing.T) { park(t, connect) })
	t.Run("TLS", func(t *testing.T) { park(t, connectTLS) })
}

func park(t *testing.T, connect func(*testing.T, *wire.Env) (*wire.Conn, *websocket.Conn)) {
	t.Helper()
	env := wire.NewEnv(wire.Limits{MaxMessage: 100, MaxQueue: 1000, WriteTimeout: time.Minute})
	type end struct {
		out    *wire.Outbox
		owner  *owner
		client *websocket.Conn
	}
	ends := make([]end, 20)
	before := 0
	for i := range ends {
		server, client := connect(t, env) // with goroutines of net/http, which stay
		ends[i] = end{new(wire.Outbox), newOwner(), client}
		ends[i].out.Init(env, ends[i].owner)
		ends[i].out.Attach(server)
		before = runtime.NumGoroutine()
		server.Start(ends[i].out, ends[i].owner)
	}
	quiet := func() bool { return runtime.NumGoroutine() <= before+1 }
	eventually(t, "all rest", quiet)
	for burst := range 4 { // messages wake them up, several at once too
		for _, e := range ends {
			for range burst {
				if err := e.client.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, e := range ends {
			for range burst {
				if got := <-e.owner.received; got != "hello" {
					t.Fatalf("received %q", got)
				}
			}
		}
		eventually(t, "all rest again", quiet)
	}
	for _, part := range []string{"\x81", "\x85\x00\x00\x00\x00he", "llo"} { // also in the midst of a frame
		for _, e := range ends {
			if _, err := io.WriteString(e.client.NetConn(), part); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "all rest with a part", quiet)
	}
	for _, e := range ends {
		if got := <-e.owner.received; got != "hello" {
			t.Fatalf("received %q", got)
		}
	}
	for i, e := range ends {
		switch i % 4 {
		case 0:
			e.out.Abort()
		case 1:
			e.out.Finish(wire.CloseFrame(websocket.CloseGoingAway))
			if _, _, err := e.client.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
				t.Errorf("finished: %v", err)
			}
			_ = e.client.Close()
		case 2:
			_ = e.client.Close()
		case 3:
			if err := e.client.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")); err != nil {
				t.Error(err)
			}
			if _, _, err := e.client.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				t.Errorf("closed: %v", err)
			}
			_ = e.client.Close()
		}
	}
	for _, e := range ends {
		if err := <-e.owner.ended; err == nil {
			t.Error("ended without an error")
		}
	}
	env.Wait()
	eventually(t, "nothing is left", func() bool { return runtime.NumGoroutine() < before })
}

func TestHold(t *testing.T) {
	env := wire.NewEnv(wire.Limits{MaxMessage: 100, MaxQueue: 1000, WriteTimeout: time.Minute})
	server, client := connect(t, env)
	o := newOwner()
	var out wire.Outbox
	out.Init(env, o)
	out.Attach(server)
	for _, text := range []string{"a", "b"} {
		if err := out.Hold(wire.Frame(wire.OpText, []byte(text))); err != nil {
			t.Fatal(err)
		}
	}
	if out.Queued() != 6 {
		t.Errorf("%d bytes are queued", out.Queued())
	}
	out.Flush()
	if out.Queued() != 0 || len(o.drained) != 1 {
		t.Errorf("%d bytes are left, drained %d times", out.Queued(), len(o.drained))
	}
	if err := out.Hold(wire.Frame(wire.OpText, []byte("c"))); err != nil {
		t.Fatal(err)
	}
	if err := out.Push(wire.Frame(wire.OpText, []byte("d"))); err != nil { // takes what is held with it
		t.Fatal(err)
	}
	for _, want := range []string{"a", "b", "c", "d"} {
		if _, got, err := client.ReadMessage(); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	out.Abort()
	env.Wait()
}
