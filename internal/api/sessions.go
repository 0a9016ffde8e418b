package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/storage"
)

func (s *Service) sessionMethods() []*Method {
	return []*Method{
		row(Method{
			ID: "auth.login", Verb: http.MethodPost, Path: "/auth/login", Aliases: []string{"/admin/login"}, Status: http.StatusOK,
			Root: BothRoots, Public: true, NoBatch: true,
			Doc: "Signs a person in: gives the token of a new session, which acts as a personal access.",
		}, s.login),
		row(Method{
			ID: "auth.logout", Verb: http.MethodPost, Path: "/auth/logout", Aliases: []string{"/admin/logout"}, Status: http.StatusOK,
			NoBatch: true,
			Doc:     "Ends the session whose token asks.",
		}, personal(s.logout)),
		row(Method{
			ID: "admin.sessions.get", Verb: http.MethodGet, Path: "/admin/sessions", Status: http.StatusOK, NoBatch: true,
			Doc: "Lists the user's sign-ins, the oldest first. Personal accesses only.",
		}, personal(s.getSessions)),
		row(Method{
			ID: "admin.sessions.delete", Verb: http.MethodDelete, Path: "/admin/sessions/{id}", Status: http.StatusOK, NoBatch: true,
			Doc: "Ends a sign-in; its token lets nobody in from then on. Personal accesses only.",
		}, personal(s.deleteSession)),
	}
}

// Login is who signs in, and with which app.
type Login struct {
	Username params.Optional[string] `json:"username" max:"255" doc:"The user's name; may be left out on the user's own root."`
	Password string                  `json:"password" required:"true" doc:"The user's password."`
	AppID    string                  `json:"appId" required:"true" min:"1" max:"255" doc:"Names the app that signs in; shown as createdBy and modifiedBy of what it writes."`
}

// SignedIn is a new session.
type SignedIn struct {
	Token             string             `json:"token" doc:"The session's token."`
	SessionID         string             `json:"sessionID" doc:"The token again, for old clients."`
	Expires           activity.Timestamp `json:"expires" doc:"When the session ends."`
	PreferredLanguage string             `json:"preferredLanguage" doc:"The user's language."`
}

// errCredentials is the one answer to a sign-in that fails, whyever it does.
func errCredentials() error {
	return activity.NewError(activity.CodeInvalidCredentials, "The username or the password is wrong: check both.")
}

// errAccountChanged says that the account was changed between the look at its
// password and the making of its session.
const errAccountChanged = constError("api: the account has changed since its password was verified")

type constError string

func (e constError) Error() string { return string(e) }

// login is auth.login. Errors: CodeInvalidCredentials, CodeTooManyRequests.
// Neither answer nor work tells whether the user exists.
func (s *Service) login(ctx context.Context, c *Call, p Login) (SignedIn, error) {
	name, err := p.name(c)
	if err != nil {
		return SignedIn{}, err
	}
	if err := s.Throttle.Attempt(ctx, name, c.Remote); err != nil {
		return SignedIn{}, err
	}
	signedIn, err := s.passwordSignIn(ctx, c, name, p)
	if errors.Is(err, errAccountChanged) { // by a login at the same time that renewed the hash, or a new password
		signedIn, err = s.passwordSignIn(ctx, c, name, p)
	}
	if errors.Is(err, errAccountChanged) || isCode(err, activity.CodeUnknownUser) {
		return SignedIn{}, errCredentials()
	}
	return signedIn, err
}

// name gives the user that is meant, as it was written.
func (p Login) name(c *Call) (string, error) {
	switch {
	case c.Username == "" && !p.Username.Set:
		return "", params.Missing("username")
	case c.Username != "" && p.Username.Set && strings.ToLower(p.Username.Value) != string(c.Username):
		return "", activity.FaultsError([]activity.Fault{{
			Path: "username", Code: "read-only", Message: "The address names another user: leave the username out, or sign in at its own address.",
		}})
	}
	return p.Username.Or(string(c.Username)), nil
}

// passwordSignIn looks at the password and opens the session. It computes one
// hash whether there is such a user or not; a second one only after the
// password was right.
func (s *Service) passwordSignIn(ctx context.Context, c *Call, name string, p Login) (SignedIn, error) {
	user, err := s.userNamed(ctx, name)
	if isCode(err, activity.CodeUnknownUser) {
		if err := s.Passwords.VerifyNobody(ctx, p.Password); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{}, errCredentials()
	}
	if err != nil {
		return SignedIn{}, err
	}
	ok, outdated, err := s.Passwords.Verify(ctx, user.PasswordHash, p.Password)
	if err != nil {
		return SignedIn{}, err
	}
	if !ok || user.Disabled {
		return SignedIn{}, errCredentials()
	}
	if err := s.Throttle.Succeeded(ctx, name, c.Remote); err != nil {
		return SignedIn{}, err
	}
	renewed := ""
	if outdated && auth.CheckPassword(p.Password) == nil {
		if renewed, err = s.Passwords.Hash(ctx, p.Password); err != nil {
			return SignedIn{}, err
		}
	}
	return s.openSession(ctx, c, user, p.AppID, renewed)
}

// userNamed gives the user of that name; CodeUnknownUser also for names that
// nobody can have.
func (s *Service) userNamed(ctx context.Context, given string) (activity.User, error) {
	name, fault := activity.ParseUsername(given)
	if fault != nil {
		return activity.User{}, activity.NewError(activity.CodeUnknownUser, "There is no such user: check the name.")
	}
	return s.Store.Users().UserByName(ctx, name)
}

// openSession signs the user in, whose password was verified; renewed is the
// hash to put in the place of his present one, "" for none. It fails with
// errAccountChanged when he is no longer as he was, and with CodeUnknownUser
// when he is gone.
func (s *Service) openSession(ctx context.Context, c *Call, user activity.User, appID, renewed string) (SignedIn, error) {
	now := s.now()
	made := activity.Session{
		ID: activity.SessionID(newID()), AppID: appID, Created: now,
		Expires: now + activity.Timestamp(s.SessionLifetime.Seconds()), UserAgent: cut(c.UserAgent, maxUserAgent),
	}
	var session activity.Session
	err := s.Store.Tenant(user.ID).Update(ctx, activity.Origin{Session: made.ID}, func(tx storage.Tx) error {
		current := tx.Structure().User()
		if current.PasswordHash != user.PasswordHash || current.Disabled {
			return errAccountChanged
		}
		if renewed != "" {
			current.PasswordHash = renewed
			if err := tx.UpdateUser(ctx, current); err != nil {
				return err
			}
		}
		session = made
		return tx.CreateSession(ctx, &session)
	})
	if err != nil {
		return SignedIn{}, err
	}
	token, err := s.Tokens.Sign(user.ID, session)
	if err != nil {
		return SignedIn{}, err
	}
	return SignedIn{Token: token, SessionID: token, Expires: session.Expires, PreferredLanguage: user.LanguageCode}, nil
}

// maxUserAgent is how much of a User-Agent a session keeps, in bytes.
const maxUserAgent = 200

// cut gives at most n bytes of s, in valid UTF-8.
func cut(s string, n int) string {
	return strings.ToValidUTF8(s[:min(len(s), n)], "")
}

// logout is auth.logout. Errors: CodeForbidden for all but personal accesses,
// CodeInvalidOperation for a personal one that is no session.
func (s *Service) logout(ctx context.Context, c *Call, _ None) (Empty, error) {
	if c.Origin.Session == "" {
		return Empty{}, activity.NewError(activity.CodeInvalidOperation, "This token is no sign-in: to end it, delete its access.")
	}
	return Empty{}, c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		if _, ok := tx.Structure().Session(c.Origin.Session); !ok {
			return nil // ended meanwhile, which is what was asked for
		}
		return tx.DeleteSession(ctx, c.Origin.Session)
	})
}

// SessionView is a sign-in as the API shows it.
type SessionView struct {
	ID        activity.SessionID `json:"id"`
	AppID     string             `json:"appId" doc:"The app that signed in."`
	Created   activity.Timestamp `json:"created" doc:"When it signed in."`
	Expires   activity.Timestamp `json:"expires" doc:"When the session ends."`
	UserAgent string             `json:"userAgent" doc:"What the client called itself."`
	Current   bool               `json:"current" doc:"Whether it is the one that asks."`
}

func (s *Service) getSessions(ctx context.Context, c *Call, _ None) ([]SessionView, error) {
	now := s.now()
	var views []SessionView
	err := c.Tenant.View(ctx, func(tx storage.Tx) error {
		views = []SessionView{}
		for _, v := range tx.Structure().Sessions() {
			if v.Expires > now {
				views = append(views, SessionView{
					ID: v.ID, AppID: v.AppID, Created: v.Created, Expires: v.Expires, UserAgent: v.UserAgent, Current: v.ID == c.Origin.Session,
				})
			}
		}
		return nil
	})
	return views, err
}

// SessionRef names a sign-in in the path.
type SessionRef struct {
	ID activity.SessionID `json:"id" in:"path" doc:"The sign-in's id."`
}

// deleteSession is admin.sessions.delete. Errors: CodeForbidden,
// CodeUnknownAccess.
func (s *Service) deleteSession(ctx context.Context, c *Call, p SessionRef) (Empty, error) {
	return Empty{}, c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		if _, ok := tx.Structure().Session(p.ID); !ok {
			return activity.NewError(activity.CodeUnknownAccess, "There is no such sign-in: see /admin/sessions for those there are.")
		}
		return tx.DeleteSession(ctx, p.ID)
	})
}
