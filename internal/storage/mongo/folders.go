package mongo

import (
	"context"

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
	a, key := u.account.with(step.Structure).withKey()
	in := u.account.channels[v.ChannelID].Clone()
	in.Add(v.ID, key)
	return u.write(step.Change, a.withChannel(v.ChannelID, in), u.folderOp(folderDocOf(u.user, in.Key, key, v), key))
}

func (u *update) folderOp(d *folderDoc, key int64) op {
	return u.item(folderKind, key, keyText(key), d)
}

// UpdateFolder stores a folder, and moves it where its parent differs.
func (u *update) UpdateFolder(_ context.Context, v *activity.Folder) error {
	step, err := writes.UpdateFolder(u.account.structure, v, u.next().modified)
	if err != nil {
		return err
	}
	in := u.account.channels[v.ChannelID]
	key := in.Folders[v.ID]
	return u.write(step.Change, u.account.with(step.Structure), u.folderOp(folderDocOf(u.user, in.Key, key, v), key))
}

// DeleteFolder marks the folder and all below as gone; the sweep deletes or
// moves their events.
func (u *update) DeleteFolder(_ context.Context, channel activity.ChannelID, id activity.FolderID, merge bool) error {
	step, err := writes.DeleteFolder(u.account.structure, channel, id)
	if err != nil {
		return err
	}
	in, gone := u.account.channels[channel].Bury(u.account.structure.Tree(channel), id, merge, u.next().modified)
	ops := make([]op, len(gone))
	for i, b := range gone {
		ops[i] = u.folderOp(u.goneDoc(in.Key, b), b.Key)
	}
	if err := u.write(step.Change, u.account.with(step.Structure).withChannel(channel, in), ops...); err != nil {
		return err
	}
	u.sweep = true
	return nil
}

func (u *update) goneDoc(channel int64, b keys.Buried) *folderDoc {
	d := &folderDoc{
		ID: itemID(u.user, folderKind, b.Key), Channel: channel, Folder: string(b.ID), Created: b.At, Modified: b.At,
		Gone: &b.At, Origin: originDocOf(u.origin),
	}
	if b.Merged {
		d.To = &b.To
	}
	for _, id := range b.Chain {
		d.Chain = append(d.Chain, string(id))
	}
	return d
}
