package auth

import (
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
	k, err := t.Credential(c.User().ID, token, now)
	if err != nil {
		return activity.Access{}, activity.Origin{}, err
	}
	return Admit(c, k, now)
}

// invalidToken is the one answer to every token that lets nobody in.
func invalidToken(cause error) error {
	return activity.NewError(activity.CodeInvalidAccessToken,
		"This access token lets nobody in: sign in again, or ask for a new one.").Because(cause)
}
