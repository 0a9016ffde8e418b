package mongo

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
	a, key := u.account.with(structure).withKey()
	change := activity.Change{Kind: activity.ChannelKind, Action: activity.Created, Item: string(v.ID), Channel: v.ID}
	if err := u.write(change, a.withChannel(v.ID, keys.New(key)), u.channelOp(key, &next)); err != nil {
		return err
	}
	v.Created, v.Modified = next.Created, next.Modified
	return nil
}

func (u *update) channelOp(key int64, v *activity.Channel) op {
	return u.item(channelKind, key, keyText(key), channelDocOf(u.user, key, v))
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
	change := activity.Change{Kind: activity.ChannelKind, Action: activity.Updated, Item: string(v.ID), Channel: v.ID}
	if err := u.write(change, u.account.with(structure), u.channelOp(u.account.channels[v.ID].Key, &next)); err != nil {
		return err
	}
	v.Created, v.Modified = next.Created, next.Modified
	return nil
}

// DeleteChannel marks the channel as gone; the sweep removes what is in it.
func (u *update) DeleteChannel(_ context.Context, id activity.ChannelID) error {
	old, err := u.container(id)
	if err != nil {
		return err
	}
	at := u.next().modified
	change := activity.Change{Kind: activity.ChannelKind, Action: activity.Deleted, Item: string(id), Channel: id}
	gone := &channelDoc{ID: itemID(u.user, channelKind, old.Key), Channel: string(id), Created: at, Modified: at, Gone: &at}
	next := u.account.with(u.account.structure.WithoutChannel(id)).withChannel(id, nil)
	if err := u.write(change, next, u.item(channelKind, old.Key, keyText(old.Key), gone)); err != nil {
		return err
	}
	u.sweep = true
	return nil
}
