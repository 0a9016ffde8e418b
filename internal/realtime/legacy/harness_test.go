package legacy_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/legacy"
	"github.com/activityd/activityd/internal/realtime/socketio"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// app is an application: it answers some events, and writes down what happens.
type app struct {
	mu      sync.Mutex
	sockets map[string]socketio.Socket // by namespace
	told    chan string
	limit   time.Duration // of waiting for what is told
}

func newApp() *app {
	return &app{sockets: make(map[string]socketio.Socket), told: make(chan string, 1000), limit: time.Minute}
}

// tell notes what happens. A hostile client makes much of it: the oldest is
// forgotten then.
func (a *app) tell(what string) {
	for {
		select {
		case a.told <- what:
			return
		default:
		}
		select {
		case <-a.told:
		default:
		}
	}
}

// socket returns the socket of a namespace.
func (a *app) socket(namespace string) socketio.Socket {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sockets[namespace]
}

// connect refuses /no, and the root if its query says so.
func (a *app) connect(k socketio.Socket, r *socketio.ConnectRequest) (socketio.Handler, error) {
	a.mu.Lock()
	a.sockets[r.Namespace] = k
	a.mu.Unlock()
	switch {
	case strings.HasPrefix(r.Namespace, "/no"), r.Implicit && k.Handshake().Query("root") == "no":
		return nil, &socketio.Refusal{Message: "no"}
	case r.Namespace == "/early":
		_ = k.Emit("early") // held until the acceptance
	case r.Namespace == "/gone":
		k.Disconnect()
	case r.Namespace == "/query":
		a.tell("query " + r.Query)
	}
	return &handler{a, k}, nil
}

type handler struct {
	app    *app
	socket socketio.Socket
}

func (h *handler) Connected() { h.app.tell("connected " + h.socket.Namespace()) }

func (h *handler) Drained() {}

func (h *handler) Disconnected(r socketio.Reason) {
	h.app.tell("disconnected " + h.socket.Namespace() + ": " + string(r))
}

func (h *handler) Event(e *socketio.Event) {
	k := h.socket
	switch e.Name {
	case "echo", "message":
		_ = e.Ack(e.Args...)
		_ = e.Ack([]byte(`"twice"`)) // does nothing
	case "back":
		_ = k.EmitPrepared(socketio.Prepare("back", e.Args...))
	case "binary":
		value := socketio.AppendPlaceholder([]byte(`[`), 0)
		_ = k.EmitPrepared(socketio.PrepareBinary("binary", [][]byte{{1}}, append(value, ']')))
		_ = e.AckBinary([][]byte{{1}}, socketio.AppendPlaceholder(nil, 0))
	case "ask":
		_ = k.EmitAck(func(a socketio.Ack) { _ = k.Emit("answered", a.Args...) }, "question")
	case "leave":
		k.Disconnect()
	case "close":
		_ = k.Emit("last words")
		k.Close()
	}
	h.app.tell("event " + e.Name)
}

// server is a running server.
type server struct {
	*app
	*httptest.Server
	legacy *legacy.Server
}

// serve starts a server, with changes to its configuration.
func serve(t *testing.T, change func(*legacy.Config)) *server {
	t.Helper()
	a := newApp()
	config := legacy.Config{Connect: a.connect, Authorize: authorize}
	if change != nil {
		change(&config)
	}
	l, err := legacy.NewServer(config)
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(l)
	s := &server{a, hs, l}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := l.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		hs.Close()
		if n := l.Len(); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	})
	return s
}

// authorize refuses by what the query says.
func authorize(h *engineio.Handshake) error {
	switch h.Query("auth") {
	case "bad":
		return &socketio.Refusal{Message: "no", Data: []byte(`{"id":"bad","message":"</script> \u2028"}`)}
	case "plain":
		return &socketio.Refusal{Message: "not you"}
	case "broken":
		return errors.New("the database is away")
	}
	return nil
}

type answer struct {
	status int
	body   string
	header http.Header
}

func (s *server) do(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/socket.io/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return answerTo(t, s.Client(), r)
}

func answerTo(t *testing.T, client *http.Client, r *http.Request) answer {
	t.Helper()
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, string(got), response.Header}
}

func (s *server) get(t *testing.T, path string) string {
	t.Helper()
	return s.do(t, http.MethodGet, path, "").body
}

func (s *server) post(t *testing.T, path, body string) answer {
	t.Helper()
	return s.do(t, http.MethodPost, path, body)
}

// handshake returns a session id.
func (s *server) handshake(t *testing.T, query string) string {
	t.Helper()
	got := s.do(t, http.MethodGet, "1/?"+query, "")
	sid, rest, _ := strings.Cut(got.body, ":")
	if got.status != http.StatusOK || rest != "60:60:websocket,xhr-polling,jsonp-polling" {
		t.Fatalf("handshake: %d %q", got.status, got.body)
	}
	return sid
}

// dial opens a session's WebSocket.
func (s *server) dial(t *testing.T, sid string) *websocket.Conn {
	t.Helper()
	url := "ws" + strings.TrimPrefix(s.URL, "http") + "/socket.io/1/websocket/" + sid
	conn, response, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// open opens a session over WebSocket, up to the root's acknowledgement.
func (s *server) open(t *testing.T) *websocket.Conn {
	t.Helper()
	conn := s.dial(t, s.handshake(t, ""))
	expect(t, conn, "1::")
	return conn
}

// openPolling opens a session that polls.
func (s *server) openPolling(t *testing.T) (path string) {
	t.Helper()
	path = "1/xhr-polling/" + s.handshake(t, "")
	if got := s.get(t, path); got != "1::" {
		t.Fatalf("first poll: %q", got)
	}
	return path
}

func send(t *testing.T, conn *websocket.Conn, packets ...string) {
	t.Helper()
	for _, p := range packets {
		if err := conn.WriteMessage(websocket.TextMessage, []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
}

func expect(t *testing.T, conn *websocket.Conn, packets ...string) {
	t.Helper()
	for _, want := range packets {
		op, got, err := conn.ReadMessage()
		if err != nil || op != websocket.TextMessage || string(got) != want {
			t.Fatalf("got %q, %v; want %q", got, err, want)
		}
	}
}

// expectClose reads the close frame.
func expectClose(t *testing.T, conn *websocket.Conn, code int) {
	t.Helper()
	_, got, err := conn.ReadMessage()
	if !websocket.IsCloseError(err, code) {
		t.Fatalf("got %q, %v; want close code %d", got, err, code)
	}
}

// expectTold waits until the application has seen something.
func (a *app) expectTold(t *testing.T, what string) {
	t.Helper()
	limit := time.After(a.limit)
	for {
		select {
		case got := <-a.told:
			if got == what {
				return
			}
		case <-limit:
			t.Fatalf("the application has not seen %q", what)
		}
	}
}

func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}
