package api_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/apitest/stores"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// accounts is a service over a store of its own, with what tests of accounts
// watch and set.
type accounts struct {
	service *api.Service
	store   storage.Store
	options api.Options
	hashes  atomic.Int64 // how many argon2 computations were made

	mu  sync.Mutex
	now time.Time
}

const (
	testLimit    = 3 // sign-ins of one user from one address
	testLifetime = 24 * time.Hour
	rightWord    = "a good password"
)

var home = netip.MustParseAddr("192.0.2.1")

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m).Run()) }

// openAccounts starts a service with channels to come; change may alter its
// options.
func openAccounts(t *testing.T, change ...func(*api.Options)) *accounts {
	t.Helper()
	return openAccountsOn(t, stores.SQLite, change...)
}

func openAccountsOn(t *testing.T, kind stores.Kind, change ...func(*api.Options)) *accounts {
	t.Helper()
	a := &accounts{now: time.Unix(1_700_000_000, 0)}
	store := kind.Open(t, stores.Options{Clock: a.clock})
	tokens, err := auth.NewTokens("activityd", "localhost", []auth.Key{auth.NewKey(activity.TimestampOf(a.now))})
	if err != nil {
		t.Fatal(err)
	}
	a.store = store
	a.options = api.Options{
		Store: store, Passwords: a.passwords(t, auth.Cost{Memory: 8, Passes: 1, Threads: 1}), Tokens: tokens,
		Throttle: &auth.Throttle{Attempts: store.Secrets(), Limit: testLimit, Window: time.Hour, Now: a.clock},
		Clock:    a.clock, Logger: slog.New(slog.DiscardHandler),
		Limits:       api.Limits{MaxBody: 1 << 20, MaxAnswer: 8 << 20, MaxDepth: 64, MaxBatch: 1000},
		Registration: api.OpenRegistration, SessionLifetime: testLifetime,
		UserURL:   func(name activity.Username) string { return "http://" + string(name) + ".localhost:3000/" },
		PublicURL: "http://localhost:3000",
	}
	for _, c := range change {
		c(&a.options)
	}
	a.service = api.New(a.options)
	return a
}

// passwords counts the computations that it makes.
func (a *accounts) passwords(t *testing.T, cost auth.Cost) *auth.Passwords {
	t.Helper()
	p, err := auth.NewPasswords(auth.PasswordOptions{
		Cost: cost, Waiting: 1000,
		Derive: func(password, salt []byte, passes, memory uint32, threads uint8, length uint32) []byte {
			a.hashes.Add(1)
			return argon2.IDKey(password, salt, passes, memory, threads, length)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (a *accounts) clock() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

func (a *accounts) advance(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = a.now.Add(d)
}

// seconds gives a time so long from now, as a client writes it.
func (a *accounts) seconds(d time.Duration) string {
	return string(activity.TimestampOf(a.clock().Add(d)).AppendJSON(nil))
}

// addUser makes a user with the password rightWord.
func (a *accounts) addUser(t *testing.T, name string) activity.User {
	t.Helper()
	u, err := a.service.AddUser(t.Context(), name, rightWord, name+"@example.org", "")
	if err != nil {
		t.Fatalf("add user %s: %v", name, err)
	}
	return u
}

// request is one call of a method, from home where remote is not set.
type request struct {
	user   activity.Username // "" for the service's root
	token  string
	id     string // the path's id
	path   map[string]string
	body   string
	match  string // If-Match
	remote netip.Addr
}

func (a *accounts) method(t *testing.T, id string) *api.Method {
	t.Helper()
	for _, m := range a.service.Methods() {
		if m.ID == id {
			return m
		}
	}
	t.Fatalf("there is no method %s", id)
	return nil
}

// call invokes a method and gives its result as a client reads it.
func (a *accounts) call(t *testing.T, method string, r request) (any, error) {
	t.Helper()
	if !r.remote.IsValid() {
		r.remote = home
	}
	path := r.path
	if r.id != "" {
		path = map[string]string{"id": r.id}
	}
	c := &api.Call{Username: r.user, Token: r.token, Remote: r.remote, UserAgent: "test/1", IfMatch: r.match}
	result, err := a.service.Invoke(t.Context(), a.method(t, method), c, params.Input{Path: path, Body: []byte(r.body)})
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(result)
	if err != nil {
		t.Fatalf("%s: the result is no JSON: %v", method, err)
	}
	var decoded any
	if err := json.Unmarshal(text, &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded, nil
}

// must calls a method that succeeds with an object.
func (a *accounts) must(t *testing.T, method string, r request) map[string]any {
	t.Helper()
	result, err := a.call(t, method, r)
	if err != nil {
		t.Fatalf("%s %s: %v, data %s", method, r.body, err, data(err))
	}
	return result.(map[string]any)
}

// list calls a method that succeeds with an array.
func (a *accounts) list(t *testing.T, method string, r request) []map[string]any {
	t.Helper()
	result, err := a.call(t, method, r)
	if err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	var items []map[string]any
	for _, item := range result.([]any) {
		items = append(items, item.(map[string]any))
	}
	return items
}

// refused calls a method that fails with the code, and gives what it said.
func (a *accounts) refused(t *testing.T, code activity.Code, method string, r request) activity.Error {
	t.Helper()
	result, err := a.call(t, method, r)
	var e *activity.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("%s %s: want %s, got %v, %v, data %s", method, r.body, code, result, err, data(err))
	}
	return *e
}

// login signs in with the right password and gives the session's token.
func (a *accounts) login(t *testing.T, user activity.Username) string {
	t.Helper()
	return a.must(t, "auth.login", request{user: user, body: object("password", rightWord, "appId", "test app")})["token"].(string)
}

// alive reports whether the token lets somebody in; if not, it must be for
// CodeInvalidAccessToken.
func (a *accounts) alive(t *testing.T, user activity.Username, token string) bool {
	t.Helper()
	_, err := a.call(t, "accessInfo.get", request{user: user, token: token})
	if err != nil && !errors.Is(err, activity.NewError(activity.CodeInvalidAccessToken, "")) {
		t.Fatalf("want %s, got %v", activity.CodeInvalidAccessToken, err)
	}
	return err == nil
}

// object writes a JSON object of string members.
func object(pairs ...string) string {
	members := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		members[pairs[i]] = pairs[i+1]
	}
	text, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// data gives the data of an error as a client reads it.
func data(err error) string {
	var e *activity.Error
	if !errors.As(err, &e) {
		return "none"
	}
	text, err := json.Marshal(e.Data)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// faults gives the paths and codes of an error's faults: "name:required".
func faults(t *testing.T, e activity.Error) string {
	t.Helper()
	all, ok := e.Data.([]activity.Fault)
	if !ok {
		t.Fatalf("the data of %v are no faults: %s", &e, data(&e))
	}
	var words []string
	for _, f := range all {
		words = append(words, f.Path+":"+f.Code)
	}
	return strings.Join(words, " ")
}

// sameWords compares lists whose order means nothing.
func sameWords(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

func encode(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
