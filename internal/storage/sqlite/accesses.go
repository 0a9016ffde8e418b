package sqlite

import (
	"context"
	"encoding/json"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/keys"
	"github.com/activityd/activityd/internal/storage/writes"
)

// CreateAccess stores a new access.
func (u *update) CreateAccess(_ context.Context, v *activity.Access) error {
	h := u.next()
	step, err := writes.CreateAccess(u.account.structure, v, h.seq, h.modified)
	if err != nil {
		return err
	}
	return u.putAccess(v, step)
}

// UpdateAccess stores an access.
func (u *update) UpdateAccess(_ context.Context, v *activity.Access) error {
	h := u.next()
	step, err := writes.UpdateAccess(u.account.structure, v, h.seq, h.modified)
	if err != nil {
		return err
	}
	return u.putAccess(v, step)
}

func (u *update) putAccess(v *activity.Access, step writes.Step) error {
	permissions, err := json.Marshal(v.Permissions)
	if err != nil {
		return err
	}
	return u.take("store an access", step, func(c *conn, _ head) error {
		return c.exec(`INSERT INTO accesses (user_key, id, type, name, device_name, permissions, permissions_seq, tokens, created, created_by, modified, expires)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET type = excluded.type, name = excluded.name, device_name = excluded.device_name,
			permissions = excluded.permissions, permissions_seq = excluded.permissions_seq, tokens = excluded.tokens,
			modified = excluded.modified, expires = excluded.expires`,
			u.account.key, string(v.ID), string(v.Type), v.Name, v.DeviceName, text(permissions), int64(v.PermissionsSeq),
			keys.JoinTokens(v.Tokens), v.Created, v.CreatedBy, v.Modified, v.Expires)
	})
}

// DeleteAccess removes an access.
func (u *update) DeleteAccess(_ context.Context, id activity.AccessID) error {
	step, err := writes.DeleteAccess(u.account.structure, id)
	if err != nil {
		return err
	}
	return u.take("delete an access", step, func(c *conn, _ head) error {
		return c.exec("DELETE FROM accesses WHERE user_key = ? AND id = ?", u.account.key, string(id))
	})
}
