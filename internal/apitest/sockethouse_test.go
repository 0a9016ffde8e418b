package apitest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/apitest/rawsocket"
	"github.com/activityd/activityd/internal/realtime"
)

// socketPatience is how long a test waits for what must come.
const socketPatience = time.Minute

// serveSockets serves the house, with the door for sockets, until the test's
// end: over TCP where listener is nil.
func (h *house) serveSockets(t testing.TB, o realtime.Options, listener net.Listener) (address string, door *realtime.Server) {
	t.Helper()
	o.Service, o.Domain, o.Logger = h.service, domain, slog.New(slog.DiscardHandler)
	door, err := realtime.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var follows sync.WaitGroup
	follows.Go(func() { door.Run(ctx) })
	mux := http.NewServeMux()
	mux.Handle("/", h.plain)
	mux.Handle(realtime.Path, door)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: socketPatience}
	if listener == nil {
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		closing, stop := context.WithTimeout(context.Background(), socketPatience)
		defer stop()
		if err := door.Close(closing); err != nil {
			t.Errorf("close the sockets: %v", err)
		}
		if err := errors.Join(server.Close(), <-served); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		cancel()
		follows.Wait()
	})
	return listener.Addr().String(), door
}

// pipes is a listener whose connections exist in memory only and hold nothing:
// what one side writes waits until the other reads. A test with synthetic time
// can use it.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial() (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// command is a method with its parameters as a socket sends them.
type command struct {
	id, params string // params "" for none
	direct     bool   // as an event of that name, instead of "command"
}

// send sends a command; its answer comes through the channel.
func (c command) send(by *rawsocket.Client) (<-chan []json.RawMessage, error) {
	switch {
	case c.direct && c.params == "":
		return by.Send(c.id)
	case c.direct:
		return by.Send(c.id, json.RawMessage(c.params))
	case c.params == "":
		return by.Send("command", json.RawMessage(fmt.Sprintf(`{"id":%s}`, quote(c.id))))
	}
	return by.Send("command", json.RawMessage(fmt.Sprintf(`{"id":%s,"params":%s}`, quote(c.id), c.params)))
}

// by sends a command and waits for its answer: 200 with the result, or 400 with
// the error object, since a socket tells no status.
func (c command) by(t testing.TB, socket *rawsocket.Client) (reply, error) {
	t.Helper()
	waiting, err := c.send(socket)
	if err != nil {
		return reply{}, err
	}
	return c.await(t, socket, waiting)
}

// await waits for the answer to a command that was sent. rawsocket.ErrEnded
// when there will be none.
func (c command) await(t testing.TB, socket *rawsocket.Client, waiting <-chan []json.RawMessage) (reply, error) {
	t.Helper()
	select {
	case ack := <-waiting:
		return acknowledgement(t, ack), nil
	default:
	}
	select {
	case ack := <-waiting:
		return acknowledgement(t, ack), nil
	case <-socket.Done():
		select {
		case ack := <-waiting:
			return acknowledgement(t, ack), nil
		default:
			return reply{}, socket.Err()
		}
	case <-time.After(socketPatience):
		t.Errorf("%s %.300s: no answer within %s", c.id, c.params, socketPatience)
		return reply{}, rawsocket.ErrEnded
	}
}

// acknowledgement reads (null, result) or (error).
func acknowledgement(t testing.TB, args []json.RawMessage) reply {
	t.Helper()
	switch {
	case len(args) == 2 && string(args[0]) == "null":
		return reply{status: http.StatusOK, body: string(args[1])}
	case len(args) == 1 && string(args[0]) != "null":
		return replyOf(http.StatusBadRequest, nil, string(args[0]))
	}
	t.Errorf("%.300q is neither (null, result) nor (error)", args)
	return reply{status: http.StatusInternalServerError}
}
