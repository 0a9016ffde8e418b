package auth_test

import (
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
)

// TestCredential: what is kept of a token lets in whom the token would, and
// stops when the token would, without being looked at again itself.
func TestCredential(t *testing.T) {
	tokens := newTokens(t, newKey, oldKey)
	signedIn := session()
	user := activity.User{ID: userID}
	alice := account(t, user, signedIn)
	disabled := account(t, activity.User{ID: userID, Disabled: true}, signedIn)
	lasting, _ := accesses()
	end := now
	ended := lasting
	ended.Expires = &end
	expired, err := alice.WithAccess(ended)
	if err != nil {
		t.Fatal(err)
	}
	fewer := lasting
	fewer.Tokens = fewer.Tokens[1:]
	without, err := alice.WithAccess(fewer)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]auth.Credential{}
	for name, token := range map[string]string{"access": accessToken, "other": secondToken, "session": sign(t, tokens, userID, signedIn)} {
		k, err := tokens.Credential(userID, token, now)
		if err != nil || k.IsZero() {
			t.Fatalf("%s: %+v, %v", name, k, err)
		}
		kept[name] = k
	}
	for _, one := range []struct {
		name       string
		credential string
		of         auth.Credentials
		at         activity.Timestamp
		origin     activity.Origin // zero: refused
	}{
		{"an access", "access", alice, now, activity.Origin{Access: lasting.ID}},
		{"its other token", "other", alice, now, activity.Origin{Access: lasting.ID}},
		{"a session", "session", alice, now, activity.Origin{Session: signedIn.ID}},
		{"a revoked access", "access", alice.WithoutAccess(lasting.ID), now, activity.Origin{}},
		{"a token that fell out", "access", without, now, activity.Origin{}},
		{"the token that stayed", "other", without, now, activity.Origin{Access: lasting.ID}},
		{"an access at its end", "access", expired, now, activity.Origin{}},
		{"an access before its end", "access", expired, now - 1, activity.Origin{Access: lasting.ID}},
		{"an ended session", "session", alice.WithoutSession(signedIn.ID), now, activity.Origin{}},
		{"a session at its end", "session", alice, signedIn.Expires, activity.Origin{}},
		{"a session before its end", "session", alice, signedIn.Expires - 1, activity.Origin{Session: signedIn.ID}},
		{"a disabled user's access", "access", disabled, now, activity.Origin{}},
		{"a disabled user's session", "session", disabled, now, activity.Origin{}},
		{"nobody", "", alice, now, activity.Origin{}},
	} {
		access, origin, err := auth.Admit(one.of, kept[one.credential], one.at)
		if origin != one.origin || (err == nil) != (one.origin != activity.Origin{}) || err != nil && access.ID != "" {
			t.Errorf("%s: %+v, %+v, %v", one.name, access, origin, err)
		}
		if err != nil {
			wantCode(t, err, activity.CodeInvalidAccessToken)
		}
	}
}

func TestCredentialOfBadTokens(t *testing.T) {
	tokens := newTokens(t, newKey)
	_, err := tokens.Credential(userID, "", now)
	wantCode(t, err, activity.CodeMissingAccessToken)
	for name, token := range hostileTokens(t) {
		if k, err := tokens.Credential(userID, token, now); err == nil {
			if _, _, err := auth.Admit(account(t, activity.User{ID: userID}, session()), k, now); err == nil {
				t.Errorf("%s is let in", name)
			}
		}
	}
	_, err = tokens.Credential("somebody", sign(t, tokens, userID, session()), now)
	wantCode(t, err, activity.CodeInvalidAccessToken)
}

func BenchmarkAdmit(b *testing.B) {
	tokens := newTokens(b, newKey)
	alice := account(b, activity.User{ID: userID}, session())
	k, err := tokens.Credential(userID, sign(b, tokens, userID, session()), now)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := auth.Admit(alice, k, now); err != nil {
			b.Fatal(err)
		}
	}
}
