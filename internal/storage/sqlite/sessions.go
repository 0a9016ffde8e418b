package sqlite

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
	return u.take("create a session", step, func(c *conn, _ head) error {
		return c.exec("INSERT INTO sessions (user_key, id, app_id, user_agent, created, expires) VALUES (?, ?, ?, ?, ?, ?)",
			u.account.key, string(v.ID), v.AppID, v.UserAgent, v.Created, v.Expires)
	})
}

// DeleteSession ends a session.
func (u *update) DeleteSession(_ context.Context, id activity.SessionID) error {
	step, err := writes.DeleteSession(u.account.structure, id)
	if err != nil {
		return err
	}
	return u.take("delete a session", step, func(c *conn, _ head) error {
		return c.exec("DELETE FROM sessions WHERE user_key = ? AND id = ?", u.account.key, string(id))
	})
}
