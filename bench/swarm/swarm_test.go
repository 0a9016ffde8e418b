//go:build linux

package swarm_test

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/bench/swarm"
	"github.com/activityd/activityd/internal/realtime/socketio"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server with the namespaces / and /user and returns its address.
func serve(t *testing.T) string {
	t.Helper()
	mux := new(socketio.Mux)
	mux.On("echo", func(_ socketio.Socket, e *socketio.Event) { _ = e.Ack(e.Args...) })
	mux.On("back", func(s socketio.Socket, e *socketio.Event) { _ = s.Emit("news", e.Args...) })
	mux.On("leave", func(s socketio.Socket, _ *socketio.Event) { s.Close() })
	sockets, err := socketio.NewServer(socketio.Config{
		Connect: func(s socketio.Socket, r *socketio.ConnectRequest) (socketio.Handler, error) {
			if r.Namespace == "/user" && string(r.Auth) != `{"auth":"t"}` {
				return nil, socketio.UnknownNamespace()
			}
			return mux.Bind(s), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: sockets}
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	t.Cleanup(func() {
		sockets.Close()
		if err := web.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

func start(t *testing.T) *swarm.Swarm {
	t.Helper()
	w, err := swarm.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// await takes a value within a time that is long enough anywhere.
func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestCallsAndEvents(t *testing.T) {
	addr := serve(t)
	for _, target := range []swarm.Target{{}, {Namespace: "/user", Auth: `{"auth":"t"}`, Query: "a=b", Host: "user.example"}} {
		w := start(t)
		news := make(chan string, 100)
		sockets, err := w.Open(50, 7, func(int) swarm.Target {
			target.Addr = addr
			target.Event = func(_ *swarm.Socket, array []byte) { news <- string(array) }
			return target
		})
		if err != nil || len(sockets) != 50 {
			t.Fatalf("%d sockets, %v", len(sockets), err)
		}
		acks := make(chan string, 100)
		for _, size := range []int{1, 200, 70_000} { // each form of a frame's length
			text := `,"` + strings.Repeat("x", size) + `"`
			w.Do(func() {
				sockets[size%50].Call("echo", text, func(array []byte) { acks <- string(array) })
				sockets[size%50].Emit("back", text)
			})
			if got := await(t, acks); got != "["+text[1:]+"]" {
				t.Errorf("acknowledged with %.50s", got)
			}
			if got := await(t, news); got != `["news"`+text+"]" {
				t.Errorf("news %.50s", got)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	addr := serve(t)
	w := start(t)
	sockets, err := w.Open(3, 3, func(i int) swarm.Target {
		return swarm.Target{Addr: addr, Namespace: []string{"", "/user", ""}[i]}
	})
	if len(sockets) != 2 || err == nil || !strings.Contains(err.Error(), "Invalid namespace") {
		t.Errorf("%d sockets, %v", len(sockets), err)
	}
	if _, err := w.Open(1, 1, func(int) swarm.Target { return swarm.Target{Addr: addr, Query: "transport=none"} }); err != nil {
		t.Error(err) // the first of two counts
	}
	if _, err := w.Open(1, 1, func(int) swarm.Target { return swarm.Target{Addr: "nowhere"} }); err == nil {
		t.Error("opened nothing without an error")
	}
}

func TestEnds(t *testing.T) {
	addr := serve(t)
	w := start(t)
	lost := make(chan error, 3)
	sockets, err := w.Open(3, 3, func(int) swarm.Target {
		return swarm.Target{Addr: addr, Lost: func(_ *swarm.Socket, err error) { lost <- err }}
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Do(func() {
		sockets[0].Emit("leave", "")
		sockets[1].Close()
		sockets[2].Cut()
	})
	if err := await(t, lost); err == nil {
		t.Error("lost without a reason")
	}
	w.Do(func() {
		for i, s := range sockets {
			if s.Alive() {
				t.Errorf("socket %d lives", i)
			}
		}
	})
	if len(lost) > 0 {
		t.Errorf("one that we closed was lost: %v", <-lost)
	}
}
