package auth

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/activityd/activityd/internal/activity"
)

// Key signs the tokens of sessions. It has the fields of storage.SigningKey,
// so that either converts to the other.
type Key struct {
	ID      string // the kid
	Secret  []byte // at least 32 random bytes
	Created activity.Timestamp
}

// keySecretLength is the size of HS256's hash, in bytes: a shorter secret would
// weaken it.
const keySecretLength = 32

// NewKey makes a random key.
func NewKey(now activity.Timestamp) Key {
	return Key{ID: strings.ToLower(rand.Text()), Secret: randomBytes(keySecretLength), Created: now}
}

// Tokens signs and reads the tokens of sessions: JWTs, HS256 and no other
// algorithm. It never changes, so its methods may be called at the same time;
// another set of keys makes another Tokens.
type Tokens struct {
	issuer, audience string
	newest           Key
	secrets          map[string][]byte // by kid
	options          []jwt.ParserOption
}

// NewTokens makes a Tokens. The newest key signs, each of them verifies. The
// issuer is who signs, the audience whom the tokens are for; all servers of an
// installation must agree on both. It fails where either is empty, without
// keys, and for a key that has no id, the id of another, or a short secret.
func NewTokens(issuer, audience string, keys []Key) (*Tokens, error) {
	if issuer == "" || audience == "" || len(keys) == 0 {
		return nil, errors.New("auth: session tokens need an issuer, an audience and a key")
	}
	t := &Tokens{issuer: issuer, audience: audience, secrets: make(map[string][]byte, len(keys))}
	for _, k := range keys {
		if _, twice := t.secrets[k.ID]; twice || k.ID == "" || len(k.Secret) < keySecretLength {
			return nil, errors.New("auth: a signing key has no id, the id of another, or a secret of less than 32 bytes")
		}
		t.secrets[k.ID] = slices.Clone(k.Secret)
	}
	t.newest = slices.MaxFunc(keys, func(a, b Key) int { return cmp.Compare(a.Created, b.Created) })
	t.options = []jwt.ParserOption{
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithStrictDecoding(),
		jwt.WithExpirationRequired(),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
	}
	return t, nil
}

// Sign makes the token of a session. Its exp is the session's end rounded up to
// the second; Authenticate looks at the exact one.
func (t *Tokens) Sign(user activity.UserID, s activity.Session) (string, error) {
	if user == "" || s.ID == "" {
		return "", errors.New("auth: sign a session without user or id")
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Issuer:    t.issuer,
		Audience:  jwt.ClaimStrings{t.audience},
		Subject:   string(user),
		ID:        string(s.ID),
		IssuedAt:  jwt.NewNumericDate(s.Created.Time()),
		ExpiresAt: jwt.NewNumericDate(time.Unix(int64(math.Ceil(float64(s.Expires))), 0)),
	})
	token.Header["kid"] = t.newest.ID
	signed, err := token.SignedString(t.secrets[t.newest.ID])
	if err != nil {
		return "", fmt.Errorf("auth: sign a session: %w", err)
	}
	return signed, nil
}

// Parse reads a token that is valid now: signed by one of the keys for this
// issuer and audience, begun and not expired. Whether its session still stands
// is for Authenticate to see. Every failure is CodeInvalidAccessToken with the
// cause, which holds nothing of the token.
func (t *Tokens) Parse(token string, now activity.Timestamp) (activity.UserID, activity.SessionID, error) {
	if len(token) > MaxTokenLength {
		return "", "", invalidToken(errTokenLength)
	}
	if strings.ContainsAny(token, "\r\n") { // which Go's base64 skips, even in strict decoding
		return "", "", invalidToken(jwt.ErrTokenMalformed)
	}
	clock := jwt.WithTimeFunc(func() time.Time { return now.Time() })
	parser := jwt.NewParser(append(slices.Clip(t.options), clock)...)
	var claims jwt.RegisteredClaims
	if _, err := parser.ParseWithClaims(token, &claims, t.secret); err != nil {
		return "", "", invalidToken(reason(err))
	}
	if claims.Subject == "" || claims.ID == "" {
		return "", "", invalidToken(jwt.ErrTokenRequiredClaimMissing)
	}
	return activity.UserID(claims.Subject), activity.SessionID(claims.ID), nil
}

// secret gives the secret that the token's kid names, and no other.
func (t *Tokens) secret(token *jwt.Token) (any, error) {
	kid, ok := token.Header["kid"].(string)
	secret, known := t.secrets[kid]
	if !ok || !known {
		return nil, errUnknownKey
	}
	return secret, nil
}

// reason gives the class of a parser's error. The error itself may quote the
// token.
func reason(err error) error {
	for _, class := range []error{
		errUnknownKey, jwt.ErrTokenMalformed, jwt.ErrTokenUnverifiable, jwt.ErrTokenSignatureInvalid,
		jwt.ErrTokenExpired, jwt.ErrTokenNotValidYet, jwt.ErrTokenInvalidIssuer, jwt.ErrTokenInvalidAudience,
		jwt.ErrTokenRequiredClaimMissing,
	} {
		if errors.Is(err, class) {
			return class
		}
	}
	return jwt.ErrTokenInvalidClaims
}
