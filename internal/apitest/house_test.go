package apitest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/rest"
	"github.com/activityd/activityd/internal/apitest/stores"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/openapi/validate"
	"github.com/activityd/activityd/internal/storage"
)

const (
	domain   = "localhost"
	password = "a good password"
	formKind = "application/x-www-form-urlencoded"
)

// house is the whole service behind its handler, over a store of its own.
type house struct {
	store   storage.Store
	service *api.Service
	handler http.Handler // holds what it answers to the API's description
	plain   http.Handler // answers alike
	sent    atomic.Int64 // requests
}

func open(t testing.TB, kind stores.Kind) *house {
	t.Helper()
	store := kind.Open(t, stores.Options{})
	passwords, err := auth.NewPasswords(auth.PasswordOptions{Cost: auth.Cost{Memory: 8, Passes: 1, Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := auth.NewTokens("activityd", domain, []auth.Key{auth.NewKey(1)})
	if err != nil {
		t.Fatal(err)
	}
	const often = 1 << 30 // sign-ins are not throttled here
	h := &house{store: store}
	h.service = api.New(api.Options{
		Store: store, Passwords: passwords, Tokens: tokens,
		Throttle: &auth.Throttle{Attempts: store.Secrets(), Limit: often, Window: time.Hour, Now: time.Now},
		Clock:    time.Now, Logger: slog.New(slog.DiscardHandler),
		Limits:       api.Limits{MaxBody: 1 << 20, MaxAnswer: 8 << 20, MaxDepth: 64, MaxBatch: 1000},
		Registration: api.OpenRegistration, SessionLifetime: 24 * time.Hour,
		UserURL: func(name activity.Username) string { return "http://" + string(name) + "." + domain + "/" },
	})
	description, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	h.plain = rest.New(rest.Options{Service: h.service, Domain: domain, Logger: slog.New(slog.DiscardHandler)})
	h.handler = description.Handler(t, h.plain, domain)
	return h
}

// spec is the API's description, which all answers are held to.
var spec = sync.OnceValues(validate.Load)

// addUser makes a user and signs in.
func (h *house) addUser(t testing.TB, name string) (token string) {
	t.Helper()
	if _, err := h.service.AddUser(t.Context(), name, password, name+"@example.org", ""); err != nil {
		t.Fatalf("add user %s: %v", name, err)
	}
	return h.login(t, name)
}

func (h *house) login(t testing.TB, name string) (token string) {
	t.Helper()
	var made struct{ Token string }
	h.must(t, request{verb: http.MethodPost, user: name, path: "/auth/login", body: `{"password": "` + password + `", "appId": "test app"}`}, &made)
	return made.Token
}

// request is one to a user's root, or where user is "" to the service's.
type request struct {
	verb, user, path string // the path as it is sent, query included
	token            string
	body             string
	kind             string // Content-Type; "" for JSON
}

func (r request) String() string {
	return fmt.Sprintf("%s %.200s %.300s", r.verb, r.path, r.body)
}

// reply is an answer; the error's parts are empty where there is none.
type reply struct {
	status int
	header http.Header
	body   string
	apiError
}

// apiError is the error object of the API.
type apiError struct {
	ID      string
	Message string
	Data    json.RawMessage
}

func (r reply) String() string { return fmt.Sprintf("%d %.500s", r.status, r.body) }

// do sends a request, from an address that did not send one lately: look-ups
// of usernames are counted by address.
func (h *house) do(t testing.TB, r request) reply {
	t.Helper()
	host := domain
	if r.user != "" {
		host = r.user + "." + domain
	}
	var body io.Reader
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(t.Context(), r.verb, "http://"+host+r.path, body)
	if err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	if req.Body == nil {
		req.Body = http.NoBody // as a server has it
	}
	n := h.sent.Add(1)
	req.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1234", n>>16&0xff, n>>8&0xff, n&0xff)
	if r.token != "" {
		req.Header.Set("Authorization", r.token)
	}
	if r.kind == "" {
		r.kind = "application/json"
	}
	req.Header.Set("Content-Type", r.kind)
	w := httptest.NewRecorder()
	if r.kind == formKind { // describes another request than it is
		h.plain.ServeHTTP(w, req)
	} else {
		h.handler.ServeHTTP(w, req)
	}
	return replyOf(w.Code, w.Header(), w.Body.String())
}

func replyOf(status int, header http.Header, body string) reply {
	a := reply{status: status, header: header, body: body}
	if status >= http.StatusBadRequest {
		_ = json.Unmarshal([]byte(body), &a.apiError) // without one the id stays empty
	}
	return a
}

// must sends a request that succeeds, and reads its answer.
func (h *house) must(t testing.TB, r request, into any) {
	t.Helper()
	a := h.do(t, r)
	if a.status >= http.StatusBadRequest {
		t.Fatalf("%s: %s", r, a)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		t.Fatalf("%s: %s: %v", r, a, err)
	}
}

// head gives the place of the newest change, of all users.
func (h *house) head(t testing.TB) storage.Position {
	t.Helper()
	at, err := h.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// quote writes a string as JSON.
func quote(s string) string { return string(activity.AppendString(nil, s)) }
