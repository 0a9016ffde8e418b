package wire_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFrames(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 65535, 65536, 100_000} {
		payload := bytes.Repeat([]byte{'x'}, size)
		for _, op := range []byte{wire.OpText, wire.OpBinary} {
			f := wire.Frame(op, payload[:size/2], payload[size/2:])
			if !bytes.Equal(wire.Payload(f), payload) || wire.IsBinary(f) != (op == wire.OpBinary) || cap(f) != len(f) {
				t.Errorf("size %d, op %d", size, op)
			}
		}
	}
}

// timed is something on a wheel that notes when it is looked at.
type timed struct {
	entry  wire.Entry
	every  time.Duration
	mu     sync.Mutex
	looked []time.Duration
	left   int
}

func (d *timed) Due(now time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looked = append(d.looked, now)
	if d.left--; d.left == 0 {
		return 0
	}
	return now + d.every
}

func TestWheel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slot = 10 * time.Millisecond
		w := wire.NewWheel(slot, time.Second)
		// 1 ms is below a slot, 3 s beyond the horizon.
		all := []*timed{
			{every: time.Millisecond, left: 5}, {every: 100 * time.Millisecond, left: 5},
			{every: time.Second, left: 3}, {every: 3 * time.Second, left: 2},
		}
		for _, d := range all {
			w.Add(&d.entry, d, w.Now()+d.every)
		}
		removed := &timed{left: 100}
		w.Add(&removed.entry, removed, w.Now()+time.Second)
		sooner := &timed{left: 1}
		w.Add(&sooner.entry, sooner, w.Now()+time.Second)
		w.Sooner(&sooner.entry, w.Now()+50*time.Millisecond)
		w.Remove(&removed.entry)
		w.Remove(&removed.entry)
		<-time.After(10 * time.Second)
		w.Stop()
		if len(removed.looked) != 0 {
			t.Error("a removed entry was looked at")
		}
		if len(sooner.looked) != 1 || sooner.looked[0] > 70*time.Millisecond {
			t.Errorf("sooner: %v", sooner.looked)
		}
		for _, d := range all[:3] {
			at := time.Duration(0)
			for _, got := range d.looked {
				if late := got - at - d.every; late < 0 || late > 2*slot {
					t.Errorf("every %v: looked at %v", d.every, d.looked)
				}
				at = got
			}
			if d.left != 0 {
				t.Errorf("every %v: %d left", d.every, d.left)
			}
		}
		if all[3].left != 0 {
			t.Errorf("beyond the horizon: looked at %v", all[3].looked)
		}
	})
}

// stall holds the wheel up, as a machine that stands still does.
type stall struct {
	entry wire.Entry
	lasts time.Duration
}

func (s *stall) Due(time.Duration) time.Duration { <-time.After(s.lasts); return 0 }

// TestWheelStoodStill lets peers be heard before they are found to be late.
func TestWheelStoodStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slot = 10 * time.Millisecond
		for lasts, grace := range map[time.Duration]time.Duration{
			slot: 0, 3 * slot: 3 * slot, time.Second: 5 * slot, time.Hour: 5 * slot,
		} {
			w := wire.NewWheel(slot, time.Second)
			s := &stall{lasts: lasts}
			w.Add(&s.entry, s, slot)
			late := &timed{left: 1}
			w.Add(&late.entry, late, 2*slot)
			<-time.After(2 * time.Hour)
			w.Stop()
			ended := 2*slot + lasts // the stall begins in the second slot
			if got := late.looked[0] - ended; got < grace || got > grace+2*slot {
				t.Errorf("looked at %v after a stall of %v", got, lasts)
			}
		}
	})
}

type owner struct {
	drained  chan struct{}
	broken   chan error
	received chan string
	ended    chan error
}

func newOwner() *owner {
	return &owner{make(chan struct{}, 10_000), make(chan error, 1), make(chan string, 100), make(chan error, 1)}
}
func (o *owner) Drained()         { o.drained <- struct{}{} }
func (o *owner) Broken(err error) { o.broken <- err }
func (o *owner) Quiet() bool      { return true }
func (o *owner) Ended(err error)  { o.ended <- err }
func (o *owner) Receive(_ bool, data []byte) bool {
	o.received <- string(data)
	return true
}

// connect returns the two ends of a WebSocket; the server's is written by hand.
func connect(t *testing.T, env *wire.Env) (*wire.Conn, *websocket.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conns := make(chan *wire.Conn, 1)
	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := env.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
		}
		conns <- conn
	})}
	done := make(chan error, 1)
	go func() { done <- web.Serve(listener) }()
	client, _, err := websocket.DefaultDialer.Dial("ws://"+listener.Addr().String(), nil) //nolint:bodyclose // an upgrade has none
	if err != nil {
		t.Fatal(err)
	}
	server := <-conns
	t.Cleanup(func() {
		_ = client.Close() // ends what is left
		_ = server.Close()
		if err := web.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return server, client
}

// connectTLS is connect over TLS.
func connectTLS(t *testing.T, env *wire.Env) (*wire.Conn, *websocket.Conn) {
	t.Helper()
	conns := make(chan *wire.Conn, 1)
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := env.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
		}
		conns <- conn
	}))
	t.Cleanup(web.Close)
	trust := web.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	trust.NextProtos = nil // HTTP/2 has no such upgrade
	dialer := websocket.Dialer{TLSClientConfig: trust}
	client, _, err := dialer.Dial("wss://"+web.Listener.Addr().String(), nil) //nolint:bodyclose // an upgrade has none
	if err != nil {
		t.Fatal(err)
	}
	return <-conns, client
}

func TestOutboxKeepsOrder(t *testing.T) {
	env := wire.NewEnv(wire.Limits{MaxMessage: 1 << 20, MaxQueue: 64 << 20, WriteTimeout: time.Minute})
	server, client := connect(t, env)
	o := newOwner()
	var out wire.Outbox
	out.Init(env, o)
	var want []string
	for i, size := range []int{5, 50, 20_000, 3, 70_000, 15_000, 1_000_000, 1, 400_000} {
		text := strings.Repeat(string(rune('a'+i)), size)
		want = append(want, text)
		if err := out.Push(wire.Frame(wire.OpText, []byte(text))); err != nil {
			t.Fatal(err)
		}
	}
	if !out.Attach(server) {
		t.Fatal("not attached")
	}
	out.Flush()
	out.Finish(wire.CloseFrame(websocket.CloseNormalClosure))
	for i := range want {
		_, got, err := client.ReadMessage()
		if err != nil || string(got) != want[i] {
			t.Fatalf("message %d: %d bytes, %v", i, len(got), err)
		}
	}
	if _, _, err := client.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the end: %v", err)
	}
	env.Wait()
	if err := out.Push(wire.Frame(wire.OpText)); !errors.Is(err, wire.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

func TestOutboxConcurrently(t *testing.T) {
	env := wire.NewEnv(wire.Limits{MaxMessage: 1 << 20, MaxQueue: 64 << 20, WriteTimeout: time.Minute})
	server, client := connect(t, env)
	var out wire.Outbox
	out.Init(env, newOwner())
	out.Attach(server)
	const senders, each = 8, 200
	for i := range senders {
		go func() {
			for j := range each {
				if err := out.Push(wire.Frame(wire.OpText, []byte{byte(i), byte(j)})); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	var next [senders]byte
	for range senders * each {
		_, got, err := client.ReadMessage()
		if err != nil || len(got) != 2 || got[1] != next[got[0]] {
			t.Fatalf("got %v, %v", got, err)
		}
		next[got[0]]++
	}
	out.Abort()
	env.Wait()
}

func TestOutboxBreaks(t *testing.T) {
	env := wire.NewEnv(wire.Limits{MaxMessage: 1 << 20, MaxQueue: 1 << 20, WriteTimeout: 20 * time.Millisecond})
	server, _ := connect(t, env)
	o := newOwner()
	var out wire.Outbox
	out.Init(env, o)
	out.Attach(server)
	frame := wire.Frame(wire.OpText, make([]byte, 500_000))
	for out.Push(frame) == nil || out.Queued() > 0 { // nobody reads
		select {
		case err := <-o.broken:
			if e, ok := err.(net.Error); !ok || !e.Timeout() { //nolint:errorlint // net returns it bare
				t.Errorf("broken by %v", err)
			}
			env.Wait()
			return
		case <-o.drained:
		}
	}
	t.Error("it took everything")
}

func TestOutboxPolls(t *testing.T) {
	env := wire.NewEnv(wire.Limits{MaxQueue: 10, WriteTimeout: time.Minute})
	var out wire.Outbox
	out.Init(env, newOwner())
	wake := make(chan struct{}, 1)
	if out.Take(wake) != nil {
		t.Fatal("something in an empty outbox")
	}
	frame := wire.Frame(wire.OpText, []byte("hello"))
	if err := out.Push(frame); err != nil {
		t.Fatal(err)
	}
	<-wake
	if err := out.Push(frame); !errors.Is(err, wire.ErrFull) {
		t.Errorf("beyond the bound: %v", err)
	}
	out.Finish(nil)
	if got := out.Take(nil); len(got) != 1 || out.Queued() != 0 {
		t.Errorf("taken %q", got)
	}
}

func TestReaderEnds(t *testing.T) {
	env := wire.NewEnv(wire.Limits{MaxMessage: 100, MaxQueue: 1000, WriteTimeout: time.Minute})
	server, client := connect(t, env)
	o := newOwner()
	var out wire.Outbox
	out.Init(env, o)
	out.Attach(server)
	server.Start(&out, o)
	pong := make(chan string, 1)
	client.SetPongHandler(func(s string) error { pong <- s; return nil })
	if err := client.WriteMessage(websocket.PingMessage, []byte("hi")); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _, _ = client.ReadMessage() // the pong, and then the end
	}()
	if got := <-pong; got != "hi" {
		t.Errorf("pong %q", got)
	}
	if err := client.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := client.NetConn().(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	err := <-o.ended
	if !errors.Is(err, io.ErrUnexpectedEOF) && !websocket.IsCloseError(err, websocket.CloseAbnormalClosure) {
		t.Errorf("ended by %v", err)
	}
	<-ended
	env.Wait()
}
