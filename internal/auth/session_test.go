package auth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
)

var (
	oldKey = auth.Key{ID: "old", Secret: []byte("0123456789abcdef0123456789abcdef"), Created: now - 2*hour}
	newKey = auth.Key{ID: "new", Secret: []byte("fedcba9876543210fedcba9876543210"), Created: now - hour}
)

func session() activity.Session {
	return activity.Session{ID: "a-session", AppID: "an-app", Created: now - 1, Expires: now + hour}
}

// claims are those of a good token.
func claims() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": "https://localhost", "aud": "activityd", "sub": string(userID), "jti": "a-session",
		"iat": float64(now) - 1, "exp": float64(now) + 3600,
	}
}

// with gives the claims of a good token with one changed, or taken out for nil.
func with(name string, value any) jwt.MapClaims {
	c := claims()
	c[name] = value
	if value == nil {
		delete(c, name)
	}
	return c
}

// forge signs whatever the test wants.
func forge(t testing.TB, method jwt.SigningMethod, kid any, c jwt.MapClaims, key any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	if kid != nil {
		token.Header["kid"] = kid
	}
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestSessionTokenRoundTrip(t *testing.T) {
	tokens := newTokens(t, newKey, oldKey)
	token := sign(t, tokens, userID, session())
	user, id, err := tokens.Parse(token, now)
	if user != userID || id != "a-session" || err != nil {
		t.Errorf("Parse = %q, %q, %v", user, id, err)
	}
	if len(token) > auth.MaxTokenLength/4 {
		t.Errorf("the token is %d bytes long", len(token))
	}

	var got jwt.MapClaims
	parsed, _, err := jwt.NewParser().ParseUnverified(token, &got)
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Header["alg"] != "HS256" || parsed.Header["kid"] != "new" {
		t.Errorf("header %v", parsed.Header)
	}
	for name, want := range map[string]any{
		"iss": "https://localhost", "sub": string(userID), "jti": "a-session",
		"iat": float64(1_759_999_999), "exp": float64(1_760_003_601), // .25 rounded up
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}

func TestNewestKeySignsAllVerify(t *testing.T) {
	before := sign(t, newTokens(t, oldKey), userID, session())
	for _, keys := range [][]auth.Key{{newKey, oldKey}, {oldKey, newKey}} {
		tokens := newTokens(t, keys...)
		if _, _, err := tokens.Parse(before, now); err != nil {
			t.Errorf("the old key's token: %v", err)
		}
		_, _, err := newTokens(t, oldKey).Parse(sign(t, tokens, userID, session()), now)
		wantCode(t, err, activity.CodeInvalidAccessToken) // signed by the new key
	}
	_, _, err := newTokens(t, newKey).Parse(before, now)
	wantCode(t, err, activity.CodeInvalidAccessToken) // its key is gone
}

func TestNewKey(t *testing.T) {
	a, b := auth.NewKey(now), auth.NewKey(now)
	if a.ID == b.ID || string(a.Secret) == string(b.Secret) || len(a.Secret) != 32 || a.Created != now {
		t.Errorf("keys %+v and %+v", a, b)
	}
	newTokens(t, a, b)
}

func TestNewTokensRefuses(t *testing.T) {
	for _, c := range []struct {
		name, issuer, audience string
		keys                   []auth.Key
	}{
		{"no issuer", "", "a", []auth.Key{newKey}},
		{"no audience", "i", "", []auth.Key{newKey}},
		{"no key", "i", "a", nil},
		{"a key without id", "i", "a", []auth.Key{{Secret: newKey.Secret}}},
		{"a short secret", "i", "a", []auth.Key{{ID: "k", Secret: newKey.Secret[:31]}}},
		{"one id twice", "i", "a", []auth.Key{newKey, newKey}},
	} {
		if _, err := auth.NewTokens(c.issuer, c.audience, c.keys); err == nil {
			t.Errorf("%s: no error", c.name)
		}
	}
	for _, s := range []struct {
		user activity.UserID
		id   activity.SessionID
	}{{"", "s"}, {"u", ""}} {
		if token, err := newTokens(t, newKey).Sign(s.user, activity.Session{ID: s.id}); err == nil || token != "" {
			t.Errorf("Sign(%v) = %q, %v", s, token, err)
		}
	}
}

// hostileTokens gives tokens that must be refused, by what is wrong with them.
func hostileTokens(t testing.TB) map[string]string {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	hs, secret := jwt.SigningMethodHS256, newKey.Secret
	good := forge(t, hs, "new", claims(), secret)
	parts := strings.Split(good, ".")
	none := forge(t, jwt.SigningMethodNone, "new", claims(), jwt.UnsafeAllowNoneSignatureType)
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]string{
		"empty": "", "dots": "..", "one dot": ".", "garbage": "\x00.\xff.\xfe", "words": "not a token",
		"no signature":         parts[0] + "." + parts[1] + ".",
		"two parts":            parts[0] + "." + parts[1],
		"four parts":           good + "." + parts[2],
		"other payload":        parts[0] + "." + encode([]byte(`{"sub":"x","jti":"y","exp":9999999999}`)) + "." + parts[2],
		"other header":         encode([]byte(`{"alg":"HS256","kid":"old"}`)) + "." + parts[1] + "." + parts[2],
		"padded":               good + "==",
		"line feed at the end": good + "\n",
		"line feed within":     parts[0] + "." + parts[1] + ".\n" + parts[2],
		"return within":        good[:9] + "\r" + good[9:],
		"with a space":         good + " ",
		"bearer in front":      "Bearer " + good,
		"alg none":             none,
		"alg none, signed":     strings.TrimSuffix(none, ".") + "." + parts[2],
		"alg NoNe":             encode([]byte(`{"alg":"NoNe","kid":"new"}`)) + "." + parts[1] + ".",
		"alg missing":          encode([]byte(`{"kid":"new"}`)) + "." + parts[1] + "." + parts[2],
		"alg a number":         encode([]byte(`{"alg":256,"kid":"new"}`)) + "." + parts[1] + "." + parts[2],
		"RS256":                forge(t, jwt.SigningMethodRS256, "new", claims(), rsaKey),
		"RS256 named, HMAC'd":  confuse(t, secret),
		"HS384":                forge(t, jwt.SigningMethodHS384, "new", claims(), secret),
		"HS512":                forge(t, jwt.SigningMethodHS512, "new", claims(), secret),
		"no kid":               forge(t, hs, nil, claims(), secret),
		"unknown kid":          forge(t, hs, "other", claims(), secret),
		"empty kid, no secret": forge(t, hs, "", claims(), []byte{}),
		"another key's kid":    forge(t, hs, "old", claims(), secret),
		"kid a number":         forge(t, hs, 1, claims(), secret),
		"kid a list":           forge(t, hs, []string{"new"}, claims(), secret),
		"another secret":       forge(t, hs, "new", claims(), make([]byte, 32)),
		"no exp":               forge(t, hs, "new", with("exp", nil), secret),
		"exp null":             forge(t, hs, "new", with("exp", (*int)(nil)), secret),
		"exp a string":         forge(t, hs, "new", with("exp", "tomorrow"), secret),
		"exp zero":             forge(t, hs, "new", with("exp", 0), secret),
		"expired":              forge(t, hs, "new", with("exp", nowSeconds), secret),
		"nbf in the future":    forge(t, hs, "new", with("nbf", nowSeconds+60), secret),
		"wrong iss":            forge(t, hs, "new", with("iss", "https://elsewhere"), secret),
		"no iss":               forge(t, hs, "new", with("iss", nil), secret),
		"wrong aud":            forge(t, hs, "new", with("aud", "elsewhere"), secret),
		"wrong auds":           forge(t, hs, "new", with("aud", []string{"a", "b"}), secret),
		"no aud":               forge(t, hs, "new", with("aud", nil), secret),
		"no sub":               forge(t, hs, "new", with("sub", nil), secret),
		"sub a number":         forge(t, hs, "new", with("sub", 1), secret),
		"no jti":               forge(t, hs, "new", with("jti", nil), secret),
		"empty jti":            forge(t, hs, "new", with("jti", ""), secret),
		"huge, well signed":    forge(t, hs, "new", with("x", strings.Repeat("x", auth.MaxTokenLength)), secret),
		"huge":                 strings.Repeat("a", 1<<20) + "." + parts[1] + "." + parts[2],
		"many dots":            strings.Repeat(".", 2000),
		"deep":                 encode([]byte(strings.Repeat("[", 1000))) + ".e30.AA",
	}
}

// confuse names RS256 in the header and signs with the HMAC secret.
func confuse(t testing.TB, secret []byte) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims())
	token.Header["kid"], token.Header["alg"] = "new", "RS256"
	signed, err := token.SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestParseRefusesHostileTokens(t *testing.T) {
	tokens := newTokens(t, newKey, oldKey)
	if _, _, err := tokens.Parse(forge(t, jwt.SigningMethodHS256, "new", claims(), newKey.Secret), now); err != nil {
		t.Fatalf("the good token that the others are made from: %v", err)
	}
	for name, token := range hostileTokens(t) {
		user, id, err := tokens.Parse(token, now)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		e := wantCode(t, err, activity.CodeInvalidAccessToken)
		if e.Err == nil || e.Data != nil || user != "" || id != "" {
			t.Errorf("%s: cause %v, data %v, user %q, session %q", name, e.Err, e.Data, user, id)
		}
	}
}

func TestParseErrorQuotesNothing(t *testing.T) {
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"a-secret-word","kid":"a-secret-word"}`))
	for _, token := range []string{header + ".e30.AA", "a-secret-word.e30.AA", "e30.a-secret-word.AA"} {
		_, _, err := newTokens(t, newKey).Parse(token, now)
		if e := wantCode(t, err, activity.CodeInvalidAccessToken); strings.Contains(e.Error(), "secret") {
			t.Errorf("the error quotes the token: %v", e)
		}
	}
}

func TestParseKeepsTheTime(t *testing.T) {
	tokens := newTokens(t, newKey)
	token := sign(t, tokens, userID, session()) // exp is 1760003601
	for at, valid := range map[activity.Timestamp]bool{
		now: true, now - hour: true, now + hour: true, 1_760_003_600.999: true, 1_760_003_601: false, now + 2*hour: false,
	} {
		if _, _, err := tokens.Parse(token, at); (err == nil) != valid {
			t.Errorf("at %f: %v, want valid %v", float64(at), err, valid)
		}
	}
}

// FuzzParse: no token panics, and none but the signed one is accepted.
func FuzzParse(f *testing.F) {
	tokens := newTokens(f, newKey, oldKey)
	good := sign(f, tokens, userID, session())
	f.Add(good)
	for _, token := range hostileTokens(f) {
		if len(token) < 4096 {
			f.Add(token)
		}
	}
	f.Fuzz(func(t *testing.T, token string) {
		user, id, err := tokens.Parse(token, now)
		if err == nil && token != good {
			t.Errorf("accepted %q as %q, %q", token, user, id)
		}
		if err != nil {
			wantCode(t, err, activity.CodeInvalidAccessToken)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	tokens := newTokens(b, newKey, oldKey)
	token := sign(b, tokens, userID, session())
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := tokens.Parse(token, now); err != nil {
			b.Fatal(err)
		}
	}
}
