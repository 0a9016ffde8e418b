package auth_test

import (
	"errors"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/storage"
)

// What the store gives fits what auth asks for.
var (
	_ auth.Credentials = (*storage.Structure)(nil)
	_ auth.Attempts    = storage.Secrets(nil)
	_                  = storage.SigningKey(auth.Key{})
)

const (
	nowSeconds = 1_760_000_000

	now    = activity.Timestamp(1_760_000_000.25)
	hour   = activity.Timestamp(3600)
	userID = activity.UserID("0198c5a2-7c1e-7d3a-9f00-0123456789ab")
)

// wantCode fails the test unless err is an activity.Error of the code, and
// gives it.
func wantCode(t *testing.T, err error, code activity.Code) activity.Error {
	t.Helper()
	var e *activity.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("error %v, want code %s", err, code)
	}
	return *e
}

// wantFault fails the test unless err reports one fault with the path and code.
func wantFault(t *testing.T, err error, path, code string) {
	t.Helper()
	e := wantCode(t, err, activity.CodeInvalidParametersFormat)
	faults, _ := e.Data.([]activity.Fault)
	if len(faults) != 1 || faults[0].Path != path || faults[0].Code != code || faults[0].Message == "" {
		t.Fatalf("faults %+v, want one at %q of code %q", faults, path, code)
	}
}

func newTokens(t testing.TB, keys ...auth.Key) *auth.Tokens {
	t.Helper()
	tokens, err := auth.NewTokens("https://localhost", "activityd", keys)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func sign(t testing.TB, tokens *auth.Tokens, user activity.UserID, s activity.Session) string {
	t.Helper()
	token, err := tokens.Sign(user, s)
	if err != nil {
		t.Fatal(err)
	}
	return token
}
