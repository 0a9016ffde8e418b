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
)

func mode(r api.Registration) func(*api.Options) {
	return func(o *api.Options) { o.Registration = r }
}

// newUserBody is the body of a registration.
func newUserBody(name string, more ...string) string {
	return object(append([]string{"username", name, "password", rightWord, "email", name + "@example.org"}, more...)...)
}

// invite puts a one-time token into the store.
func (a *accounts) invite(t *testing.T, token string, life time.Duration) {
	t.Helper()
	expires := activity.TimestampOf(a.clock().Add(life))
	if err := a.store.Secrets().PutOneTimeToken(t.Context(), "invitation "+token, activity.HashToken(token), expires); err != nil {
		t.Fatal(err)
	}
}

func (a *accounts) firstLink(t *testing.T) string {
	t.Helper()
	token, needed, err := a.service.FirstUserLink(t.Context())
	if err != nil || !needed || len(token) < 26 {
		t.Fatalf("no link for the first user: %q, %v, %v", token, needed, err)
	}
	return token
}

func TestRegisteredUserIsSignedIn(t *testing.T) {
	a := openAccounts(t)
	got := a.must(t, "users.create", request{body: newUserBody("Alice", "languageCode", "fr")})
	token, _ := got["token"].(string)
	if got["username"] != "alice" || got["url"] != "http://alice.localhost:3000/" || len(got) != 3 || !a.alive(t, "alice", token) {
		t.Fatalf("unexpected answer %v", got)
	}
	info := a.must(t, "admin.userInfo.get", request{user: "alice", token: token})
	if info["email"] != "Alice@example.org" || info["languageCode"] != "fr" {
		t.Errorf("unexpected %v", info)
	}
	a.login(t, "alice")
	if hash := a.hashOf(t, "alice"); !strings.HasPrefix(hash, "$argon2id$") {
		t.Errorf("the password is not hashed: %s", hash)
	}
	if m := a.method(t, "users.create"); m.Status != 201 {
		t.Errorf("unexpected status %d", m.Status)
	}
}

func TestRegistrationModes(t *testing.T) {
	for name, c := range map[string]struct {
		mode       api.Registration
		users      bool // whether there is a user already
		invitation string
		bearer     string
		code       activity.Code // "" for success
	}{
		"open":                            {api.OpenRegistration, true, "", "", ""},
		"open, some bearer":               {api.OpenRegistration, true, "", "something", ""},
		"open, invited":                   {api.OpenRegistration, true, "good", "", ""},
		"open, wrong invitation":          {api.OpenRegistration, true, "bad", "", activity.CodeInvalidAccessToken},
		"invite, none":                    {api.InviteRegistration, true, "", "", activity.CodeMissingAccessToken},
		"invite, none, first":             {api.InviteRegistration, false, "", "", activity.CodeMissingAccessToken},
		"invite, as field":                {api.InviteRegistration, true, "good", "", ""},
		"invite, as bearer":               {api.InviteRegistration, true, "", "good", ""},
		"invite, the field counts":        {api.InviteRegistration, true, "good", "bad", ""},
		"invite, the field counts, wrong": {api.InviteRegistration, true, "bad", "good", activity.CodeInvalidAccessToken},
		"invite, wrong":                   {api.InviteRegistration, true, "bad", "", activity.CodeInvalidAccessToken},
		"invite, expired":                 {api.InviteRegistration, true, "old", "", activity.CodeInvalidAccessToken},
		"closed":                          {api.ClosedRegistration, true, "", "", activity.CodeForbidden},
		"closed, invited":                 {api.ClosedRegistration, true, "good", "", activity.CodeForbidden},
		"closed, first, none":             {api.ClosedRegistration, false, "", "", activity.CodeMissingAccessToken},
		"closed, first, invited":          {api.ClosedRegistration, false, "good", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := openAccounts(t, mode(c.mode))
			if c.users {
				a.addUser(t, "bobby")
			}
			a.invite(t, "good", time.Hour)
			a.invite(t, "old", time.Minute)
			a.advance(2 * time.Minute)
			before := a.hashes.Load()
			r := request{token: c.bearer, body: newUserBody("alice", "invitation", c.invitation)}
			if c.code == "" {
				a.must(t, "users.create", r)
				return
			}
			a.refused(t, c.code, "users.create", r)
			if a.hashes.Load() != before {
				t.Error("a hash was computed for a registration that is not let in")
			}
			if _, err := a.store.Users().UserByName(t.Context(), "alice"); err == nil {
				t.Error("the user was made")
			}
		})
	}
}

func TestFirstUserLinkWorksOnceInEveryMode(t *testing.T) {
	for _, m := range []api.Registration{api.OpenRegistration, api.InviteRegistration, api.ClosedRegistration} {
		t.Run(string(m), func(t *testing.T) {
			a := openAccounts(t, mode(m))
			old := a.firstLink(t)
			token := a.firstLink(t)
			a.refused(t, activity.CodeInvalidAccessToken, "users.create", request{body: newUserBody("alice", "invitation", old)})
			a.must(t, "users.create", request{body: newUserBody("alice", "invitation", token)})
			if _, err := a.call(t, "users.create", request{body: newUserBody("bobby", "invitation", token)}); err == nil {
				t.Error("the link worked twice")
			}
			if token, needed, err := a.service.FirstUserLink(t.Context()); token != "" || needed || err != nil {
				t.Errorf("want no link with users, got %q, %v, %v", token, needed, err)
			}
		})
	}
}

func TestFirstUserLinkEnds(t *testing.T) {
	a := openAccounts(t, mode(api.InviteRegistration))
	token := a.firstLink(t)
	a.advance(24 * time.Hour)
	a.refused(t, activity.CodeInvalidAccessToken, "users.create", request{body: newUserBody("alice", "invitation", token)})

	token = a.firstLink(t)
	a.addUser(t, "bobby") // by command: the link is no invitation
	a.refused(t, activity.CodeInvalidAccessToken, "users.create", request{body: newUserBody("alice", "invitation", token)})
}

func TestFirstUserLinkMakesOneUserOnly(t *testing.T) {
	a := openAccounts(t, mode(api.ClosedRegistration))
	token := a.firstLink(t)
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wait.Go(func() {
			_, errs[i] = a.call(t, "users.create", request{body: newUserBody("alice"+string(rune('a'+i)), "invitation", token)})
		})
	}
	wait.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else if !errors.Is(err, activity.NewError(activity.CodeInvalidAccessToken, "")) && !errors.Is(err, activity.NewError(activity.CodeForbidden, "")) {
			t.Errorf("unexpected %v", err)
		}
	}
	if made != 1 {
		t.Errorf("want one user, got %d", made)
	}
}

func TestRegistrationNames(t *testing.T) {
	a := openAccounts(t)
	a.addUser(t, "alice")
	a.addUser(t, "deleted")
	if err := a.service.DeleteUser(t.Context(), "deleted"); err != nil {
		t.Fatal(err)
	}
	e := a.refused(t, activity.CodeItemIDAlreadyExists, "users.create", request{body: newUserBody("ALICE")})
	if data(&e) != `{"username":"alice"}` {
		t.Errorf("unexpected data %s", data(&e))
	}
	for _, name := range []string{"deleted", "Deleted", "support", "ADMIN", "api"} {
		e := a.refused(t, activity.CodeInvalidParametersFormat, "users.create", request{body: newUserBody(name)})
		if got := faults(t, e); got != "username:reserved" {
			t.Errorf("%s: unexpected faults %s", name, got)
		}
		if _, err := a.service.AddUser(t.Context(), name, rightWord, "a@b", ""); !errors.Is(err, &e) {
			t.Errorf("%s by command: want %s, got %v", name, e.Code, err)
		}
	}
}

func TestRegistrationReportsEveryFault(t *testing.T) {
	a := openAccounts(t)
	for body, want := range map[string]string{
		`{"username":"al","password":"short","email":"alice","languageCode":"e","invitation":1,"admin":true}`: "username:length password:minLength email:pattern languageCode:pattern invitation:type admin:unknown",
		`{"username":null,"password":7,"email":[],"languageCode":{}}`:                                         "username:type password:type email:type languageCode:type",
		newUserBody("al_ice"): "username:pattern",
		newUserBody("-alice"): "username:pattern",
		`{"username":"alice","password":"` + strings.Repeat("x", 257) + `","email":"a@b"}`: "password:maxLength",
	} {
		e := a.refused(t, activity.CodeInvalidParametersFormat, "users.create", request{body: body})
		if got := faults(t, e); !sameWords(got, want) {
			t.Errorf("%s: want %s, got %s", body, want, got)
		}
	}
	_, err := a.service.AddUser(t.Context(), "al", "short", "alice", "e")
	var refused *activity.Error
	if !errors.As(err, &refused) || faults(t, *refused) != "username:length password:minLength email:pattern languageCode:pattern" {
		t.Errorf("by command: unexpected %v, %s", err, data(err))
	}
	e := a.refused(t, activity.CodeMissingParameter, "users.create", request{body: `{}`})
	if data(&e) != `{"missing":["username","password","email"]}` {
		t.Errorf("unexpected %s", data(&e))
	}
}

func TestRegistrationByPage(t *testing.T) {
	a := openAccounts(t, mode(api.InviteRegistration))
	register := func(name, token string) (string, error) {
		return a.service.RegisterByPage(t.Context(), name, rightWord, name+"@example.org", token)
	}
	token := a.firstLink(t)
	if _, err := register("alice", ""); !errors.Is(err, activity.NewError(activity.CodeMissingAccessToken, "")) {
		t.Errorf("without token: %v", err)
	}
	if _, err := register("alice", "bad"); !errors.Is(err, activity.NewError(activity.CodeInvalidAccessToken, "")) {
		t.Errorf("with a bad token: %v", err)
	}
	if _, err := register("al", token); !errors.Is(err, activity.NewError(activity.CodeInvalidParametersFormat, "")) {
		t.Errorf("with a bad name: %v", err)
	}
	if url, err := register("alice", token); err != nil || url != "http://alice.localhost:3000/" {
		t.Errorf("unexpected %q, %v", url, err)
	}
	if n := len(a.list(t, "admin.sessions.get", request{user: "alice", token: a.login(t, "alice")})); n != 1 {
		t.Errorf("the page opened a session that nobody holds")
	}
}

func TestCheckUsername(t *testing.T) {
	a := openAccounts(t)
	a.addUser(t, "alice")
	a.addUser(t, "deleted")
	if err := a.service.DeleteUser(t.Context(), "deleted"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"alice":       `{"exists":true,"reserved":false,"valid":true}`,
		"ALICE":       `{"exists":true,"reserved":false,"valid":true}`,
		"bobby":       `{"exists":false,"reserved":false,"valid":true}`,
		"deleted":     `{"exists":false,"reserved":true,"valid":true}`,
		"support":     `{"exists":false,"reserved":true,"valid":true}`,
		"api":         `{"exists":false,"reserved":true,"valid":false}`,
		"al":          `{"exists":false,"reserved":false,"valid":false}`,
		"al/ice\x00é": `{"exists":false,"reserved":false,"valid":false}`,
	} {
		if got := a.must(t, "users.check", request{path: map[string]string{"username": name}}); encode(t, got) != want {
			t.Errorf("%q: want %s, got %s", name, want, encode(t, got))
		}
	}
}

func TestCheckUsernameIsLimitedPerAddress(t *testing.T) {
	a := openAccounts(t)
	a.addUser(t, "alice")
	r := request{path: map[string]string{"username": "alice"}}
	for range 60 {
		a.must(t, "users.check", r)
	}
	e := a.refused(t, activity.CodeTooManyRequests, "users.check", r)
	if data(&e) != `{"retryAfter":60}` || strings.Contains(e.Message, "sign-in") {
		t.Errorf("unexpected %v, %s", &e, data(&e))
	}
	a.login(t, "alice") // is counted apart
	r.remote = netip.MustParseAddr("198.51.100.7")
	a.must(t, "users.check", r)
	r.remote = home
	a.advance(time.Minute)
	a.must(t, "users.check", r)
}

func TestEmailAndLanguage(t *testing.T) {
	for given, ok := range map[string]bool{
		"a@b": true, "Ä.ö@exämple.org": true, `"odd@name"@example.org`: true, strings.Repeat("a", 250) + "@b.c": true,
		"": false, "a": false, "@b": false, "a@": false, "a b@c": false, "a@b\n": false, "a@b\x7f": false, strings.Repeat("a", 251) + "@b.c": false,
	} {
		var e api.Email
		if err := json.Unmarshal(activity.AppendString(nil, given), &e); (err == nil) != ok || ok && string(e) != given {
			t.Errorf("email %q: got %q, %v", given, e, err)
		}
	}
	for given, ok := range map[string]bool{
		"en": true, "pt-BR": true, "zh-Hant-TW": true, "de-1996": true, "abcdefgh": true,
		"": false, "e": false, "en_US": false, "en-": false, "-en": false, "1e": false, "en-abcdefghi": false, "en-aaaaaaaa-bbbbbbbb-c": false, "é": false,
	} {
		var l api.Language
		if err := json.Unmarshal(activity.AppendString(nil, given), &l); (err == nil) != ok || ok && string(l) != given {
			t.Errorf("language %q: got %q, %v", given, l, err)
		}
	}
}

// FuzzAccountValues holds the decoders of an account's parts to what they say:
// no panic, and what was accepted is accepted again, unchanged.
func FuzzAccountValues(f *testing.F) {
	for _, text := range []string{`"alice"`, `"a good password"`, `"a@b"`, `"en-US"`, `"my own token 1234"`, `null`, `""`, `"\ud800"`, `7`, `{}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var name api.NewUsername
		if name.UnmarshalJSON(text) == nil {
			again(t, string(name), &name, func() string { return string(name) })
		}
		var password api.NewPassword
		if password.UnmarshalJSON(text) == nil {
			again(t, string(password), &password, func() string { return string(password) })
		}
		var email api.Email
		if email.UnmarshalJSON(text) == nil {
			again(t, string(email), &email, func() string { return string(email) })
		}
		var language api.Language
		if language.UnmarshalJSON(text) == nil {
			again(t, string(language), &language, func() string { return string(language) })
		}
		var token api.GivenToken
		if token.UnmarshalJSON(text) == nil {
			again(t, string(token), &token, func() string { return string(token) })
		}
	})
}

func again(t *testing.T, accepted string, into json.Unmarshaler, value func() string) {
	t.Helper()
	if err := into.UnmarshalJSON(activity.AppendString(nil, accepted)); err != nil || value() != accepted {
		t.Errorf("%q was accepted, then became %q, %v", accepted, value(), err)
	}
}
