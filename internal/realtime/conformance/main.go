// Command conformance serves what the official test suites of Engine.IO 3 and 4
// and of Socket.IO 5 ask for, so that they can be run against our servers. It
// owns no protocol and imports nothing of activityd but the Socket.IO library.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	port := flags.Int("port", 3000, "port to listen on; 0 for any")
	interval := flags.Duration("ping-interval", 300*time.Millisecond, "time between two pings")
	timeout := flags.Duration("ping-timeout", 200*time.Millisecond, "time to answer one")
	payload := flags.Int64("max-payload", 1_000_000, "bytes of an incoming message")
	connect := flags.Duration("connect-timeout", time.Second, "time to connect to a namespace")
	if err := flags.Parse(args); err != nil {
		return err
	}
	engine := engineio.Config{PingInterval: *interval, PingTimeout: *timeout, MaxPayload: *payload}
	sockets, err := socketio.NewServer(socketio.Config{Engine: engine, ConnectTimeout: *connect, Connect: connector()})
	if err != nil {
		return err
	}
	defer sockets.Close()
	engine.Open = func(s *engineio.Session) engineio.Handler { return echo{s} }
	echoes, err := engineio.NewServer(engine)
	if err != nil {
		return err
	}
	defer echoes.Close()

	mux := http.NewServeMux()
	mux.Handle("/engine.io/", echoes)
	mux.Handle("/socket.io/", sockets)
	listeners, err := listen(*port)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- server.Serve(pacedListener{l}) }()
	}
	if _, err := fmt.Fprintln(stdout, "listening on", listeners[0].Addr()); err != nil {
		return err
	}
	served := len(listeners)
	select {
	case err = <-failed:
		served--
	case <-ctx.Done():
	}
	sockets.Close()
	echoes.Close()
	err = errors.Join(err, server.Close())
	for range served {
		if e := <-failed; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// listen listens on the loopback addresses that localhost may stand for: Node
// takes whichever the resolver names first. A machine need not have the second.
func listen(port int) ([]net.Listener, error) {
	four, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	_, taken, _ := net.SplitHostPort(four.Addr().String()) // always one
	six, err := net.Listen("tcp", net.JoinHostPort("::1", taken))
	switch {
	case err == nil:
		return []net.Listener{four, six}, nil
	case errors.Is(err, syscall.EADDRINUSE) && port != 0:
		return nil, errors.Join(err, four.Close())
	}
	return []net.Listener{four}, nil
}

// echo sends every message back.
type echo struct{ session *engineio.Session }

func (e echo) Message(data []byte, binary bool) {
	frame := engineio.TextFrame(data)
	if binary {
		frame = engineio.BinaryFrame(e.session.Revision(), data)
	}
	_ = e.session.Send(frame) // an error has ended the session
}

func (e echo) Drained() {}

func (e echo) Closed(engineio.Reason) {}

// connector serves the root and /custom.
func connector() socketio.ConnectFunc {
	custom := new(socketio.Mux)
	root := new(socketio.Mux)
	root.On("message", func(s socketio.Socket, e *socketio.Event) {
		_ = s.EmitPrepared(socketio.PrepareBinary("message-back", e.Attachments, e.Args...)) // the same
	})
	root.On("message-with-ack", func(_ socketio.Socket, e *socketio.Event) {
		_ = e.AckBinary(e.Attachments, e.Args...) // the same
	})
	return func(s socketio.Socket, r *socketio.ConnectRequest) (socketio.Handler, error) {
		mux := root
		switch r.Namespace {
		case "/":
		case "/custom":
			mux = custom
		default:
			return nil, socketio.UnknownNamespace()
		}
		auth := r.Auth
		if auth == nil {
			auth = []byte("{}")
		}
		if err := s.Emit("auth", auth); err != nil {
			return nil, err
		}
		return mux.Bind(s), nil
	}
}
