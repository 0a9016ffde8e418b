package main

import (
	"context"
	"errors"

	"github.com/activityd/activityd/internal/config"
)

// newUser is what "user add" asks for.
type newUser struct {
	Username string
	Email    string
	Password string
}

// userAdd makes a user in the store.
func userAdd(_ context.Context, _ config.Config, _ newUser) error {
	return errors.New("user add: not wired yet")
}

// userList returns the users by name.
func userList(_ context.Context, _ config.Config) ([]userRow, error) {
	return nil, errors.New("user list: not wired yet")
}

// userDelete removes a user with all data.
func userDelete(_ context.Context, _ config.Config, _ string) error {
	return errors.New("user delete: not wired yet")
}

// userSetDisabled locks a user out or lets one in again.
func userSetDisabled(_ context.Context, _ config.Config, _ string, _ bool) error {
	return errors.New("user disable: not wired yet")
}

// userResetPassword replaces a user's password and ends all sign-ins.
func userResetPassword(_ context.Context, _ config.Config, _, _ string) error {
	return errors.New("user reset-password: not wired yet")
}
