package engineio_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"

	"github.com/gorilla/websocket"
)

// echo sends every message back, and tells how its session ended.
type echo struct {
	session *engineio.Session
	closed  chan engineio.Reason
}

func (e *echo) Message(data []byte, binary bool) {
	frame := engineio.TextFrame(data)
	if binary {
		frame = engineio.BinaryFrame(e.session.Revision(), data)
	}
	_ = e.session.Send(frame) // an error has ended the session
}

func (e *echo) Drained()                      {}
func (e *echo) Closed(reason engineio.Reason) { e.closed <- reason }

// peer is a server with what is needed to talk to it.
type peer struct {
	t      *testing.T
	server *engineio.Server
	client *http.Client
	dialer *websocket.Dialer
	dial   func() (net.Conn, error)
	// address is that of WebSockets, "" for any.
	address string

	mu       sync.Mutex
	sessions []*echo
}

// pipes is a listener whose connections exist in memory only, so that a test
// with synthetic time can use it.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
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

// start serves config over TCP; startPipes in memory.
func start(t *testing.T, config engineio.Config) *peer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	return serve(t, config, listener, func() (net.Conn, error) { return net.Dial("tcp", address) })
}

func startPipes(t *testing.T, config engineio.Config) *peer {
	t.Helper()
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	return serve(t, config, p, p.dial)
}

// echoing is the application's side: it echoes.
func (p *peer) echoing(s *engineio.Session) engineio.Handler {
	e := &echo{session: s, closed: make(chan engineio.Reason, 1)}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sessions = append(p.sessions, e)
	return e
}

func serve(t *testing.T, config engineio.Config, listener net.Listener, dial func() (net.Conn, error)) *peer {
	t.Helper()
	p := &peer{t: t, dial: dial}
	if config.Open == nil {
		config.Open = p.echoing
	}
	var err error
	if p.server, err = engineio.NewServer(config); err != nil {
		t.Fatal(err)
	}
	// The deadlines of the server must not reach polls and WebSockets.
	web := &http.Server{Handler: p.server, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return dial() }}
	p.client = &http.Client{Transport: transport}
	p.dialer = &websocket.Dialer{NetDial: func(string, string) (net.Conn, error) { return dial() }}
	t.Cleanup(func() {
		p.server.Close()
		transport.CloseIdleConnections()
		if err := web.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return p
}

// last returns the session that was opened last.
func (p *peer) last() *echo {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sessions[len(p.sessions)-1]
}

// ended waits for the end of the session that was opened last.
func (p *peer) ended(want engineio.Reason) {
	p.t.Helper()
	if got := <-p.last().closed; got != want {
		p.t.Errorf("session ended by %q, want %q", got, want)
	}
}

type response struct {
	status int
	body   string
	header http.Header
}

func (p *peer) do(r *http.Request) response {
	p.t.Helper()
	res, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return response{res.StatusCode, string(body), res.Header}
}

func (p *peer) request(method, query, body string) *http.Request {
	p.t.Helper()
	r, err := http.NewRequest(method, "http://test/engine.io/?"+query, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

func (p *peer) get(query string) response { p.t.Helper(); return p.do(p.request("GET", query, "")) }

func (p *peer) post(query, body string) response {
	p.t.Helper()
	r := p.request("POST", query, body)
	r.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	return p.do(r)
}

// expect compares an answer's status and body.
func (p *peer) expect(r response, status int, body string) {
	p.t.Helper()
	if r.status != status || r.body != body {
		p.t.Errorf("got %d %q, want %d %q", r.status, r.body, status, body)
	}
}

type handshake struct {
	Sid          string
	Upgrades     []string
	PingInterval int
	PingTimeout  int
	MaxPayload   int
}

// parseOpen reads an open packet, with or without the framing of revision 3.
func (p *peer) parseOpen(body string) handshake {
	p.t.Helper()
	if i := strings.IndexByte(body, '{'); i > 0 && body[i-1] == '0' {
		var h handshake
		if json.NewDecoder(strings.NewReader(body[i:])).Decode(&h) == nil && h.Sid != "" {
			return h
		}
	}
	p.t.Fatalf("no open packet: %q", body)
	return handshake{}
}

// poll opens a session and returns the query for its requests.
func (p *peer) poll(query string) string {
	p.t.Helper()
	r := p.get(query + "&transport=polling")
	if r.status != 200 {
		p.t.Fatalf("handshake: %d %q", r.status, r.body)
	}
	return query + "&transport=polling&sid=" + p.parseOpen(r.body).Sid
}

// socket is a WebSocket.
type socket struct {
	t    *testing.T
	conn *websocket.Conn
}

func (p *peer) socket(query string) *socket {
	p.t.Helper()
	address := "ws://test"
	if p.address != "" {
		address = p.address
	}
	conn, res, err := p.dialer.Dial(address+"/engine.io/?"+query, nil) //nolint:bodyclose // an upgrade has none
	if err != nil {
		p.t.Fatalf("dial: %v, %v", err, res)
	}
	p.t.Cleanup(func() { _ = conn.Close() }) // often closed already
	return &socket{p.t, conn}
}

// upgrade opens a WebSocket for a session that polls.
func (p *peer) upgrade(session string) *socket {
	p.t.Helper()
	return p.socket(strings.Replace(session, "transport=polling", "transport=websocket", 1))
}

// open opens a session over a WebSocket.
func (p *peer) open(query string) *socket {
	p.t.Helper()
	s := p.socket(query + "&transport=websocket")
	p.parseOpen(" " + s.read())
	return s
}

func (s *socket) send(texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		if err := s.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *socket) sendBinary(data ...byte) {
	s.t.Helper()
	if err := s.conn.WriteMessage(websocket.BinaryMessage, data); err != nil {
		s.t.Fatal(err)
	}
}

func (s *socket) read() string {
	s.t.Helper()
	_, data, err := s.conn.ReadMessage()
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

func (s *socket) expect(texts ...string) {
	s.t.Helper()
	for _, want := range texts {
		if got := s.read(); got != want {
			s.t.Errorf("got %q, want %q", got, want)
		}
	}
}

func (s *socket) expectBinary(want ...byte) {
	s.t.Helper()
	op, data, err := s.conn.ReadMessage()
	if err != nil || op != websocket.BinaryMessage || !bytes.Equal(data, want) {
		s.t.Errorf("got %d %v %v, want binary %v", op, data, err, want)
	}
}

// closes waits for the end and returns the close code, 0 for none. What comes
// before it is dropped.
func (s *socket) closes() int {
	s.t.Helper()
	for {
		_, _, err := s.conn.ReadMessage()
		if e, ok := err.(*websocket.CloseError); ok { //nolint:errorlint // gorilla returns it bare
			return e.Code
		}
		if err != nil {
			return 0
		}
	}
}
