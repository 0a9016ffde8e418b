package mongo

import (
	"bytes"
	"context"

	"github.com/activityd/activityd/internal/activity"
)

// CreateFolder stores a new folder.
func (u *update) CreateFolder(_ context.Context, v *activity.Folder) error {
	in, err := u.container(v.ChannelID)
	if err != nil {
		return err
	}
	if _, ok := in.folders[v.ID]; ok {
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
	a, key := u.account.with(u.account.structure.WithTree(v.ChannelID, tree)).withKey()
	keys := in.clone()
	keys.folders[v.ID], keys.ids[key] = key, v.ID
	change := activity.Change{Kind: activity.FolderKind, Action: activity.Created, Item: string(v.ID), Channel: v.ChannelID, After: tree.Chain(v.ID)}
	if err := u.write(change, a.withChannel(v.ChannelID, keys), u.folderOp(key, folderDocOf(u.user, in.key, key, &next))); err != nil {
		return err
	}
	v.Created, v.Modified = next.Created, next.Modified
	return nil
}

func (u *update) folderOp(key int64, d *folderDoc) op {
	return u.item(folderKind, key, keyText(key), d)
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
	key := in.folders[v.ID]
	change := activity.Change{Kind: activity.FolderKind, Action: activity.Updated, Item: string(v.ID), Channel: v.ChannelID,
		Before: before.Chain(v.ID), After: tree.Chain(v.ID)}
	a := u.account.with(u.account.structure.WithTree(v.ChannelID, tree))
	if err := u.write(change, a, u.folderOp(key, folderDocOf(u.user, in.key, key, &next))); err != nil {
		return err
	}
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
	next, at := in.clone(), u.next().modified
	var ops []op
	for below := range tree.Below(id) {
		g := goneFolder{merged: merge, to: in.folders[folder.ParentID], at: at, chain: tree.Chain(below)}
		key := in.folders[below]
		ops = append(ops, u.folderOp(key, u.goneDoc(in.key, key, below, g)))
		next.remove(below, g)
	}
	a := u.account.with(u.account.structure.WithTree(channel, tree.Without(id))).withChannel(channel, next)
	change := activity.Change{Kind: activity.FolderKind, Action: activity.Deleted, Item: string(id), Channel: channel, Before: tree.Chain(id)}
	if err := u.write(change, a, ops...); err != nil {
		return err
	}
	u.sweep = true
	return nil
}

func (u *update) goneDoc(channel, key int64, id activity.FolderID, g goneFolder) *folderDoc {
	d := &folderDoc{
		ID: itemID(u.user, folderKind, key), Channel: channel, Folder: string(id), Created: g.at, Modified: g.at,
		Gone: &g.at, Origin: originDocOf(u.origin),
	}
	if g.merged {
		d.To = &g.to
	}
	for _, id := range g.chain {
		d.Chain = append(d.Chain, string(id))
	}
	return d
}

// remove makes a folder gone; only for a clone.
func (c *container) remove(id activity.FolderID, g goneFolder) {
	key := c.folders[id]
	delete(c.folders, id)
	delete(c.ids, key)
	c.gone[key] = g
}
