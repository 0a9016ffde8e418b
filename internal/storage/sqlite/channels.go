package sqlite

import (
	"context"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/keys"
	"github.com/activityd/activityd/internal/storage/writes"
)

// CreateChannel stores a new channel.
func (u *update) CreateChannel(_ context.Context, v *activity.Channel) error {
	step, err := writes.CreateChannel(u.account.structure, v, u.next().modified)
	if err != nil {
		return err
	}
	var key int64
	err = u.take("create a channel", step, func(c *conn, _ head) error {
		err := c.exec(`INSERT INTO channels (user_key, id, name, enforce_no_overlap, client_data, trashed, created, modified)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			u.account.key, string(v.ID), v.Name, v.EnforceNoEventsOverlap, text(v.ClientData), v.Trashed, v.Created, v.Modified)
		key = c.LastInsertRowID()
		return err
	})
	if err == nil {
		u.account = u.account.withChannel(v.ID, keys.New(key))
	}
	return err
}

// UpdateChannel stores a channel.
func (u *update) UpdateChannel(_ context.Context, v *activity.Channel) error {
	step, err := writes.UpdateChannel(u.account.structure, v, u.next().modified)
	if err != nil {
		return err
	}
	key := u.account.channels[v.ID].Key
	return u.take("update a channel", step, func(c *conn, _ head) error {
		return c.exec("UPDATE channels SET name = ?, enforce_no_overlap = ?, client_data = ?, trashed = ?, modified = ? WHERE key = ?",
			v.Name, v.EnforceNoEventsOverlap, text(v.ClientData), v.Trashed, v.Modified, key)
	})
}

// DeleteChannel marks the channel as gone; the sweep removes what is in it.
func (u *update) DeleteChannel(_ context.Context, id activity.ChannelID) error {
	step, err := writes.DeleteChannel(u.account.structure, id)
	if err != nil {
		return err
	}
	key := u.account.channels[id].Key
	err = u.take("delete a channel", step, func(c *conn, h head) error {
		return c.exec("UPDATE channels SET gone = ?, name = '', client_data = NULL WHERE key = ?", h.modified, key)
	})
	if err != nil {
		return err
	}
	u.account = u.account.withChannel(id, nil)
	u.sweep = true
	return nil
}
