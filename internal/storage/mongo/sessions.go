package mongo

import (
	"context"

	"github.com/activityd/activityd/internal/activity"
)

// CreateSession stores a new session and removes those that fall out.
func (u *update) CreateSession(_ context.Context, v *activity.Session) error {
	if _, ok := u.account.structure.Session(v.ID); ok {
		return idTaken("session", string(v.ID))
	}
	for _, id := range u.account.structure.FallingOut(u.now) {
		if err := u.dropSession(id); err != nil {
			return err
		}
	}
	v.Created = u.next().modified
	change := activity.Change{Kind: activity.SessionKind, Action: activity.Created, Item: string(v.ID)}
	return u.write(change, u.account.with(u.account.structure.WithSession(*v)),
		u.item(sessionKind, string(v.ID), string(v.ID), sessionDocOf(u.user, v)))
}

// DeleteSession ends a session.
func (u *update) DeleteSession(_ context.Context, id activity.SessionID) error {
	if _, ok := u.account.structure.Session(id); !ok {
		return unknownAccess()
	}
	return u.dropSession(id)
}

func (u *update) dropSession(id activity.SessionID) error {
	change := activity.Change{Kind: activity.SessionKind, Action: activity.Deleted, Item: string(id)}
	return u.write(change, u.account.with(u.account.structure.WithoutSession(id)), u.item(sessionKind, string(id), string(id), nil))
}
