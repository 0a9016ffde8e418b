package mongo

import (
	"bytes"
	"context"

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
	a, key := u.account.with(u.account.structure.WithTree(v.ChannelID, tree)).withKey()
	after := in.Clone()
	after.Add(v.ID, key)
	change := activity.Change{Kind: activity.FolderKind, Action: activity.Created, Item: string(v.ID), Channel: v.ChannelID, After: tree.Chain(v.ID)}
	if err := u.write(change, a.withChannel(v.ChannelID, after), u.folderOp(key, folderDocOf(u.user, in.Key, key, &next))); err != nil {
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
	key := in.Folders[v.ID]
	change := activity.Change{Kind: activity.FolderKind, Action: activity.Updated, Item: string(v.ID), Channel: v.ChannelID,
		Before: before.Chain(v.ID), After: tree.Chain(v.ID)}
	a := u.account.with(u.account.structure.WithTree(v.ChannelID, tree))
	if err := u.write(change, a, u.folderOp(key, folderDocOf(u.user, in.Key, key, &next))); err != nil {
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
	next, at := in.Clone(), u.next().modified
	var ops []op
	for below := range tree.Below(id) {
		g := keys.Gone{Merged: merge, To: in.Folders[folder.ParentID], At: at, Chain: tree.Chain(below)}
		key := in.Folders[below]
		ops = append(ops, u.folderOp(key, u.goneDoc(in.Key, key, below, g)))
		next.Remove(below, g)
	}
	a := u.account.with(u.account.structure.WithTree(channel, tree.Without(id))).withChannel(channel, next)
	change := activity.Change{Kind: activity.FolderKind, Action: activity.Deleted, Item: string(id), Channel: channel, Before: tree.Chain(id)}
	if err := u.write(change, a, ops...); err != nil {
		return err
	}
	u.sweep = true
	return nil
}

func (u *update) goneDoc(channel, key int64, id activity.FolderID, g keys.Gone) *folderDoc {
	d := &folderDoc{
		ID: itemID(u.user, folderKind, key), Channel: channel, Folder: string(id), Created: g.At, Modified: g.At,
		Gone: &g.At, Origin: originDocOf(u.origin),
	}
	if g.Merged {
		d.To = &g.To
	}
	for _, id := range g.Chain {
		d.Chain = append(d.Chain, string(id))
	}
	return d
}
