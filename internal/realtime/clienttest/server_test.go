package clienttest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/legacy"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

const token = "a-secret-token"

// refusal is an error object as an application refuses with it.
const refusal = `{"id":"invalid-access-token","message":"The token is not valid: “sign in” again.","data":{"a":"\u2028<😀>"}}`

// server serves every generation at one path, and can be restarted at its
// address.
type server struct {
	t       *testing.T
	addr    string
	restart chan struct{}
	quit    chan struct{}
	done    sync.WaitGroup
}

// running is one life of the server.
type running struct {
	sockets *socketio.Server
	legacy  *legacy.Server
	http    *http.Server
	done    chan error
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, restart: make(chan struct{}, 1), quit: make(chan struct{})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = listener.Addr().String()
	s.done.Add(1)
	go s.live(listener)
	t.Cleanup(func() {
		close(s.quit)
		s.done.Wait()
	})
	return s
}

// live runs one server after the other.
func (s *server) live(listener net.Listener) {
	defer s.done.Done()
	for {
		life := s.start(listener)
		select {
		case <-s.restart:
			s.stop(life)
		case <-s.quit:
			s.stop(life)
			return
		}
		var err error
		if listener, err = net.Listen("tcp", s.addr); err != nil {
			s.t.Error(err)
			return
		}
	}
}

func (s *server) start(listener net.Listener) *running {
	connect := s.connector()
	life := &running{done: make(chan error, 1)}
	var err, legacyErr error
	life.sockets, err = socketio.NewServer(socketio.Config{Connect: connect})
	life.legacy, legacyErr = legacy.NewServer(legacy.Config{Connect: connect, Authorize: func(h *engineio.Handshake) error {
		if h.Query("auth") != token {
			return &socketio.Refusal{Message: "no", Data: []byte(refusal)}
		}
		return nil
	}})
	if err := errors.Join(err, legacyErr); err != nil {
		s.t.Error(err)
		return life
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/socket.io/", func(w http.ResponseWriter, r *http.Request) {
		if life.legacy.Serves(r.URL.Path) {
			life.legacy.ServeHTTP(w, r)
			return
		}
		life.sockets.ServeHTTP(w, r)
	})
	mux.HandleFunc("/page/", servePage)
	life.http = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { life.done <- life.http.Serve(listener) }()
	return life
}

func (s *server) stop(life *running) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	life.sockets.Close()
	if err := life.legacy.Close(ctx); err != nil {
		s.t.Errorf("closing: %v", err)
	}
	_ = life.http.Close() // connections of polls
	if err := <-life.done; !errors.Is(err, http.ErrServerClosed) {
		s.t.Error(err)
	}
}

// connector lets in who knows the token, and everyone to the root.
func (s *server) connector() socketio.ConnectFunc {
	mux := new(socketio.Mux)
	mux.On("echo", func(_ socketio.Socket, e *socketio.Event) {
		_ = e.AckBinary(e.Attachments, e.Args...) // the client waits
	})
	mux.On("back", func(k socketio.Socket, e *socketio.Event) {
		_ = k.EmitPrepared(socketio.PrepareBinary("back", e.Attachments, e.Args...))
	})
	mux.On("message", func(k socketio.Socket, e *socketio.Event) {
		_ = k.Emit("said", e.Args...)
	})
	mux.On("ask", func(k socketio.Socket, e *socketio.Event) {
		_ = k.EmitAck(func(a socketio.Ack) {
			_ = k.EmitPrepared(socketio.PrepareBinary("answered", a.Attachments, a.Args...))
		}, "question", e.Args...)
	})
	mux.On("where", func(k socketio.Socket, e *socketio.Event) {
		where, _ := json.Marshal([]any{k.Namespace(), k.Protocol()})
		_ = e.Ack(where)
	})
	mux.On("leave", func(k socketio.Socket, _ *socketio.Event) { k.Disconnect() })
	mux.On("restart", func(socketio.Socket, *socketio.Event) { s.restart <- struct{}{} })
	return func(k socketio.Socket, r *socketio.ConnectRequest) (socketio.Handler, error) {
		if r.Namespace != "/" && tokenOf(k, r) != token {
			return nil, &socketio.Refusal{Message: "no", Data: []byte(refusal)}
		}
		return mux.Bind(k), nil
	}
}

// tokenOf finds the token wherever a generation puts it.
func tokenOf(k socketio.Socket, r *socketio.ConnectRequest) string {
	var auth struct {
		Auth string `json:"auth"`
	}
	if json.Unmarshal(r.Auth, &auth) == nil && auth.Auth != "" {
		return auth.Auth
	}
	if q, err := url.ParseQuery(strings.TrimSuffix(r.Query, ",")); err == nil && q.Get("auth") != "" {
		return q.Get("auth")
	}
	return k.Handshake().Query("auth")
}
