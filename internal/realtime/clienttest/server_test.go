package clienttest_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/legacy"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// server serves every generation at one path, and can be restarted.
type server struct {
	t        *testing.T
	addr     string
	listener *net.TCPListener
	restart  chan struct{}
	quit     chan struct{}
	done     sync.WaitGroup
}

// running is one life of the server.
type running struct {
	sockets *socketio.Server
	legacy  *legacy.Server
	http    *http.Server
	done    chan error
}

// kept is a listener that outlives the server: while there is none, the port
// cannot become that of somebody else's connection.
type kept struct{ *net.TCPListener }

// Close ends Accept.
func (k kept) Close() error { return k.SetDeadline(time.Unix(1, 0)) }

func listen(t *testing.T) *net.TCPListener {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() }) // nobody is left to be told
	return listener
}

func newServer(t *testing.T) *server {
	t.Helper()
	listener := listen(t)
	s := &server{
		t: t, addr: listener.Addr().String(), listener: listener,
		restart: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	s.done.Go(s.live)
	t.Cleanup(func() {
		close(s.quit)
		s.done.Wait()
	})
	return s
}

// live runs one server after the other.
func (s *server) live() {
	for {
		life, err := s.start()
		if err != nil {
			s.t.Error(err)
			return
		}
		select {
		case <-s.restart:
			s.stop(life)
		case <-s.quit:
			s.stop(life)
			return
		}
	}
}

// start begins a life. No limit of time is one that a busy machine comes near.
func (s *server) start() (*running, error) {
	connect := connector(func() { s.restart <- struct{}{} })
	sockets, err := socketio.NewServer(socketio.Config{
		Connect: connect, ConnectTimeout: limit,
		Engine: engineio.Config{PingTimeout: limit, UpgradeTimeout: limit},
	})
	if err != nil {
		return nil, err
	}
	old, err := legacy.NewServer(legacy.Config{
		Connect: connect, Authorize: authorize, ConnectTimeout: limit,
		HeartbeatTimeout: limit, CloseTimeout: limit, HandshakeTimeout: limit, WriteTimeout: limit,
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/socket.io/", func(w http.ResponseWriter, r *http.Request) {
		if old.Serves(r.URL.Path) {
			old.ServeHTTP(w, r)
			return
		}
		sockets.ServeHTTP(w, r)
	})
	mux.HandleFunc("/pages/", servePages)
	if err := s.listener.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	life := &running{sockets, old, &http.Server{Handler: mux, ReadHeaderTimeout: limit}, make(chan error, 1)}
	go func() { life.done <- life.http.Serve(kept{s.listener}) }()
	return life, nil
}

func (s *server) stop(life *running) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	life.sockets.Close()
	if err := life.legacy.Close(ctx); err != nil {
		s.t.Errorf("closing: %v", err)
	}
	// What is answered last arrives: the oldest clients never get over a POST that
	// fails.
	if err := life.http.Shutdown(ctx); err != nil {
		s.t.Errorf("closing: %v", err)
	}
	if err := <-life.done; !errors.Is(err, http.ErrServerClosed) {
		s.t.Error(err)
	}
}
