// Package model is the reference of what a tenant holds: plain slices, scanned
// from end to end, written from api.md. It is obvious before it is anything
// else, so that a store can be held to it step by step.
//
// It keeps the times and origins that the store under test made: a caller
// gives it items as the store left them. It uses neither activity.Scope nor
// activity.Tree nor storage.Structure.
package model

import (
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// Tenant is all that one user has.
type Tenant struct {
	Channels []*Channel
	Accesses []activity.Access
	Changes  []activity.Change // as they must be in the log; no Seq, Time and Origin
}

// Channel is a channel with all in it.
type Channel struct {
	activity.Channel
	Folders  []activity.Folder
	Events   []activity.Event
	Gone     []Gone
	Requests []Request
}

// Gone is an event that was deleted.
type Gone struct {
	ID      activity.EventID
	Time    activity.Timestamp // of the event
	Chain   activity.Chain     // where it was
	Deleted activity.Timestamp // set by the caller, from the log
}

// Request is what an event that got its id from a client was created by.
type Request struct {
	ID activity.EventID
	storage.Request
}

// Clone gives a copy that changes apart.
func (t *Tenant) Clone() *Tenant {
	c := &Tenant{Accesses: slices.Clone(t.Accesses), Changes: slices.Clone(t.Changes)}
	for _, ch := range t.Channels {
		c.Channels = append(c.Channels, &Channel{
			Channel: ch.Channel, Folders: slices.Clone(ch.Folders), Events: slices.Clone(ch.Events),
			Gone: slices.Clone(ch.Gone), Requests: slices.Clone(ch.Requests),
		})
	}
	return c
}

// Channel gives the channel of that id, nil for none.
func (t *Tenant) Channel(id activity.ChannelID) *Channel {
	for _, c := range t.Channels {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// CreateChannel adds c. It gives every code that a store may refuse it with,
// as all writes here do; none when it must succeed.
func (t *Tenant) CreateChannel(c activity.Channel) (refused []activity.Code) {
	if t.Channel(c.ID) != nil {
		refused = append(refused, activity.CodeItemIDAlreadyExists)
	}
	refused = append(refused, t.channelNameTaken(c)...)
	if refused == nil {
		t.Channels = append(t.Channels, &Channel{Channel: c})
		t.changed(activity.ChannelKind, activity.Created, string(c.ID), c.ID, nil, nil)
	}
	return refused
}

// UpdateChannel puts c in the place of the one that has its id.
func (t *Tenant) UpdateChannel(c activity.Channel) (refused []activity.Code) {
	old := t.Channel(c.ID)
	if old == nil {
		refused = append(refused, activity.CodeUnknownChannel)
	}
	refused = append(refused, t.channelNameTaken(c)...)
	if refused == nil {
		c.Created = old.Created
		old.Channel = c
		t.changed(activity.ChannelKind, activity.Updated, string(c.ID), c.ID, nil, nil)
	}
	return refused
}

func (t *Tenant) channelNameTaken(c activity.Channel) []activity.Code {
	for _, other := range t.Channels {
		if other.ID != c.ID && other.Name == c.Name {
			return []activity.Code{activity.CodeItemNameAlreadyExists}
		}
	}
	return nil
}

// DeleteChannel removes the channel and all in it.
func (t *Tenant) DeleteChannel(id activity.ChannelID) (refused []activity.Code) {
	if t.Channel(id) == nil {
		return []activity.Code{activity.CodeUnknownChannel}
	}
	t.Channels = slices.DeleteFunc(t.Channels, func(c *Channel) bool { return c.ID == id })
	t.changed(activity.ChannelKind, activity.Deleted, string(id), id, nil, nil)
	return nil
}

func (t *Tenant) changed(kind activity.Kind, action activity.Action, item string, channel activity.ChannelID, before, after activity.Chain) {
	t.Changes = append(t.Changes, activity.Change{Kind: kind, Action: action, Item: item, Channel: channel, Before: before, After: after})
}

// CreateAccess adds a.
func (t *Tenant) CreateAccess(a activity.Access) (refused []activity.Code) {
	if slices.ContainsFunc(t.Accesses, func(other activity.Access) bool { return other.ID == a.ID }) {
		refused = append(refused, activity.CodeItemIDAlreadyExists)
	}
	refused = append(refused, t.accessTaken(a)...)
	if refused == nil {
		t.Accesses = append(t.Accesses, a)
		t.changed(activity.AccessKind, activity.Created, string(a.ID), "", nil, nil)
	}
	return refused
}

// UpdateAccess puts a in the place of the one that has its id.
func (t *Tenant) UpdateAccess(a activity.Access) (refused []activity.Code) {
	at := slices.IndexFunc(t.Accesses, func(other activity.Access) bool { return other.ID == a.ID })
	if at < 0 {
		refused = append(refused, activity.CodeUnknownAccess)
	}
	refused = append(refused, t.accessTaken(a)...)
	if refused == nil {
		t.Accesses[at] = a
		t.changed(activity.AccessKind, activity.Updated, string(a.ID), "", nil, nil)
	}
	return refused
}

// DeleteAccess removes the access.
func (t *Tenant) DeleteAccess(id activity.AccessID) (refused []activity.Code) {
	left := slices.DeleteFunc(slices.Clone(t.Accesses), func(a activity.Access) bool { return a.ID == id })
	if len(left) == len(t.Accesses) {
		return []activity.Code{activity.CodeUnknownAccess}
	}
	t.Accesses = left
	t.changed(activity.AccessKind, activity.Deleted, string(id), "", nil, nil)
	return nil
}

func (t *Tenant) accessTaken(a activity.Access) (refused []activity.Code) {
	for _, other := range t.Accesses {
		if other.ID == a.ID {
			continue
		}
		if other.Type == a.Type && other.DeviceName == a.DeviceName && other.Name == a.Name {
			refused = append(refused, activity.CodeItemNameAlreadyExists)
		}
		for _, token := range a.Tokens {
			if slices.Contains(other.Tokens, token) {
				refused = append(refused, activity.CodeItemIDAlreadyExists)
			}
		}
	}
	return refused
}
