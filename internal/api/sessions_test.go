package api_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/storage"
)

func TestLoginOnEveryRoot(t *testing.T) {
	a := openAccounts(t)
	if _, err := a.service.AddUser(t.Context(), "Alice", rightWord, "alice@example.org", "pt-BR"); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]request{
		"the user's":              {user: "alice", body: object("password", rightWord, "appId", "app")},
		"the user's, with a name": {user: "alice", body: object("username", "ALICE", "password", rightWord, "appId", "app")},
		"the service's":           {body: object("username", "Alice", "password", rightWord, "appId", "app")},
	} {
		t.Run(name, func(t *testing.T) {
			got := a.must(t, "auth.login", r)
			if got["token"] != got["sessionID"] || got["preferredLanguage"] != "pt-BR" || len(got) != 4 {
				t.Errorf("unexpected answer %v", got)
			}
			if want := a.seconds(testLifetime); encode(t, got["expires"]) != want {
				t.Errorf("want the end %s, got %v", want, got["expires"])
			}
			if !a.alive(t, "alice", got["token"].(string)) {
				t.Error("the new session lets nobody in")
			}
		})
	}
	m := a.method(t, "auth.login")
	if len(m.Aliases) != 1 || m.Aliases[0] != "/admin/login" {
		t.Errorf("unexpected aliases %v", m.Aliases)
	}
}

func TestLoginParametersAreRefused(t *testing.T) {
	a := openAccounts(t)
	for name, c := range map[string]struct {
		r    request
		code activity.Code
		data string
	}{
		"nothing":      {request{}, activity.CodeMissingParameter, `{"missing":["password","appId"]}`},
		"no name":      {request{body: object("password", "x", "appId", "app")}, activity.CodeMissingParameter, `{"missing":["username"]}`},
		"another name": {request{user: "alice", body: object("username", "bobby", "password", "x", "appId", "app")}, activity.CodeInvalidParametersFormat, ""},
		"no app":       {request{user: "alice", body: object("password", "x", "appId", "")}, activity.CodeInvalidParametersFormat, ""},
		"no text":      {request{user: "alice", body: `{"password":1,"appId":"app"}`}, activity.CodeInvalidParametersFormat, ""},
		"a typo":       {request{user: "alice", body: `{"password":"x","appid":"app"}`}, activity.CodeInvalidParametersFormat, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := a.refused(t, c.code, "auth.login", c.r)
			if c.data != "" && data(&e) != c.data {
				t.Errorf("want %s, got %s", c.data, data(&e))
			}
		})
	}
	if n := a.hashes.Load(); n != 0 {
		t.Errorf("%d hashes were computed for malformed sign-ins", n)
	}
}

// A sign-in that fails answers and works the same, whyever it fails.
func TestLoginTellsNobodyWhetherAUserExists(t *testing.T) {
	a := openAccounts(t)
	for _, name := range []string{"alice", "disabled", "deleted"} {
		a.addUser(t, name)
	}
	if err := a.service.DisableUser(t.Context(), "disabled", true); err != nil {
		t.Fatal(err)
	}
	if err := a.service.DeleteUser(t.Context(), "deleted"); err != nil {
		t.Fatal(err)
	}
	body := func(name, password string) string {
		if name == "" {
			return object("password", password, "appId", "app")
		}
		return object("username", name, "password", password, "appId", "app")
	}
	var want string
	for name, r := range map[string]request{
		"a wrong password":                  {user: "alice", body: body("", "a bad password")},
		"a wrong password, service's root":  {body: body("alice", "a bad password")},
		"no password":                       {user: "alice", body: body("", "")},
		"an endless password":               {user: "alice", body: body("", strings.Repeat("x", 10_000)), remote: netip.MustParseAddr("192.0.2.9")},
		"an unknown user":                   {user: "nobody", body: body("", rightWord)},
		"an unknown user, service's root":   {body: body("nobody", rightWord)},
		"a name that nobody can have":       {body: body("no", rightWord)},
		"a name with other signs":           {body: body("al/ice\x00", rightWord)},
		"a reserved name":                   {body: body("support", rightWord)},
		"a disabled user":                   {user: "disabled", body: body("", rightWord)},
		"a disabled user and wrong":         {user: "disabled", body: body("", "a bad password")},
		"a deleted user":                    {user: "deleted", body: body("", rightWord)},
		"an unknown user, a short password": {user: "nobody", body: body("", "x")},
	} {
		t.Run(name, func(t *testing.T) {
			before := a.hashes.Load()
			e := a.refused(t, activity.CodeInvalidCredentials, "auth.login", r)
			if n := a.hashes.Load() - before; n != 1 {
				t.Errorf("want one hash computed, got %d", n)
			}
			shown, err := json.Marshal(struct {
				Code    activity.Code
				Message string
				Data    any
			}{e.Code, e.Message, e.Data})
			if err != nil {
				t.Fatal(err)
			}
			if want == "" {
				want = string(shown)
			}
			if string(shown) != want {
				t.Errorf("want the answer %s as for others, got %s", want, shown)
			}
		})
	}
}

func TestLoginIsThrottledForUnknownUsersToo(t *testing.T) {
	for _, name := range []activity.Username{"alice", "nobody"} {
		t.Run(string(name), func(t *testing.T) {
			a := openAccounts(t)
			a.addUser(t, "alice")
			bad := request{user: name, body: object("password", "a bad password", "appId", "app")}
			for range testLimit {
				a.refused(t, activity.CodeInvalidCredentials, "auth.login", bad)
			}
			before := a.hashes.Load()
			right := request{user: name, body: object("password", rightWord, "appId", "app")}
			e := a.refused(t, activity.CodeTooManyRequests, "auth.login", right)
			if data(&e) != `{"retryAfter":3600}` || a.hashes.Load() != before {
				t.Errorf("unexpected %s, or a hash was computed", data(&e))
			}
			right.user, right.body = "", object("username", strings.ToUpper(string(name)), "password", rightWord, "appId", "app")
			a.refused(t, activity.CodeTooManyRequests, "auth.login", right)

			right.remote = netip.MustParseAddr("198.51.100.7")
			if _, err := a.call(t, "auth.login", right); (err == nil) != (name == "alice") {
				t.Errorf("the user from elsewhere is locked out: %v", err)
			}
		})
	}
}

func TestLoginThatSucceedsIsForgottenByTheThrottle(t *testing.T) {
	a := openAccounts(t)
	a.addUser(t, "alice")
	for range 2 * testLimit {
		a.login(t, "alice")
	}
}

// Sign-ins renew a hash that is not of today's cost, also several at once.
func TestLoginRenewsOutdatedHashes(t *testing.T) {
	a := openAccounts(t, func(o *api.Options) { o.Throttle.Limit = 100 })
	a.addUser(t, "alice")
	old := a.hashOf(t, "alice")
	a.options.Passwords = a.passwords(t, auth.Cost{Memory: 16, Passes: 1, Threads: 1})
	a.service = api.New(a.options)

	var wait sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wait.Go(func() {
			_, errs[i] = a.call(t, "auth.login", request{user: "alice", body: object("password", rightWord, "appId", "app")})
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	renewed := a.hashOf(t, "alice")
	if renewed == old || !strings.Contains(renewed, "m=16,") {
		t.Errorf("the hash was not renewed: %s", renewed)
	}
	before := a.hashes.Load()
	a.login(t, "alice")
	if n := a.hashes.Load() - before; n != 1 || a.hashOf(t, "alice") != renewed {
		t.Errorf("a hash of today's cost was renewed, with %d computations", n)
	}
}

func (a *accounts) hashOf(t *testing.T, name activity.Username) string {
	t.Helper()
	u, err := a.store.Users().UserByName(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return u.PasswordHash
}

func TestLogoutEndsTheSessionThatAsks(t *testing.T) {
	a := openAccounts(t)
	a.addUser(t, "alice")
	one, other := a.login(t, "alice"), a.login(t, "alice")
	if got := a.must(t, "auth.logout", request{user: "alice", token: one}); len(got) != 0 {
		t.Errorf("unexpected answer %v", got)
	}
	if a.alive(t, "alice", one) || !a.alive(t, "alice", other) {
		t.Error("logout ended the wrong session")
	}
	a.refused(t, activity.CodeInvalidAccessToken, "auth.logout", request{user: "alice", token: one})

	script := a.must(t, "accesses.create", request{user: "alice", token: other, body: `{"type":"personal","name":"script"}`})["token"].(string)
	a.refused(t, activity.CodeInvalidOperation, "auth.logout", request{user: "alice", token: script})
	shared := a.must(t, "accesses.create", request{user: "alice", token: other, body: `{"name":"friend","permissions":[]}`})["token"].(string)
	a.refused(t, activity.CodeForbidden, "auth.logout", request{user: "alice", token: shared})
	if !a.alive(t, "alice", script) || !a.alive(t, "alice", shared) {
		t.Error("an access that is no session was ended")
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	a := openAccounts(t)
	a.addUser(t, "alice")
	one := a.login(t, "alice")
	a.advance(time.Minute)
	two := a.login(t, "alice")
	shown := a.list(t, "admin.sessions.get", request{user: "alice", token: two})
	if len(shown) != 2 || shown[0]["current"] != false || shown[1]["current"] != true {
		t.Fatalf("want both, the oldest first, got %v", shown)
	}
	for _, field := range []string{"id", "appId", "created", "expires", "userAgent"} {
		if shown[0][field] == nil {
			t.Errorf("%s is not shown: %v", field, shown[0])
		}
	}
	if len(shown[0]) != 6 || strings.Contains(encode(t, shown), one) {
		t.Errorf("more is shown than should be: %v", shown)
	}
	if got := a.list(t, "accesses.get", request{user: "alice", token: two}); len(got) != 0 {
		t.Errorf("sign-ins are listed among the accesses: %v", got)
	}
	id := shown[0]["id"].(string)
	a.refused(t, activity.CodeUnknownAccess, "accesses.delete", request{user: "alice", token: two, id: id})
	a.must(t, "admin.sessions.delete", request{user: "alice", token: two, id: id})
	if a.alive(t, "alice", one) || !a.alive(t, "alice", two) {
		t.Error("the wrong session was ended")
	}
	a.refused(t, activity.CodeUnknownAccess, "admin.sessions.delete", request{user: "alice", token: two, id: id})

	a.advance(testLifetime)
	if a.alive(t, "alice", two) {
		t.Error("an expired session lets somebody in")
	}
}

func TestSessionsAreBounded(t *testing.T) {
	a := openAccounts(t, func(o *api.Options) { o.Throttle.Limit = 100 })
	a.addUser(t, "alice")
	first := a.login(t, "alice")
	var last string
	for range activity.MaxSessions {
		a.advance(time.Second)
		last = a.login(t, "alice")
	}
	if a.alive(t, "alice", first) {
		t.Error("the oldest session did not fall out")
	}
	if n := len(a.list(t, "admin.sessions.get", request{user: "alice", token: last})); n != activity.MaxSessions {
		t.Errorf("want %d sessions, got %d", activity.MaxSessions, n)
	}
}

func TestSessionKeepsAShortUserAgent(t *testing.T) {
	a := openAccounts(t)
	a.addUser(t, "alice")
	c := &api.Call{Username: "alice", Remote: home, UserAgent: strings.Repeat("x", 199) + "é and more"}
	in := params.Input{Body: []byte(object("password", rightWord, "appId", "app"))}
	if _, err := a.service.Invoke(t.Context(), a.method(t, "auth.login"), c, in); err != nil {
		t.Fatal(err)
	}
	token := a.login(t, "alice")
	if got := a.list(t, "admin.sessions.get", request{user: "alice", token: token})[0]["userAgent"]; got != strings.Repeat("x", 199) {
		t.Errorf("unexpected user agent %q", got)
	}
}

// A session that is opened while the account is disabled or its password
// changed must not stand afterwards.
func TestLoginLosesAgainstAChangedAccount(t *testing.T) {
	for name, change := range map[string]func(s *api.Service) error{
		"disabled": func(s *api.Service) error { return s.DisableUser(t.Context(), "alice", true) },
		"deleted":  func(s *api.Service) error { return s.DeleteUser(t.Context(), "alice") },
		"reset":    func(s *api.Service) error { return s.ResetPassword(t.Context(), "alice", "another password") },
	} {
		t.Run(name, func(t *testing.T) {
			a := openAccounts(t)
			a.addUser(t, "alice")
			options, quiet := a.options, a.service
			options.Store = &interrupted{Store: a.store, before: func() error { return change(quiet) }}
			a.service = api.New(options)
			a.refused(t, activity.CodeInvalidCredentials, "auth.login", request{user: "alice", body: object("password", rightWord, "appId", "app")})
		})
	}
}

// interrupted is a store with which something else happens between the look at
// a user's password and what follows from it.
type interrupted struct {
	storage.Store
	before func() error
	once   sync.Once
}

// Tenant lets the other thing happen first.
func (s *interrupted) Tenant(id activity.UserID) storage.Tenant {
	s.once.Do(func() {
		if err := s.before(); err != nil {
			panic(err)
		}
	})
	return s.Store.Tenant(id)
}
