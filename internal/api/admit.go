package api

import (
	"context"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/storage"
)

// Admit finds the user of that name and what to keep of a token that lets
// somebody in there, for a Call's User and Credential. Errors: CodeUnknownUser,
// and as auth's Authenticate.
func (s *Service) Admit(ctx context.Context, username activity.Username, token string) (activity.UserID, auth.Credential, error) {
	user, err := s.Store.Users().UserByName(ctx, username)
	if err != nil {
		return "", auth.Credential{}, err
	}
	k, err := s.Tokens.Credential(user.ID, token, s.now())
	if err != nil {
		return "", auth.Credential{}, err
	}
	account, err := s.account(ctx, user.ID)
	if err != nil {
		return "", auth.Credential{}, err
	}
	access, _, err := auth.Admit(account, k, s.now())
	if err != nil {
		return "", auth.Credential{}, err
	}
	s.Store.Tenant(user.ID).Touch(access.ID, s.now())
	return user.ID, k, nil
}

func (s *Service) account(ctx context.Context, user activity.UserID) (account *storage.Structure, err error) {
	err = s.Store.Tenant(user).View(ctx, func(tx storage.Tx) error {
		account = tx.Structure()
		return nil
	})
	return account, err
}

// Snapshot is what is small of one user's data, as of one commit. It never
// changes.
type Snapshot struct {
	User  activity.UserID
	Epoch string       // of the history
	Head  activity.Seq // of the newest change in it

	service *Service
	account *storage.Structure
}

// Snapshot reads the user's newest. CodeUnknownUser when there is no such user
// (any more).
func (s *Service) Snapshot(ctx context.Context, user activity.UserID) (Snapshot, error) {
	v := Snapshot{User: user, service: s}
	err := s.Store.Tenant(user).View(ctx, func(tx storage.Tx) error {
		var err error
		v.Epoch, v.Head, err = tx.LogHead(ctx)
		v.account = tx.Structure()
		return err
	})
	return v, err
}

// Admit gives the access as which the bearer of the credential acts now.
// CodeInvalidAccessToken when it lets nobody in (any more).
func (v Snapshot) Admit(k auth.Credential) (activity.Access, error) {
	access, _, err := auth.Admit(v.account, k, v.service.now())
	return access, err
}

// Channels gives the channels that an access sees, in no order.
func (v Snapshot) Channels(access *activity.Access) []activity.ChannelID {
	var seen []activity.ChannelID
	for _, c := range v.account.Channels() {
		if access.Scope(c.ID).Channel() {
			seen = append(seen, c.ID)
		}
	}
	return seen
}
