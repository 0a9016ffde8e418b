package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/storage"
)

func (s *Service) accountMethods() []*Method {
	return []*Method{
		row(Method{
			ID: "admin.userInfo.get", Verb: http.MethodGet, Path: "/admin/user-info", Status: http.StatusOK, NoBatch: true,
			Doc: "Gives the account's data. Personal accesses only.",
		}, personal(s.getUserInfo)),
		row(Method{
			ID: "admin.userInfo.update", Verb: http.MethodPut, Path: "/admin/user-info", Status: http.StatusOK, NoBatch: true,
			Doc: "Changes the given fields of the account's data. Personal accesses only.",
		}, personal(s.updateUserInfo)),
		row(Method{
			ID: "admin.changePassword", Verb: http.MethodPost, Path: "/admin/change-password", Status: http.StatusOK, NoBatch: true,
			Doc: "Changes the password and ends all sign-ins but the one that asks. Personal accesses only.",
		}, personal(s.changePassword)),
	}
}

// UserInfo is an account's data as the API shows it.
type UserInfo struct {
	Username     activity.Username `json:"username"`
	Email        string            `json:"email"`
	LanguageCode string            `json:"languageCode" doc:"The language that the user prefers, such as en or pt-BR."`
	DisplayName  string            `json:"displayName" doc:"The name to show to people; may be empty."`
}

func userInfo(u activity.User) UserInfo {
	return UserInfo{Username: u.Username, Email: u.Email, LanguageCode: u.LanguageCode, DisplayName: u.DisplayName}
}

func (s *Service) getUserInfo(ctx context.Context, c *Call, _ None) (UserInfo, error) {
	var info UserInfo
	err := c.Tenant.View(ctx, func(tx storage.Tx) error {
		info = userInfo(tx.Structure().User())
		return nil
	})
	return info, err
}

// UpdateUserInfo is what changes of an account's data.
type UpdateUserInfo struct {
	Username     *string                   `json:"username" doc:"Read-only."`
	Email        params.Optional[Email]    `json:"email" doc:"The user's email address."`
	LanguageCode params.Optional[Language] `json:"languageCode" doc:"The language that the user prefers, such as en or pt-BR."`
	DisplayName  params.Optional[string]   `json:"displayName" max:"255" doc:"The name to show to people; may be empty."`
}

// updateUserInfo is admin.userInfo.update. Errors: CodeForbidden.
func (s *Service) updateUserInfo(ctx context.Context, c *Call, p UpdateUserInfo) (UserInfo, error) {
	var u activity.User
	err := c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		u = tx.Structure().User()
		if p.Username != nil {
			given := strings.ToLower(*p.Username)
			if err := readOnly(same("username", &given, string(u.Username))); err != nil {
				return err
			}
		}
		u.Email = string(p.Email.Or(Email(u.Email)))
		u.LanguageCode = string(p.LanguageCode.Or(Language(u.LanguageCode)))
		u.DisplayName = p.DisplayName.Or(u.DisplayName)
		return tx.UpdateUser(ctx, u)
	})
	return userInfo(u), err
}

// ChangePassword is the old and the new password.
type ChangePassword struct {
	OldPassword string      `json:"oldPassword" required:"true" doc:"The present password."`
	NewPassword NewPassword `json:"newPassword" required:"true" doc:"The password from now on, of 8 to 256 characters."`
}

// changePassword is admin.changePassword. Errors: CodeForbidden,
// CodeInvalidCredentials for a wrong old password, CodeTooManyRequests.
func (s *Service) changePassword(ctx context.Context, c *Call, p ChangePassword) (Empty, error) {
	if err := s.Throttle.Attempt(ctx, string(c.Username), c.Remote); err != nil {
		return Empty{}, err
	}
	var old string
	err := c.Tenant.View(ctx, func(tx storage.Tx) error {
		old = tx.Structure().User().PasswordHash
		return nil
	})
	if err != nil {
		return Empty{}, err
	}
	ok, _, err := s.Passwords.Verify(ctx, old, p.OldPassword)
	if err != nil {
		return Empty{}, err
	}
	wrong := activity.NewError(activity.CodeInvalidCredentials, "The old password is wrong: check it.")
	if !ok {
		return Empty{}, wrong
	}
	if err := s.Throttle.Succeeded(ctx, string(c.Username), c.Remote); err != nil {
		return Empty{}, err
	}
	hash, err := s.Passwords.Hash(ctx, string(p.NewPassword))
	if err != nil {
		return Empty{}, err
	}
	return Empty{}, c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		if tx.Structure().User().PasswordHash != old {
			return wrong // another change came first
		}
		return setPassword(ctx, tx, hash, c.Origin.Session)
	})
}

// setPassword stores another password's hash and ends all sessions but one.
func setPassword(ctx context.Context, tx storage.Tx, hash string, keep activity.SessionID) error {
	u := tx.Structure().User()
	u.PasswordHash = hash
	if err := tx.UpdateUser(ctx, u); err != nil {
		return err
	}
	return endSessions(ctx, tx, keep)
}

func endSessions(ctx context.Context, tx storage.Tx, keep activity.SessionID) error {
	for _, v := range tx.Structure().Sessions() {
		if v.ID == keep {
			continue
		}
		if err := tx.DeleteSession(ctx, v.ID); err != nil {
			return err
		}
	}
	return nil
}
