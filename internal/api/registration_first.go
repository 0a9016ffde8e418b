package api

import (
	"context"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
)

// firstUser is the purpose of the one-time token that makes the first user.
const firstUser = "first-user"

// firstUserLife is how long that token is good for.
const firstUserLife = 24 * time.Hour

// firstUserPrefix begins that token, so that it is no invitation when a user
// was made in another way.
const firstUserPrefix = "first-"

// FirstUserLink makes the one-time token with which the first user registers,
// in every mode; it is good for 24 hours, and those made before are void.
// needed is false, and the token empty, when there are users.
func (s *Service) FirstUserLink(ctx context.Context) (token string, needed bool, err error) {
	users, err := s.Store.Users().CountUsers(ctx)
	if err != nil || users > 0 {
		return "", false, err
	}
	token = firstUserPrefix + auth.NewToken()
	expires := activity.TimestampOf(s.Clock().Add(firstUserLife))
	if err := s.Store.Secrets().PutOneTimeToken(ctx, firstUser, activity.HashToken(token), expires); err != nil {
		return "", false, err
	}
	return token, true, nil
}
