package sqlite

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
	err := u.write("create a session", change, func(c *conn, _ head) error {
		return c.exec("INSERT INTO sessions (user_key, id, app_id, user_agent, created, expires) VALUES (?, ?, ?, ?, ?, ?)",
			u.account.key, string(v.ID), v.AppID, v.UserAgent, v.Created, v.Expires)
	})
	if err != nil {
		return err
	}
	u.account = u.account.with(u.account.structure.WithSession(*v))
	return nil
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
	err := u.write("delete a session", change, func(c *conn, _ head) error {
		return c.exec("DELETE FROM sessions WHERE user_key = ? AND id = ?", u.account.key, string(id))
	})
	if err != nil {
		return err
	}
	u.account = u.account.with(u.account.structure.WithoutSession(id))
	return nil
}
