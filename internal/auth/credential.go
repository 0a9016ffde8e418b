package auth

import (
	"strings"

	"github.com/activityd/activityd/internal/activity"
)

// Credential is what is kept of a token that was good once: which sign-in or
// which token of an access it was. It is not the token, and is no secret worth
// more than the store's hash. Whether it still lets somebody in is a matter of
// looking up: see Admit. The zero Credential lets nobody in.
type Credential struct {
	session activity.SessionID // "" for an access's token
	token   activity.TokenHash
}

// IsZero reports whether it is no credential at all.
func (k Credential) IsZero() bool { return k == Credential{} }

// Credential verifies what of a token can be verified without knowing the user:
// its form and, of a session's, signature, end and whose it is. Errors: as
// Authenticate.
func (t *Tokens) Credential(user activity.UserID, token string, now activity.Timestamp) (Credential, error) {
	switch {
	case token == "":
		return Credential{}, activity.NewError(activity.CodeMissingAccessToken,
			"This needs an access token: send one in the Authorization header or as the query parameter auth.")
	case len(token) > MaxTokenLength:
		return Credential{}, invalidToken(errTokenLength)
	case !strings.Contains(token, "."): // which is in every JWT, and in no slug
		return Credential{token: activity.HashToken(token)}, nil
	}
	of, session, err := t.Parse(token, now)
	if err != nil {
		return Credential{}, err
	}
	if of != user {
		return Credential{}, invalidToken(errForeignSession)
	}
	return Credential{session: session}, nil
}

// Admit gives the access as which the bearer of the credential acts, and the
// origin of what it writes, as Authenticate does. CodeInvalidAccessToken when it
// lets nobody in (any more).
func Admit(c Credentials, k Credential, now activity.Timestamp) (activity.Access, activity.Origin, error) {
	access, origin, err := k.bearer(c, now)
	if err == nil && c.User().Disabled {
		err = invalidToken(errDisabledUser)
	}
	if err != nil {
		return activity.Access{}, activity.Origin{}, err
	}
	return access, origin, nil
}

func (k Credential) bearer(c Credentials, now activity.Timestamp) (activity.Access, activity.Origin, error) {
	if k.session != "" {
		session, ok := c.Session(k.session)
		switch {
		case !ok:
			return activity.Access{}, activity.Origin{}, invalidToken(errUnknownSession)
		case session.Expires <= now:
			return activity.Access{}, activity.Origin{}, invalidToken(errExpiredSession)
		}
		return activity.SessionAccess(session), activity.Origin{Session: session.ID}, nil
	}
	access, ok := c.AccessByToken(k.token)
	switch {
	case !ok:
		return activity.Access{}, activity.Origin{}, invalidToken(errUnknownToken)
	case access.Expired(now):
		return activity.Access{}, activity.Origin{}, invalidToken(errExpiredAccess)
	}
	return access, activity.Origin{Access: access.ID}, nil
}
