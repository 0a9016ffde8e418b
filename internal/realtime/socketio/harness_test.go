package socketio_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/activityd/activityd/internal/realtime/socketio"

	"github.com/gorilla/websocket"
)

// app is an application that notes what it is told. On /, /custom and /u it
// answers as the official suite asks; other namespaces are refused.
type app struct {
	t   *testing.T
	url string
	*socketio.Server

	mu      sync.Mutex
	sockets []socketio.Socket
	asked   []socketio.ConnectRequest
	ends    chan string
	later   sync.WaitGroup // answers that handlers leave to others
}

func start(t *testing.T, config socketio.Config) *app {
	t.Helper()
	a := &app{t: t, ends: make(chan string, 100)}
	if config.Connect == nil {
		config.Connect = a.connect
	}
	var err error
	if a.Server, err = socketio.NewServer(config); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(a.Server)
	a.url = web.URL + "/socket.io/?"
	t.Cleanup(func() {
		a.later.Wait()
		a.Close()
		web.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return a
}

func (a *app) connect(s socketio.Socket, r *socketio.ConnectRequest) (socketio.Handler, error) {
	a.mu.Lock()
	a.sockets = append(a.sockets, s)
	a.asked = append(a.asked, *r)
	a.mu.Unlock()
	switch r.Namespace {
	case "/", "/custom", "/u", "/ü":
	case "/forbidden":
		return nil, &socketio.Refusal{Message: "No.", Data: []byte(`{"id":"forbidden"}`)}
	case "/broken":
		return nil, io.ErrUnexpectedEOF
	default:
		return nil, socketio.UnknownNamespace()
	}
	auth := r.Auth
	if auth == nil {
		auth = []byte("{}")
	}
	if s.Protocol() >= socketio.Protocol5 {
		if err := s.Emit("auth", auth); err != nil {
			return nil, err
		}
	}
	return a.mux().Bind(s), nil
}

func (a *app) mux() *socketio.Mux {
	m := new(socketio.Mux)
	m.On("message", func(s socketio.Socket, e *socketio.Event) {
		a.check(s.EmitPrepared(socketio.PrepareBinary("message-back", e.Attachments, e.Args...)))
	})
	m.On("message-with-ack", func(_ socketio.Socket, e *socketio.Event) {
		a.check(e.AckBinary(e.Attachments, e.Args...))
		a.check(e.Ack([]byte(`"only the first counts"`)))
	})
	m.On("error", func(_ socketio.Socket, e *socketio.Event) { a.check(e.Ack()) })
	m.On("answer-first", func(s socketio.Socket, e *socketio.Event) {
		a.check(e.Ack(e.Args...))
		a.check(s.Emit("said", e.Args...))
	})
	m.On("answer-last", func(s socketio.Socket, e *socketio.Event) {
		a.check(s.Emit("said", e.Args...))
		a.check(e.Ack(e.Args...))
	})
	m.On("answer-later", func(s socketio.Socket, e *socketio.Event) {
		a.later.Go(func() {
			a.check(e.Ack(e.Args...))
			a.check(s.Emit("said", e.Args...))
		})
	})
	m.On("leave", func(s socketio.Socket, _ *socketio.Event) { s.Disconnect() })
	m.On("close", func(s socketio.Socket, _ *socketio.Event) { s.Close() })
	m.OnDisconnect(func(s socketio.Socket, r socketio.Reason) { a.ends <- s.Namespace() + " " + string(r) })
	return m
}

func (a *app) check(err error) {
	if err != nil {
		a.t.Error(err)
	}
}

// ended waits for the end of a socket.
func (a *app) ended(namespace string, reason socketio.Reason) {
	a.t.Helper()
	if got := <-a.ends; got != namespace+" "+string(reason) {
		a.t.Errorf("ended: %s; want %s %s", got, namespace, reason)
	}
}

// last returns the socket about which the application was asked last.
func (a *app) last() (socketio.Socket, socketio.ConnectRequest) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sockets[len(a.sockets)-1], a.asked[len(a.asked)-1]
}

// client is a WebSocket to the server.
type client struct {
	t    *testing.T
	conn *websocket.Conn
}

// dial opens a session and reads the handshake of the engine.
func (a *app) dial(revision int) *client {
	a.t.Helper()
	url := fmt.Sprintf("ws%sEIO=%d&transport=websocket", strings.TrimPrefix(a.url, "http"), revision)
	conn, _, err := websocket.DefaultDialer.Dial(url, nil) //nolint:bodyclose // an upgrade has none
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { _ = conn.Close() }) // often closed already
	c := &client{a.t, conn}
	if open := c.read(); open[0] != '0' {
		a.t.Fatalf("no open packet: %q", open)
	}
	return c
}

// joined is dial with the root namespace connected.
func (a *app) joined(revision int) *client {
	a.t.Helper()
	c := a.dial(revision)
	if revision >= 4 {
		c.send("40")
		c.expect(`40{"sid":"*"}`, `42["auth",{}]`)
		return c
	}
	c.expect("40")
	return c
}

func (c *client) send(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		if err := c.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *client) sendBinary(data ...byte) {
	c.t.Helper()
	if err := c.conn.WriteMessage(websocket.BinaryMessage, data); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) read() string {
	c.t.Helper()
	op, data, err := c.conn.ReadMessage()
	if err != nil {
		c.t.Fatal(err)
	}
	if op == websocket.BinaryMessage {
		return fmt.Sprintf("%d", data)
	}
	return string(data)
}

// sid is replaced in what is compared; it is different each time.
var sid = regexp.MustCompile(`"sid":"[^"]{20}"`)

// expect reads texts, or binary data as fmt prints it.
func (c *client) expect(want ...string) {
	c.t.Helper()
	for _, w := range want {
		if got := sid.ReplaceAllString(c.read(), `"sid":"*"`); got != w {
			c.t.Errorf("got %q, want %q", got, w)
		}
	}
}

// closes waits for the end, and fails if anything comes before it.
func (c *client) closes() {
	c.t.Helper()
	op, data, err := c.conn.ReadMessage()
	if err == nil {
		c.t.Errorf("got %d %q, want the end", op, data)
	}
}
