package auth_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/storage"
)

const (
	accessToken  = "abcdefghijklmnop"
	secondToken  = "abcdefghijklmnop-2"
	expiredToken = "expired-expired-expired"
)

func accesses() (lasting, expired activity.Access) {
	end := now
	lasting = activity.Access{
		ID: "an-access", Type: activity.SharedAccess, Name: "A friend",
		Permissions: []activity.Permission{{ChannelID: "diary", Level: activity.Read}},
		Tokens:      []activity.TokenHash{activity.HashToken(accessToken), activity.HashToken(secondToken)},
	}
	expired = activity.Access{
		ID: "another", Type: activity.PersonalAccess, Name: "Until now", Expires: &end,
		Tokens: []activity.TokenHash{activity.HashToken(expiredToken)},
	}
	return lasting, expired
}

// account gives a user with two accesses and the sessions.
func account(t testing.TB, u activity.User, sessions ...activity.Session) *storage.Structure {
	t.Helper()
	s := storage.NewStructure(u)
	lasting, expired := accesses()
	for _, a := range []activity.Access{lasting, expired} {
		next, err := s.WithAccess(a)
		if err != nil {
			t.Fatal(err)
		}
		s = next
	}
	for _, v := range sessions {
		s = s.WithSession(v)
	}
	return s
}

func TestAuthenticate(t *testing.T) {
	tokens := newTokens(t, newKey, oldKey)
	lasting, _ := accesses()
	signedIn := session()
	alice := account(t, activity.User{ID: userID}, signedIn)
	for _, c := range []struct {
		name, token string
		access      activity.Access
		origin      activity.Origin
	}{
		{"an access", accessToken, lasting, activity.Origin{Access: "an-access"}},
		{"its other token", secondToken, lasting, activity.Origin{Access: "an-access"}},
		{"a session", sign(t, tokens, userID, signedIn), activity.SessionAccess(signedIn), activity.Origin{Session: "a-session"}},
		{"a session by the old key", sign(t, newTokens(t, oldKey), userID, signedIn), activity.SessionAccess(signedIn), activity.Origin{Session: "a-session"}},
	} {
		access, origin, err := tokens.Authenticate(alice, c.token, now)
		if err != nil || !reflect.DeepEqual(access, c.access) || origin != c.origin {
			t.Errorf("%s: %+v, %+v, %v", c.name, access, origin, err)
		}
	}
}

func TestAuthenticateRefusesAlike(t *testing.T) {
	tokens := newTokens(t, newKey, oldKey)
	ended, other, short := session(), session(), session()
	other.ID = "another-session"
	short.ID, short.Expires = "short", now // its token lasts until the next second
	alice := account(t, activity.User{ID: userID}, session(), short)
	disabled := account(t, activity.User{ID: userID, Disabled: true}, session())
	message := ""
	refused := func(name string, c auth.Credentials, token string, at activity.Timestamp) {
		t.Helper()
		access, origin, err := tokens.Authenticate(c, token, at)
		e := wantCode(t, err, activity.CodeInvalidAccessToken)
		if !reflect.DeepEqual(access, activity.Access{}) || origin != (activity.Origin{}) {
			t.Errorf("%s: gives %+v, %+v", name, access, origin)
		}
		if message == "" {
			message = e.Message
		}
		if e.Message != message || e.Data != nil || e.Err == nil {
			t.Errorf("%s: message %q, data %v, cause %v", name, e.Message, e.Data, e.Err)
		}
	}
	refused("unknown token", alice, "ponmlkjihgfedcba", now)
	refused("token in capitals", alice, strings.ToUpper(accessToken), now)
	refused("token and more", alice, accessToken+" ", now)
	refused("the hash itself", alice, string(hashBytes(accessToken)), now)
	refused("expired access", alice, expiredToken, now)
	refused("revoked access", alice.WithoutAccess("an-access"), accessToken, now)
	refused("disabled user, access", disabled, accessToken, now)
	refused("disabled user, session", disabled, sign(t, tokens, userID, session()), now)
	refused("another user's session", alice, sign(t, tokens, "somebody", session()), now)
	refused("session without a row", alice, sign(t, tokens, userID, other), now)
	refused("ended session", alice.WithoutSession(ended.ID), sign(t, tokens, userID, ended), now)
	refused("expired session", alice, sign(t, tokens, userID, session()), now+2*hour)
	refused("session expired in this second", alice, sign(t, tokens, userID, short), now)
	refused("session id as token", alice, "a-session", now)
	refused("access id as token", alice, "an-access", now)
	refused("huge", alice, strings.Repeat("a", 1<<20), now)
	for name, token := range hostileTokens(t) {
		if token != "" {
			refused(name, alice, token, now)
		}
	}

	_, _, err := tokens.Authenticate(alice, "", now)
	wantCode(t, err, activity.CodeMissingAccessToken)
	_, _, err = tokens.Authenticate(disabled, "", now)
	wantCode(t, err, activity.CodeMissingAccessToken)
}

func hashBytes(token string) []byte {
	h := activity.HashToken(token)
	return h[:]
}

func FuzzAuthenticate(f *testing.F) {
	tokens := newTokens(f, newKey)
	alice := account(f, activity.User{ID: userID}, session())
	signed := sign(f, tokens, userID, session())
	f.Add(accessToken)
	f.Add(signed)
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		_, _, err := tokens.Authenticate(alice, token, now)
		if known := token == accessToken || token == secondToken || token == signed; (err == nil) != known {
			t.Errorf("%q: %v", token, err)
		}
	})
}

func BenchmarkAuthenticate(b *testing.B) {
	tokens := newTokens(b, newKey, oldKey)
	alice := account(b, activity.User{ID: userID}, session())
	for name, token := range map[string]string{"access": accessToken, "session": sign(b, tokens, userID, session())} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := tokens.Authenticate(alice, token, now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
