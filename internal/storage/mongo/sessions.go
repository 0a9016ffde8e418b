package mongo

import (
	"context"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/writes"
)

// CreateSession stores a new session and removes those that fall out.
func (u *update) CreateSession(ctx context.Context, v *activity.Session) error {
	out, err := writes.BeforeSession(u.account.structure, v.ID, u.now)
	if err != nil {
		return err
	}
	for _, id := range out {
		if err := u.DeleteSession(ctx, id); err != nil {
			return err
		}
	}
	step := writes.CreateSession(u.account.structure, v, u.next().modified)
	return u.write(step.Change, u.account.with(step.Structure), u.item(sessionKind, string(v.ID), string(v.ID), sessionDocOf(u.user, v)))
}

// DeleteSession ends a session.
func (u *update) DeleteSession(_ context.Context, id activity.SessionID) error {
	step, err := writes.DeleteSession(u.account.structure, id)
	if err != nil {
		return err
	}
	return u.write(step.Change, u.account.with(step.Structure), u.item(sessionKind, string(id), string(id), nil))
}
