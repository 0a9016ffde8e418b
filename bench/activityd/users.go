package activityd

import (
	"context"
	"fmt"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/storage"
)

// Channel is the one channel of every user.
const Channel activity.ChannelID = "work"

// User is one with a channel and an app access that may write into it.
type User struct {
	Name  string
	Token string // of the access
}

// ID is the user's id in the store.
func (u User) ID() activity.UserID { return activity.UserID(u.Name) }

// NewUsers gives names and tokens for n users.
func NewUsers(n int) []User {
	users := make([]User, n)
	for i := range users {
		users[i] = User{fmt.Sprintf("user%05d", i), auth.NewToken()}
	}
	return users
}

// AddUsers makes users in a store. They go there directly: hashing a password
// for each would take minutes.
func AddUsers(ctx context.Context, store storage.Store, users []User) error {
	for _, u := range users {
		if err := u.add(ctx, store); err != nil {
			return fmt.Errorf("making %s: %w", u.Name, err)
		}
	}
	return nil
}

func (u User) add(ctx context.Context, store storage.Store) error {
	account := activity.User{
		ID: u.ID(), Username: activity.Username(u.Name),
		Email: u.Name + "@example.com", LanguageCode: "en", PasswordHash: "none",
	}
	if err := store.Users().CreateUser(ctx, &account, nil); err != nil {
		return err
	}
	return store.Tenant(account.ID).Update(ctx, activity.Origin{}, func(tx storage.Tx) error {
		if err := tx.CreateChannel(ctx, &activity.Channel{ID: Channel, Name: "Work"}); err != nil {
			return err
		}
		return tx.CreateAccess(ctx, &activity.Access{
			ID: "app", Type: "app", Name: "bench",
			Permissions: []activity.Permission{{ChannelID: "*", Level: activity.Contribute}},
			Tokens:      []activity.TokenHash{activity.HashToken(u.Token)},
		})
	})
}
