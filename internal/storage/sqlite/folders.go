package sqlite

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/keys"
	"github.com/activityd/activityd/internal/storage/writes"
)

// CreateFolder stores a new folder.
func (u *update) CreateFolder(_ context.Context, v *activity.Folder) error {
	step, err := writes.CreateFolder(u.account.structure, v, u.next().modified)
	if err != nil {
		return err
	}
	in := u.account.channels[v.ChannelID].Clone()
	err = u.take("create a folder", step, func(c *conn, _ head) error {
		err := c.exec(`INSERT INTO folders (channel_key, id, name, parent, hidden, client_data, trashed, created, modified)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			in.Key, string(v.ID), v.Name, optional(string(v.ParentID)), v.Hidden, text(v.ClientData), v.Trashed, v.Created, v.Modified)
		in.Add(v.ID, c.LastInsertRowID())
		return err
	})
	if err == nil {
		u.account = u.account.withChannel(v.ChannelID, in)
	}
	return err
}

// UpdateFolder stores a folder, and moves it where its parent differs.
func (u *update) UpdateFolder(_ context.Context, v *activity.Folder) error {
	step, err := writes.UpdateFolder(u.account.structure, v, u.next().modified)
	if err != nil {
		return err
	}
	key := u.account.channels[v.ChannelID].Folders[v.ID]
	return u.take("update a folder", step, func(c *conn, _ head) error {
		return c.exec("UPDATE folders SET name = ?, parent = ?, hidden = ?, client_data = ?, trashed = ?, modified = ? WHERE key = ?",
			v.Name, optional(string(v.ParentID)), v.Hidden, text(v.ClientData), v.Trashed, v.Modified, key)
	})
}

// DeleteFolder marks the folder and all below as gone; the sweep deletes or
// moves their events.
func (u *update) DeleteFolder(_ context.Context, channel activity.ChannelID, id activity.FolderID, merge bool) error {
	step, err := writes.DeleteFolder(u.account.structure, channel, id)
	if err != nil {
		return err
	}
	origin, err := json.Marshal(u.origin)
	if err != nil {
		return err
	}
	in, gone := u.account.channels[channel].Bury(u.account.structure.Tree(channel), id, merge, u.next().modified)
	err = u.take("delete a folder", step, func(c *conn, _ head) error {
		for _, b := range gone {
			if err := markGone(c, b, origin); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	u.account = u.account.withChannel(channel, in)
	u.sweep = true
	return nil
}

func markGone(c *conn, b keys.Buried, origin text) error {
	var to any
	if b.Merged {
		to = b.To
	}
	err := c.exec("UPDATE folders SET gone = ?, gone_to = ?, gone_chain = ?, gone_origin = ?, name = '', client_data = NULL WHERE key = ?",
		b.At, to, appendChain(b.Chain), origin, b.Key)
	if err == nil && c.Changes() != 1 {
		err = errors.New("the folder is not in the file")
	}
	return err
}

// optional makes the empty string NULL.
func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}
