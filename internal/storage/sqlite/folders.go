package sqlite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/keys"
)

// CreateFolder stores a new folder.
func (u *update) CreateFolder(_ context.Context, v *activity.Folder) error {
	in, err := u.container(v.ChannelID)
	if err != nil {
		return err
	}
	if _, ok := in.Folders[v.ID]; ok {
		return idTaken("folder", string(v.ID))
	}
	next := *v
	next.ClientData = bytes.Clone(v.ClientData)
	next.Created = u.next().modified
	next.Modified = next.Created
	tree, err := u.account.structure.Tree(v.ChannelID).With(next)
	if err != nil {
		return err
	}
	var key int64
	change := activity.Change{Kind: activity.FolderKind, Action: activity.Created, Item: string(v.ID), Channel: v.ChannelID, After: tree.Chain(v.ID)}
	err = u.write("create a folder", change, func(c *conn, _ head) error {
		err := c.exec(`INSERT INTO folders (channel_key, id, name, parent, hidden, client_data, trashed, created, modified)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			in.Key, string(v.ID), v.Name, optional(string(v.ParentID)), v.Hidden, text(v.ClientData), v.Trashed, next.Created, next.Modified)
		key = c.LastInsertRowID()
		return err
	})
	if err != nil {
		return err
	}
	in = in.Clone()
	in.Add(v.ID, key)
	u.account = u.account.with(u.account.structure.WithTree(v.ChannelID, tree)).withChannel(v.ChannelID, in)
	v.Created, v.Modified = next.Created, next.Modified
	return nil
}

// UpdateFolder stores a folder, and moves it where its parent differs.
func (u *update) UpdateFolder(_ context.Context, v *activity.Folder) error {
	in, err := u.container(v.ChannelID)
	if err != nil {
		return err
	}
	before := u.account.structure.Tree(v.ChannelID)
	old, ok := before.Folder(v.ID)
	if !ok {
		return activity.UnknownFolders(v.ID)
	}
	next := *v
	next.ClientData = bytes.Clone(v.ClientData)
	next.Created, next.Modified = old.Created, u.next().modified
	tree, err := before.With(next)
	if err != nil {
		return err
	}
	change := activity.Change{Kind: activity.FolderKind, Action: activity.Updated, Item: string(v.ID), Channel: v.ChannelID,
		Before: before.Chain(v.ID), After: tree.Chain(v.ID)}
	err = u.write("update a folder", change, func(c *conn, _ head) error {
		return c.exec("UPDATE folders SET name = ?, parent = ?, hidden = ?, client_data = ?, trashed = ?, modified = ? WHERE key = ?",
			v.Name, optional(string(v.ParentID)), v.Hidden, text(v.ClientData), v.Trashed, next.Modified, in.Folders[v.ID])
	})
	if err != nil {
		return err
	}
	u.account = u.account.with(u.account.structure.WithTree(v.ChannelID, tree))
	v.Created, v.Modified = next.Created, next.Modified
	return nil
}

// DeleteFolder marks the folder and all below as gone; the sweep deletes or
// moves their events.
func (u *update) DeleteFolder(_ context.Context, channel activity.ChannelID, id activity.FolderID, merge bool) error {
	in, err := u.container(channel)
	if err != nil {
		return err
	}
	tree := u.account.structure.Tree(channel)
	folder, ok := tree.Folder(id)
	if !ok {
		return activity.UnknownFolders(id)
	}
	origin, err := json.Marshal(u.origin)
	if err != nil {
		return err
	}
	next := in.Clone()
	change := activity.Change{Kind: activity.FolderKind, Action: activity.Deleted, Item: string(id), Channel: channel, Before: tree.Chain(id)}
	err = u.write("delete a folder", change, func(c *conn, h head) error {
		for below := range tree.Below(id) {
			g := keys.Gone{Merged: merge, To: in.Folders[folder.ParentID], At: h.modified, Chain: tree.Chain(below)}
			if err := markGone(c, in.Folders[below], g, origin); err != nil {
				return err
			}
			next.Remove(below, g)
		}
		return nil
	})
	if err != nil {
		return err
	}
	u.account = u.account.with(u.account.structure.WithTree(channel, tree.Without(id))).withChannel(channel, next)
	u.sweep = true
	return nil
}

func markGone(c *conn, key int64, g keys.Gone, origin text) error {
	var to any
	if g.Merged {
		to = g.To
	}
	err := c.exec("UPDATE folders SET gone = ?, gone_to = ?, gone_chain = ?, gone_origin = ?, name = '', client_data = NULL WHERE key = ?",
		g.At, to, appendChain(g.Chain), origin, key)
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
