package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/rest"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/openapi/validate"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/sqlite"
)

const (
	domain     = "example.org"
	aliceToken = "a-token-of-alice-that-is-long-enough"
	bobbyToken = "a-token-of-bobby-that-is-long-enough"
	readToken  = "a-token-that-reads-nothing-of-alice"
)

// fixture is the adapter over a real store with two users, alice and bobby, a
// personal access of each, and a shared one of alice's that permits nothing.
type fixture struct {
	store   *faulty
	service *api.Service
	handler http.Handler
	log     *logBuffer
}

type setup struct {
	limits  api.Limits
	proxies []netip.Prefix
	timeout time.Duration
	pages   map[string]http.Handler
}

func newFixture(t testing.TB, adjust ...func(*setup)) *fixture {
	t.Helper()
	s := setup{limits: api.Limits{MaxBody: 64 << 10, MaxAnswer: 16 << 10, MaxDepth: 64, MaxBatch: 20}}
	for _, change := range adjust {
		change(&s)
	}
	store, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	f := &fixture{store: &faulty{Store: store}, log: &logBuffer{}}
	f.addUser(t, "alice", aliceToken)
	f.addUser(t, "bobby", bobbyToken)
	f.service = newService(t, f.store, s.limits)
	f.handler = described(t).Handler(t, rest.New(rest.Options{
		Service: f.service, Domain: domain,
		Logger:         slog.New(slog.NewJSONHandler(f.log, nil)),
		TrustedProxies: s.proxies, Timeout: s.timeout, Pages: s.pages,
	}), domain)
	return f
}

// spec is the API's description, which all answers are held to.
var spec = sync.OnceValues(validate.Load)

func described(t testing.TB) *validate.Spec {
	t.Helper()
	s, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newService(t testing.TB, store storage.Store, limits api.Limits) *api.Service {
	t.Helper()
	passwords, err := auth.NewPasswords(auth.PasswordOptions{Cost: auth.Cost{Memory: 64, Passes: 1, Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := auth.NewTokens("activityd", domain, []auth.Key{auth.NewKey(1)})
	if err != nil {
		t.Fatal(err)
	}
	return api.New(api.Options{
		Store: store, Passwords: passwords, Tokens: tokens,
		Throttle: &auth.Throttle{Attempts: store.Secrets(), Limit: 2, Window: time.Hour, Now: time.Now},
		Clock:    time.Now, Logger: slog.New(slog.DiscardHandler), Limits: limits,
		Registration: api.OpenRegistration, SessionLifetime: time.Hour,
		UserURL:   func(name activity.Username) string { return "http://" + string(name) + "." + domain + "/" },
		PublicURL: "http://" + domain,
	})
}

func (f *fixture) addUser(t testing.TB, name activity.Username, token string) {
	t.Helper()
	user := activity.User{ID: activity.UserID("id-of-" + name), Username: name, Email: string(name) + "@example.org", LanguageCode: "en"}
	if err := f.store.Users().CreateUser(t.Context(), &user, nil); err != nil {
		t.Fatal(err)
	}
	accesses := []activity.Access{
		{ID: "own", Type: activity.PersonalAccess, Name: "test", Tokens: []activity.TokenHash{activity.HashToken(token)}},
	}
	if name == "alice" {
		accesses = append(accesses, activity.Access{
			ID: "reader", Type: activity.SharedAccess, Name: "reader", Tokens: []activity.TokenHash{activity.HashToken(readToken)},
		})
	}
	for _, access := range accesses {
		err := f.store.Tenant(user.ID).Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error {
			one := access
			return tx.CreateAccess(t.Context(), &one)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// listen serves the fixture on a real port until the test ends.
func (f *fixture) listen(t testing.TB) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.Config = rest.NewServer(f.handler, slog.New(slog.DiscardHandler))
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// request is one to alice's root, with her token, unless changed.
func request(method, target, body string, change ...func(*http.Request)) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body == "" {
		r = httptest.NewRequest(method, target, nil)
	}
	r.Host = "alice." + domain
	r.Header.Set("Authorization", aliceToken)
	for _, f := range change {
		f(r)
	}
	return r
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func host(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }

// answer is a response whose body somebody else closes.
type answer struct {
	StatusCode int
	Header     http.Header
	Body       io.Reader
}

// do answers without a connection.
func (f *fixture) do(t testing.TB, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body}
}

// want checks status and error id ("" for none) and gives the body.
func want(t testing.TB, res answer, status int, id string) []byte {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var e struct{ ID, Message string }
	_ = json.Unmarshal(body, &e) // arrays and empty bodies have no id
	if status >= 400 && (e.ID != id || e.Message == "") || res.StatusCode != status {
		t.Fatalf("got %d %s, want %d %s", res.StatusCode, body, status, id)
	}
	return body
}

// data gives a member of an error's data.
func data(t testing.TB, body []byte, member string) any {
	t.Helper()
	var e struct{ Data map[string]any }
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return e.Data[member]
}

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// lines gives what was logged.
func (b *logBuffer) lines(t testing.TB) []map[string]any {
	t.Helper()
	var all []map[string]any
	dec := json.NewDecoder(strings.NewReader(b.String()))
	for dec.More() {
		var line map[string]any
		if err := dec.Decode(&line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	return all
}

// faulty is a store in which looking a user up or listing events can be made to
// go wrong.
type faulty struct {
	storage.Store
	lookUp func(context.Context) error
	events iter.Seq2[activity.Event, error]
}

func (s *faulty) Users() storage.Users { return faultyUsers{s.Store.Users(), s} }

func (s *faulty) Tenant(id activity.UserID) storage.Tenant {
	return faultyTenant{s.Store.Tenant(id), s}
}

type faultyUsers struct {
	storage.Users
	store *faulty
}

func (u faultyUsers) UserByName(ctx context.Context, name activity.Username) (activity.User, error) {
	if u.store.lookUp != nil {
		if err := u.store.lookUp(ctx); err != nil {
			return activity.User{}, err
		}
	}
	return u.Users.UserByName(ctx, name)
}

type faultyTenant struct {
	storage.Tenant
	store *faulty
}

func (n faultyTenant) Events(ctx context.Context, q storage.EventQuery) iter.Seq2[activity.Event, error] {
	if n.store.events != nil {
		return n.store.events
	}
	return n.Tenant.Events(ctx, q)
}
