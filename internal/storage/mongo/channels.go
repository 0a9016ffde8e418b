package mongo

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
	a, key := u.account.with(step.Structure).withKey()
	return u.write(step.Change, a.withChannel(v.ID, keys.New(key)), u.channelOp(channelDocOf(u.user, key, v), key))
}

func (u *update) channelOp(d *channelDoc, key int64) op {
	return u.item(channelKind, key, keyText(key), d)
}

// UpdateChannel stores a channel.
func (u *update) UpdateChannel(_ context.Context, v *activity.Channel) error {
	step, err := writes.UpdateChannel(u.account.structure, v, u.next().modified)
	if err != nil {
		return err
	}
	key := u.account.channels[v.ID].Key
	return u.write(step.Change, u.account.with(step.Structure), u.channelOp(channelDocOf(u.user, key, v), key))
}

// DeleteChannel marks the channel as gone; the sweep removes what is in it.
func (u *update) DeleteChannel(_ context.Context, id activity.ChannelID) error {
	step, err := writes.DeleteChannel(u.account.structure, id)
	if err != nil {
		return err
	}
	key, at := u.account.channels[id].Key, u.next().modified
	gone := &channelDoc{ID: itemID(u.user, channelKind, key), Channel: string(id), Created: at, Modified: at, Gone: &at}
	if err := u.write(step.Change, u.account.with(step.Structure).withChannel(id, nil), u.channelOp(gone, key)); err != nil {
		return err
	}
	u.sweep = true
	return nil
}
