package api_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

func TestUserInfo(t *testing.T) {
	a := openAccounts(t)
	a.addUser(t, "alice")
	r := request{user: "alice", token: a.login(t, "alice")}
	want := map[string]any{"username": "alice", "email": "alice@example.org", "languageCode": "en", "displayName": ""}
	if got := a.must(t, "admin.userInfo.get", r); encode(t, got) != encode(t, want) {
		t.Fatalf("want %v, got %v", want, got)
	}
	r.body = encode(t, want)
	if got := a.must(t, "admin.userInfo.update", r); encode(t, got) != r.body {
		t.Errorf("what was read and sent back changed it: %v", got)
	}
	r.body = `{"email":"al@example.net","displayName":"Alice <3","languageCode":"de-CH"}`
	want = map[string]any{"username": "alice", "email": "al@example.net", "languageCode": "de-CH", "displayName": "Alice <3"}
	a.must(t, "admin.userInfo.update", r)
	if got := a.must(t, "admin.userInfo.get", r.without()); encode(t, got) != encode(t, want) {
		t.Errorf("want %v, got %v", want, got)
	}
	r.body = `{"displayName":""}`
	if got := a.must(t, "admin.userInfo.update", r); got["displayName"] != "" || got["email"] != "al@example.net" {
		t.Errorf("unexpected %v", got)
	}
}

func (r request) without() request {
	r.body = ""
	return r
}

func TestUserInfoIsRefused(t *testing.T) {
	a := openAccounts(t)
	a.addUser(t, "alice")
	r := request{user: "alice", token: a.login(t, "alice")}
	for body, want := range map[string]string{
		`{"username":"bobby"}`: "username:read-only",
		`{"email":"","languageCode":"","displayName":null,"password":"x"}`: "email:pattern languageCode:pattern displayName:type password:unknown",
		`{"displayName":"` + strings.Repeat("x", 256) + `"}`:               "displayName:maxLength",
	} {
		r.body = body
		e := a.refused(t, activity.CodeInvalidParametersFormat, "admin.userInfo.update", r)
		if got := faults(t, e); !sameWords(got, want) {
			t.Errorf("%s: want %s, got %s", body, want, got)
		}
	}
}

func TestChangePasswordEndsAllOtherSessions(t *testing.T) {
	a := openAccounts(t)
	a.addUser(t, "alice")
	this, other := a.login(t, "alice"), a.login(t, "alice")
	script := a.must(t, "accesses.create", request{user: "alice", token: this, body: `{"type":"personal","name":"script"}`})["token"].(string)

	got := a.must(t, "admin.changePassword", request{user: "alice", token: this, body: object("oldPassword", rightWord, "newPassword", "another password")})
	if len(got) != 0 {
		t.Errorf("unexpected answer %v", got)
	}
	if !a.alive(t, "alice", this) || a.alive(t, "alice", other) || !a.alive(t, "alice", script) {
		t.Error("want the session that asked and the access kept, the other session ended")
	}
	a.refused(t, activity.CodeInvalidCredentials, "auth.login", request{user: "alice", body: object("password", rightWord, "appId", "app")})
	a.must(t, "auth.login", request{user: "alice", body: object("password", "another password", "appId", "app")})

	a.must(t, "admin.changePassword", request{user: "alice", token: script, body: object("oldPassword", "another password", "newPassword", rightWord)})
	if a.alive(t, "alice", this) || !a.alive(t, "alice", script) {
		t.Error("want all sessions ended by an access that is none")
	}
}

func TestChangePasswordIsRefused(t *testing.T) {
	a := openAccounts(t)
	a.addUser(t, "alice")
	this, other := a.login(t, "alice"), a.login(t, "alice")
	r := request{user: "alice", token: this}
	for body, want := range map[string]string{
		object("oldPassword", rightWord, "newPassword", "short"):                  "newPassword:minLength",
		object("oldPassword", rightWord, "newPassword", strings.Repeat("x", 257)): "newPassword:maxLength",
		`{"oldPassword":1,"newPassword":2}`:                                       "oldPassword:type newPassword:type",
	} {
		r.body = body
		if got := faults(t, a.refused(t, activity.CodeInvalidParametersFormat, "admin.changePassword", r)); !sameWords(got, want) {
			t.Errorf("want %s, got %s", want, got)
		}
	}
	r.body = object("oldPassword", "a bad password", "newPassword", "another password")
	for range testLimit {
		a.refused(t, activity.CodeInvalidCredentials, "admin.changePassword", r)
	}
	r.body = object("oldPassword", rightWord, "newPassword", "another password")
	a.refused(t, activity.CodeTooManyRequests, "admin.changePassword", r)
	if !a.alive(t, "alice", this) || !a.alive(t, "alice", other) {
		t.Error("a refused change ended a session")
	}
}

// What an operator does by command is in effect at once.
func TestUsersAreManaged(t *testing.T) {
	for name, c := range map[string]struct {
		do      func(a *accounts) error
		session activity.Code // of the next call by a session; "" for success
		access  activity.Code // by an access
	}{
		"disabled": {func(a *accounts) error { return a.service.DisableUser(t.Context(), "Alice", true) }, activity.CodeInvalidAccessToken, activity.CodeInvalidAccessToken},
		"disabled and let in again": {func(a *accounts) error {
			return errors.Join(a.service.DisableUser(t.Context(), "alice", true), a.service.DisableUser(t.Context(), "alice", false))
		}, activity.CodeInvalidAccessToken, ""},
		"deleted": {func(a *accounts) error { return a.service.DeleteUser(t.Context(), "Alice") }, activity.CodeUnknownUser, activity.CodeUnknownUser},
		"reset": {func(a *accounts) error {
			return a.service.ResetPassword(t.Context(), "Alice", "another password")
		}, activity.CodeInvalidAccessToken, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := openAccounts(t)
			a.addUser(t, "alice")
			session := a.login(t, "alice")
			access := a.must(t, "accesses.create", request{user: "alice", token: session, body: `{"name":"friend","permissions":[]}`})["token"].(string)
			if err := c.do(a); err != nil {
				t.Fatal(err)
			}
			for token, code := range map[string]activity.Code{session: c.session, access: c.access} {
				r := request{user: "alice", token: token}
				if code == "" {
					a.must(t, "accessInfo.get", r)
				} else {
					a.refused(t, code, "accessInfo.get", r)
				}
			}
		})
	}
}

func TestManagedUserMustExist(t *testing.T) {
	a := openAccounts(t)
	for _, name := range []activity.Username{"nobody", "no", "../alice"} {
		for what, err := range map[string]error{
			"disable": a.service.DisableUser(t.Context(), name, true),
			"delete":  a.service.DeleteUser(t.Context(), name),
			"reset":   a.service.ResetPassword(t.Context(), name, "another password"),
		} {
			if !errors.Is(err, activity.NewError(activity.CodeUnknownUser, "")) {
				t.Errorf("%s %s: want %s, got %v", what, name, activity.CodeUnknownUser, err)
			}
		}
	}
}

func TestResetPasswordWantsAGoodOne(t *testing.T) {
	a := openAccounts(t)
	a.addUser(t, "alice")
	token := a.login(t, "alice")
	err := a.service.ResetPassword(t.Context(), "alice", "short")
	if !errors.Is(err, activity.NewError(activity.CodeInvalidParametersFormat, "")) {
		t.Errorf("want %s, got %v", activity.CodeInvalidParametersFormat, err)
	}
	if !a.alive(t, "alice", token) {
		t.Error("a refused reset ended a session")
	}
}
