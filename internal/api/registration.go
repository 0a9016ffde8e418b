package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
)

func (s *Service) registrationMethods() []*Method {
	return []*Method{
		row(Method{
			ID: "users.create", Verb: http.MethodPost, Path: "/users", Status: http.StatusCreated,
			Root: ServiceRoot, Public: true, NoBatch: true,
			Doc: "Registers a user and signs in. Where registration is not open, the one-time token of an invitation is needed: as invitation or as the request's token.",
		}, s.registerUser),
		row(Method{
			ID: "users.check", Verb: http.MethodGet, Path: "/users/{username}/check", Status: http.StatusOK,
			Root: ServiceRoot, Public: true, NoBatch: true,
			Doc: "Tells whether a username is taken, well-formed, or kept by the service.",
		}, s.checkUsername),
	}
}

// NewUser is who registers.
type NewUser struct {
	Username     NewUsername               `json:"username" required:"true" doc:"A name of 5 to 21 letters a-z, digits and inner hyphens."`
	Password     NewPassword               `json:"password" required:"true" doc:"A password of 8 to 256 characters."`
	Email        Email                     `json:"email" required:"true" doc:"The user's email address."`
	LanguageCode params.Optional[Language] `json:"languageCode" doc:"The language that the user prefers, such as en or pt-BR; en when absent."`
	Invitation   string                    `json:"invitation" max:"1000" doc:"The one-time token of an invitation or of the first start."`
}

// Registered is a new user, signed in.
type Registered struct {
	Username activity.Username `json:"username"`
	URL      string            `json:"url" doc:"The user's root."`
	Token    string            `json:"token" doc:"Of a session that was opened."`
}

// registrationApp is the appId of the session that a registration opens.
const registrationApp = "activityd"

// defaultLanguage is the language of users who name none.
const defaultLanguage = "en"

// registerUser is users.create. Errors: CodeForbidden where registration is
// closed; CodeMissingAccessToken and CodeInvalidAccessToken for the invitation;
// CodeItemIDAlreadyExists for a name that is taken; CodeInvalidParametersFormat,
// with the fault "reserved" for a name that is not given out.
func (s *Service) registerUser(ctx context.Context, c *Call, p NewUser) (Registered, error) {
	invitation, err := s.admit(ctx, p.Invitation, c.Token)
	if err != nil {
		return Registered{}, err
	}
	user, err := s.createUser(ctx, p, invitation)
	if err != nil {
		return Registered{}, err
	}
	session, err := s.openSession(ctx, c, user, registrationApp, "")
	if err != nil {
		return Registered{}, err
	}
	return Registered{Username: user.Username, URL: s.UserURL(user.Username), Token: session.Token}, nil
}

// RegisterByPage is users.create for the registration page: it checks all the
// same, opens no session, and gives the address of the user's root. The page
// has no log of its own, so what is not the user's fault is logged here.
func (s *Service) RegisterByPage(ctx context.Context, name, password, email, token string) (url string, err error) {
	user, err := s.registerByPage(ctx, name, password, email, token)
	var refused *activity.Error
	if err != nil && (!errors.As(err, &refused) || refused.Code == activity.CodeServiceUnavailable) {
		s.Logger.ErrorContext(ctx, "registration by the page failed", "error", err)
	}
	if err != nil {
		return "", err
	}
	return s.UserURL(user.Username), nil
}

func (s *Service) registerByPage(ctx context.Context, name, password, email, token string) (activity.User, error) {
	given, err := newUser(name, password, email, "")
	if err != nil {
		return activity.User{}, err
	}
	invitation, err := s.admit(ctx, token, "")
	if err != nil {
		return activity.User{}, err
	}
	return s.createUser(ctx, given, invitation)
}

// newUser reads a user's parts as users.create reads them, for callers that
// have no JSON. All faults are reported at once.
func newUser(name, password, email, lang string) (NewUser, error) {
	var u NewUser
	if lang == "" {
		lang = defaultLanguage
	}
	u.LanguageCode.Set = true
	var faults []activity.Fault
	for _, part := range []struct {
		path, given string
		into        json.Unmarshaler
	}{
		{"username", name, &u.Username}, {"password", password, &u.Password},
		{"email", email, &u.Email}, {"languageCode", lang, &u.LanguageCode.Value},
	} {
		var fault *activity.Fault
		if errors.As(part.into.UnmarshalJSON(activity.AppendString(nil, part.given)), &fault) {
			faults = append(faults, activity.Fault{Path: part.path, Code: fault.Code, Message: fault.Message})
		}
	}
	return u, activity.FaultsError(faults)
}

// admit lets a registration in or not, and gives the hash of the one-time token
// that it uses up; nil for none. invitation was meant as one; bearer is the
// token of the request, which where registration is open may be anything.
func (s *Service) admit(ctx context.Context, invitation, bearer string) (*activity.TokenHash, error) {
	users, err := s.Store.Users().CountUsers(ctx)
	if err != nil {
		return nil, err
	}
	if s.Registration == ClosedRegistration && users > 0 {
		return nil, activity.NewError(activity.CodeForbidden, "Registration is closed here: ask the operator of this service for an account.")
	}
	open := s.Registration == OpenRegistration
	token := invitation
	if token == "" {
		token = bearer
	}
	switch {
	case token == "" && open:
		return nil, nil
	case token == "":
		return nil, activity.NewError(activity.CodeMissingAccessToken, "Registration here needs an invitation: send its one-time token as invitation.")
	}
	hash := activity.HashToken(token)
	known, err := s.Store.Secrets().HasOneTimeToken(ctx, hash)
	switch {
	case err != nil:
		return nil, err
	case known && (users == 0 || !strings.HasPrefix(token, firstUserPrefix)):
		return &hash, nil
	case open && invitation == "":
		return nil, nil
	}
	return nil, activity.NewError(activity.CodeInvalidAccessToken, "This invitation is used up, expired or mistyped: ask for a new one.")
}

// createUser checks the name, hashes the password and stores the user.
func (s *Service) createUser(ctx context.Context, p NewUser, invitation *activity.TokenHash) (activity.User, error) {
	name := activity.Username(p.Username)
	exists, blocked, err := s.nameInUse(ctx, name)
	switch {
	case err != nil:
		return activity.User{}, err
	case exists:
		return activity.User{}, activity.NewError(activity.CodeItemIDAlreadyExists, "This username is taken: choose another.").
			With(map[string]any{"username": name})
	case blocked:
		fault := reservedName()
		fault.Path = "username"
		return activity.User{}, activity.FaultsError([]activity.Fault{*fault})
	}
	hash, err := s.Passwords.Hash(ctx, string(p.Password))
	if err != nil {
		return activity.User{}, err
	}
	user := activity.User{
		ID: activity.UserID(newID()), Username: name, Email: string(p.Email), PasswordHash: hash,
		LanguageCode: string(p.LanguageCode.Or(defaultLanguage)),
	}
	if err := s.Store.Users().CreateUser(ctx, &user, invitation); err != nil {
		return activity.User{}, err
	}
	return user, nil
}

// nameInUse reports whether a user has the name, and whether a deleted one had
// it so lately that it is blocked.
func (s *Service) nameInUse(ctx context.Context, name activity.Username) (exists, blocked bool, err error) {
	_, err = s.Store.Users().UserByName(ctx, name)
	switch {
	case err == nil:
		return true, false, nil
	case !isCode(err, activity.CodeUnknownUser):
		return false, false, err
	}
	blocked, err = s.Store.Users().NameBlocked(ctx, name)
	return false, blocked, err
}
