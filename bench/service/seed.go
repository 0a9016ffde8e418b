//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/sqlite"
)

// user is one with a channel "work" and an app access that may write into it.
type user struct{ name, token string }

// seed makes users in a new store. They go there directly: hashing a password
// for each would take minutes.
func seed(ctx context.Context, dir string, n int) (users []user, err error) {
	store, err := sqlite.Open(ctx, sqlite.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	for i := range n {
		u := user{fmt.Sprintf("user%05d", i), auth.NewToken()}
		if err := u.create(ctx, store); err != nil {
			return nil, fmt.Errorf("making %s: %w", u.name, err)
		}
		users = append(users, u)
	}
	return users, nil
}

func (u user) create(ctx context.Context, store storage.Store) error {
	account := activity.User{
		ID: activity.UserID(u.name), Username: activity.Username(u.name),
		Email: u.name + "@example.com", LanguageCode: "en", PasswordHash: "none",
	}
	if err := store.Users().CreateUser(ctx, &account, nil); err != nil {
		return err
	}
	return store.Tenant(account.ID).Update(ctx, activity.Origin{}, func(tx storage.Tx) error {
		if err := tx.CreateChannel(ctx, &activity.Channel{ID: "work", Name: "Work"}); err != nil {
			return err
		}
		return tx.CreateAccess(ctx, &activity.Access{
			ID: "app", Type: "app", Name: "bench",
			Permissions: []activity.Permission{{ChannelID: "*", Level: activity.Contribute}},
			Tokens:      []activity.TokenHash{activity.HashToken(u.token)},
		})
	})
}
