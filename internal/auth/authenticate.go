package auth

import (
	"strings"

	"github.com/activityd/activityd/internal/activity"
)

// Credentials is what of one user it takes to know who asks.
// storage.Structure is one.
type Credentials interface {
	User() activity.User
	AccessByToken(activity.TokenHash) (activity.Access, bool)
	Session(activity.SessionID) (activity.Session, bool)
}

const (
	errTokenLength    = constError("the token is longer than any of ours")
	errUnknownToken   = constError("no access of this user has the token")
	errExpiredAccess  = constError("the access has expired")
	errDisabledUser   = constError("the user is disabled")
	errUnknownKey     = constError("no signing key has the token's kid")
	errForeignSession = constError("the session is another user's")
	errUnknownSession = constError("the session has ended")
	errExpiredSession = constError("the session has expired")
)

// Authenticate gives the access as which the bearer of the token acts in the
// user's account, and the origin of what it writes: the access's id, or for a
// session the session's id alone. A session acts as activity.SessionAccess.
// CodeMissingAccessToken for no token. CodeInvalidAccessToken, always with the
// same message and the reason as its cause, for a token that is unknown,
// expired, revoked, of another user, or of a disabled one.
func (t *Tokens) Authenticate(c Credentials, token string, now activity.Timestamp) (activity.Access, activity.Origin, error) {
	if token == "" {
		return activity.Access{}, activity.Origin{}, activity.NewError(activity.CodeMissingAccessToken,
			"This needs an access token: send one in the Authorization header or as the query parameter auth.")
	}
	access, origin, err := t.bearer(c, token, now)
	if err == nil && c.User().Disabled {
		err = invalidToken(errDisabledUser)
	}
	if err != nil {
		return activity.Access{}, activity.Origin{}, err
	}
	return access, origin, nil
}

func (t *Tokens) bearer(c Credentials, token string, now activity.Timestamp) (activity.Access, activity.Origin, error) {
	if len(token) > MaxTokenLength {
		return activity.Access{}, activity.Origin{}, invalidToken(errTokenLength)
	}
	if strings.Contains(token, ".") { // in every JWT, and in no slug
		session, err := t.session(c, token, now)
		return activity.SessionAccess(session), activity.Origin{Session: session.ID}, err
	}
	access, ok := c.AccessByToken(activity.HashToken(token))
	switch {
	case !ok:
		return activity.Access{}, activity.Origin{}, invalidToken(errUnknownToken)
	case access.Expired(now):
		return activity.Access{}, activity.Origin{}, invalidToken(errExpiredAccess)
	}
	return access, activity.Origin{Access: access.ID}, nil
}

func (t *Tokens) session(c Credentials, token string, now activity.Timestamp) (activity.Session, error) {
	user, id, err := t.Parse(token, now)
	if err != nil {
		return activity.Session{}, err
	}
	if user != c.User().ID {
		return activity.Session{}, invalidToken(errForeignSession)
	}
	session, ok := c.Session(id)
	switch {
	case !ok:
		return activity.Session{}, invalidToken(errUnknownSession)
	case session.Expires <= now:
		return activity.Session{}, invalidToken(errExpiredSession)
	}
	return session, nil
}

// invalidToken is the one answer to every token that lets nobody in.
func invalidToken(cause error) error {
	return activity.NewError(activity.CodeInvalidAccessToken,
		"This access token lets nobody in: sign in again, or ask for a new one.").Because(cause)
}
