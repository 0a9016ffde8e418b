package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/config"
	"github.com/activityd/activityd/internal/storage"
)

// newUser is what "user add" asks for.
type newUser struct {
	Username string
	Email    string
	Password string
}

// withService runs fn over the store, beside a service that may run.
func withService(ctx context.Context, cfg config.Config, fn func(*api.Service, storage.Store) error) (err error) {
	log := slog.New(slog.DiscardHandler) // what goes wrong is the command's error
	store, err := openStore(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	service, err := newService(ctx, cfg, log, store)
	if err != nil {
		return err
	}
	return fn(service, store)
}

// userAdd makes a user in the store.
func userAdd(ctx context.Context, cfg config.Config, u newUser) error {
	return withService(ctx, cfg, func(s *api.Service, _ storage.Store) error {
		_, err := s.AddUser(ctx, u.Username, u.Password, u.Email, "")
		return err
	})
}

// userList returns the users by name.
func userList(ctx context.Context, cfg config.Config) ([]userRow, error) {
	rows := []userRow{}
	err := withService(ctx, cfg, func(_ *api.Service, store storage.Store) error {
		for u, err := range store.Users().ListUsers(ctx) {
			if err != nil {
				return err
			}
			rows = append(rows, userRow{Username: string(u.Username), Email: u.Email, Created: u.Created.Time(), Disabled: u.Disabled})
		}
		return nil
	})
	return rows, err
}

// userDelete removes a user with all data.
func userDelete(ctx context.Context, cfg config.Config, name string) error {
	return withService(ctx, cfg, func(s *api.Service, _ storage.Store) error { return s.DeleteUser(ctx, activity.Username(name)) })
}

// userSetDisabled locks a user out or lets one in again.
func userSetDisabled(ctx context.Context, cfg config.Config, name string, disabled bool) error {
	return withService(ctx, cfg, func(s *api.Service, _ storage.Store) error {
		return s.DisableUser(ctx, activity.Username(name), disabled)
	})
}

// userResetPassword replaces a user's password and ends all sign-ins.
func userResetPassword(ctx context.Context, cfg config.Config, name, password string) error {
	return withService(ctx, cfg, func(s *api.Service, _ storage.Store) error {
		return s.ResetPassword(ctx, activity.Username(name), password)
	})
}
