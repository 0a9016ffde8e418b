package realtime_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/rest"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/realtime"
	"github.com/activityd/activityd/internal/realtime/realtimetest"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/sqlite"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	domain   = "example.org"
	password = "a good password"
)

// house is the service with both of its doors, over a store of its own.
type house struct {
	t       *testing.T
	store   storage.Store
	service *api.Service
	sockets *realtime.Server
	url     string
	log     *logLines
	conns   []*realtimetest.Conn
}

// built is what a test changes of a house before it is opened.
type built struct {
	store   storage.Store
	service api.Options
	door    realtime.Options
}

// open opens a house.
func open(t *testing.T, changes ...func(*built)) *house {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	passwords, err := auth.NewPasswords(auth.PasswordOptions{Cost: auth.Cost{Memory: 8, Passes: 1, Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := auth.NewTokens("activityd", domain, []auth.Key{auth.NewKey(1)})
	if err != nil {
		t.Fatal(err)
	}
	log := &logLines{}
	b := &built{store: store}
	b.service = api.Options{
		Passwords: passwords, Tokens: tokens,
		Throttle: &auth.Throttle{Attempts: store.Secrets(), Limit: 1 << 30, Window: time.Hour, Now: time.Now},
		Clock:    time.Now, Logger: slog.New(slog.DiscardHandler),
		Limits:       api.Limits{MaxBody: 1 << 20, MaxAnswer: 8 << 20, MaxDepth: 64, MaxBatch: 1000},
		Registration: api.OpenRegistration, SessionLifetime: 24 * time.Hour,
		UserURL: func(name activity.Username) string { return "http://" + string(name) + "." + domain + "/" },
	}
	b.door = realtime.Options{Domain: domain, Logger: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, change := range changes {
		change(b)
	}
	b.service.Store = b.store
	h := &house{t: t, store: b.store, service: api.New(b.service), log: log}
	b.door.Service = h.service
	if h.sockets, err = realtime.New(b.door); err != nil {
		t.Fatal(err)
	}
	h.serve()
	return h
}

// serve lets the house be reached until the test ends.
func (h *house) serve() {
	h.t.Helper()
	byREST := rest.New(rest.Options{Service: h.service, Domain: domain, Logger: slog.New(slog.DiscardHandler)})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, realtime.Path) {
			h.sockets.ServeHTTP(w, r)
			return
		}
		byREST.ServeHTTP(w, r)
	}))
	h.url = server.URL
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.sockets.Run(context.WithValue(ctx, runKey{}, true))
	}()
	h.t.Cleanup(func() {
		end, cancel := context.WithTimeout(context.Background(), realtimetest.Limit)
		defer cancel()
		if err := h.sockets.Close(end); err != nil {
			h.t.Errorf("close the door: %v", err)
		}
		stop()
		<-done
		http.DefaultClient.CloseIdleConnections()
		server.Close()
	})
}

// logLines collects a log.
type logLines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// addUser makes a user and gives a session's token.
func (h *house) addUser(name string) (token string) {
	h.t.Helper()
	if _, err := h.service.AddUser(h.t.Context(), name, password, name+"@example.org", ""); err != nil {
		h.t.Fatalf("add user %s: %v", name, err)
	}
	return h.login(name)
}

func (h *house) login(name string) (token string) {
	h.t.Helper()
	var made struct{ Token string }
	h.must(name, "", http.MethodPost, "/auth/login", `{"password": "`+password+`", "appId": "test"}`, &made)
	return made.Token
}

// access makes an access and gives its id and token.
func (h *house) access(user, token, body string) (id, made string) {
	h.t.Helper()
	var access struct{ ID, Token string }
	h.must(user, token, http.MethodPost, "/accesses", body, &access)
	return access.ID, access.Token
}

// must sends a request that succeeds, and reads the answer into to, if it is
// not nil.
func (h *house) must(user, token, verb, path, body string, to any) {
	h.t.Helper()
	status, text := h.send(user, token, verb, path, body)
	if status/100 != 2 {
		h.t.Fatalf("%s %s %s: %d %s", verb, path, body, status, text)
	}
	if to != nil {
		if err := json.Unmarshal(text, to); err != nil {
			h.t.Fatalf("%s %s: %v in %s", verb, path, err, text)
		}
	}
}

func (h *house) send(user, token, verb, path, body string) (int, []byte) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), verb, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Host = user + "." + domain
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res.StatusCode, text
}

// client is a way to connect; the zero one is by protocol 5 to the bare domain.
type client struct {
	protocol  int
	polling   bool
	host      string // "" for the domain
	query     string
	namespace string // "" for /alice; perhaps with a query
	auth      string
	header    http.Header
}

// dial opens a connection, which the test's end closes.
func (h *house) dial(c client) (*realtimetest.Conn, error) {
	h.t.Helper()
	if c.host == "" {
		c.host = domain
	}
	conn, err := realtimetest.Dialer{
		URL: h.url, Host: c.host, Query: c.query, Protocol: c.protocol, Polling: c.polling, Header: c.header,
	}.Dial(h.t.Context())
	if err == nil {
		h.conns = append(h.conns, conn)
		h.t.Cleanup(conn.Close)
	}
	return conn, err
}

// try connects.
func (h *house) try(c client) (*realtimetest.Conn, *realtimetest.Socket, error) {
	h.t.Helper()
	conn, err := h.dial(c)
	if err != nil {
		return nil, nil, err
	}
	if c.namespace == "" {
		c.namespace = "/alice"
	}
	s, err := conn.Connect(h.t.Context(), c.namespace, c.auth)
	return conn, s, err
}

// connect connects, which must succeed.
func (h *house) connect(c client) *realtimetest.Socket {
	h.t.Helper()
	_, s, err := h.try(c)
	if err != nil {
		h.t.Fatalf("connect %+v: %v", c, err)
	}
	return s
}

// command runs a command, which must succeed.
func (h *house) command(s *realtimetest.Socket, id, params string) string {
	h.t.Helper()
	result, err := s.Command(h.t.Context(), id, params)
	if err != nil {
		h.t.Fatalf("%s %s: %v", id, params, err)
	}
	return string(result)
}

// wait waits for a notification with that channel, "" for channelsChanged.
func (h *house) wait(s *realtimetest.Socket, event, channel string) realtimetest.Event {
	h.t.Helper()
	e, err := s.Wait(h.t.Context(), func(e realtimetest.Event) bool { return e.Name == event && channelOf(e) == channel })
	if err != nil {
		h.t.Fatalf("wait for %s of %q: %v", event, channel, err)
	}
	return e
}

func channelOf(e realtimetest.Event) string {
	var content struct{ ChannelID string }
	if len(e.Args) > 0 {
		_ = json.Unmarshal(e.Args[0], &content) // what is no object names none
	}
	return content.ChannelID
}

// names gives what came, in short.
func names(all []realtimetest.Event) string {
	var list []string
	for _, e := range all {
		list = append(list, strings.TrimSuffix(e.Name+" "+channelOf(e), " "))
	}
	return strings.Join(list, ", ")
}

// protocols are all generations.
func protocols() []int { return []int{1, 3, 4, 5} }

func eachProtocol(t *testing.T, f func(t *testing.T, protocol int)) {
	t.Helper()
	for _, p := range protocols() {
		t.Run(fmt.Sprint("protocol ", p), func(t *testing.T) { f(t, p) })
	}
}
