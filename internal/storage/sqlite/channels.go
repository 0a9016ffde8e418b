package sqlite

import (
	"bytes"
	"context"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/keys"
)

// CreateChannel stores a new channel.
func (u *update) CreateChannel(_ context.Context, v *activity.Channel) error {
	if _, ok := u.account.channels[v.ID]; ok {
		return idTaken("channel", string(v.ID))
	}
	next := *v
	next.ClientData = bytes.Clone(v.ClientData)
	next.Created = u.next().modified
	next.Modified = next.Created
	structure, err := u.account.structure.WithChannel(next)
	if err != nil {
		return err
	}
	var key int64
	change := activity.Change{Kind: activity.ChannelKind, Action: activity.Created, Item: string(v.ID), Channel: v.ID}
	err = u.write("create a channel", change, func(c *conn, _ head) error {
		err := c.exec(`INSERT INTO channels (user_key, id, name, enforce_no_overlap, client_data, trashed, created, modified)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			u.account.key, string(v.ID), v.Name, v.EnforceNoEventsOverlap, text(v.ClientData), v.Trashed, next.Created, next.Modified)
		key = c.LastInsertRowID()
		return err
	})
	if err != nil {
		return err
	}
	u.account = u.account.with(structure).withChannel(v.ID, keys.New(key))
	v.Created, v.Modified = next.Created, next.Modified
	return nil
}

// UpdateChannel stores a channel.
func (u *update) UpdateChannel(_ context.Context, v *activity.Channel) error {
	old, ok := u.account.structure.Channel(v.ID)
	if !ok {
		return unknownChannel(v.ID)
	}
	next := *v
	next.ClientData = bytes.Clone(v.ClientData)
	next.Created, next.Modified = old.Created, u.next().modified
	structure, err := u.account.structure.WithChannel(next)
	if err != nil {
		return err
	}
	key := u.account.channels[v.ID].Key
	change := activity.Change{Kind: activity.ChannelKind, Action: activity.Updated, Item: string(v.ID), Channel: v.ID}
	err = u.write("update a channel", change, func(c *conn, _ head) error {
		return c.exec("UPDATE channels SET name = ?, enforce_no_overlap = ?, client_data = ?, trashed = ?, modified = ? WHERE key = ?",
			v.Name, v.EnforceNoEventsOverlap, text(v.ClientData), v.Trashed, next.Modified, key)
	})
	if err != nil {
		return err
	}
	u.account = u.account.with(structure)
	v.Created, v.Modified = next.Created, next.Modified
	return nil
}

// DeleteChannel marks the channel as gone; the sweep removes what is in it.
func (u *update) DeleteChannel(_ context.Context, id activity.ChannelID) error {
	old, err := u.container(id)
	if err != nil {
		return err
	}
	change := activity.Change{Kind: activity.ChannelKind, Action: activity.Deleted, Item: string(id), Channel: id}
	err = u.write("delete a channel", change, func(c *conn, h head) error {
		return c.exec("UPDATE channels SET gone = ?, name = '', client_data = NULL WHERE key = ?", h.modified, old.Key)
	})
	if err != nil {
		return err
	}
	u.account = u.account.with(u.account.structure.WithoutChannel(id)).withChannel(id, nil)
	u.sweep = true
	return nil
}
