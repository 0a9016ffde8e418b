package api

import (
	"context"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// AddUser makes a user by command, whatever the mode of registration. An empty
// lang is "en". Errors: as RegisterByPage, but for those of the invitation.
func (s *Service) AddUser(ctx context.Context, name, password, email, lang string) (activity.User, error) {
	given, err := newUser(name, password, email, lang)
	if err != nil {
		return activity.User{}, err
	}
	return s.createUser(ctx, given, nil)
}

// ResetPassword gives the user a new password and ends all sign-ins.
// CodeUnknownUser, CodeInvalidParametersFormat for the password.
func (s *Service) ResetPassword(ctx context.Context, name activity.Username, password string) error {
	user, err := s.userNamed(ctx, string(name))
	if err != nil {
		return err
	}
	hash, err := s.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.Store.Tenant(user.ID).Update(ctx, activity.Origin{}, func(tx storage.Tx) error {
		return setPassword(ctx, tx, hash, "")
	})
}

// DisableUser locks the user out, which ends all sign-ins, or lets him in
// again: then his other accesses work as before. CodeUnknownUser.
func (s *Service) DisableUser(ctx context.Context, name activity.Username, disabled bool) error {
	user, err := s.userNamed(ctx, string(name))
	if err != nil {
		return err
	}
	return s.Store.Tenant(user.ID).Update(ctx, activity.Origin{}, func(tx storage.Tx) error {
		u := tx.Structure().User()
		u.Disabled = disabled
		if err := tx.UpdateUser(ctx, u); err != nil || !disabled {
			return err
		}
		return endSessions(ctx, tx, "")
	})
}

// DeleteUser removes the user with all data; the name stays blocked for
// storage.NameBlock. CodeUnknownUser.
func (s *Service) DeleteUser(ctx context.Context, name activity.Username) error {
	user, err := s.userNamed(ctx, string(name))
	if err != nil {
		return err
	}
	return s.Store.Users().DeleteUser(ctx, user.ID)
}
