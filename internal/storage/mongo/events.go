package mongo

import (
	"context"
	"encoding/binary"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
)

// eventKey tells a user's events apart.
func eventKey(channel int64, packed []byte) string {
	return string(append(binary.BigEndian.AppendUint64(nil, uint64(channel)), packed...)) //nolint:gosec // keys are positive
}

// stored gives an event as it is stored; nil for an unknown one.
func (r *reads) stored(ctx context.Context, in *keys.Channel, channel activity.ChannelID, packed []byte) (*stored, error) {
	within, err := r.readingOne(ctx)
	if err != nil {
		return nil, err
	}
	if r.chain != nil {
		if s, ok := r.chain.writes[eventKey(in.Key, packed)]; ok {
			return s, nil
		}
	}
	doc, err := r.store.events.FindOne(within, byID(eventID(r.user, in.Key, packed))).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	if err != nil {
		return nil, r.failed(ctx, "read an event", err)
	}
	return readStored(doc, channel)
}

// live gives an event that is not deleted, with its keys. CodeUnknownChannel,
// CodeUnknownEvent.
func (r *reads) live(ctx context.Context, channel activity.ChannelID, id activity.EventID) (s *stored, e activity.Event, in *keys.Channel, err error) {
	if r.ended {
		return nil, e, nil, errEnded
	}
	if in, err = r.container(channel); err != nil {
		return nil, e, nil, err
	}
	packed, ok := keys.PackID(id)
	if !ok {
		return nil, e, nil, unknownEvent(id)
	}
	if s, err = r.stored(ctx, in, channel, packed); err != nil {
		return nil, e, nil, err
	}
	if s == nil {
		return nil, e, nil, unknownEvent(id)
	}
	if e = s.as(in); e.Deleted != nil {
		return nil, activity.Event{}, nil, unknownEvent(id)
	}
	return s, e, in, nil
}

// Event gives one event.
func (r *reads) Event(ctx context.Context, channel activity.ChannelID, id activity.EventID) (activity.Event, error) {
	_, e, _, err := r.live(ctx, channel, id)
	return e, err
}

// HasEvents reports whether an event is linked to one of the folders.
func (r *reads) HasEvents(ctx context.Context, channel activity.ChannelID, folders []activity.FolderID) (bool, error) {
	in, err := r.container(channel)
	if err != nil {
		return false, err
	}
	within, err := r.querying(ctx, in.Key)
	if err != nil {
		return false, err
	}
	// Tombstones have no folder.
	filter := append(inChannel(r.user, in.Key), bson.E{Key: "folder", Value: bson.D{{Key: "$in", Value: in.Of(folders, false)}}})
	err = r.store.events.FindOne(within, filter, options.FindOne().SetHint("modified").SetProjection(byOwnID)).Err()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, nil
	}
	return err == nil, r.failed(ctx, "look for events of folders", err)
}

// Replay gives the request that created an event under a given id.
func (r *reads) Replay(ctx context.Context, channel activity.ChannelID, id activity.EventID) (storage.Request, bool, error) {
	if _, err := r.reading(ctx); err != nil { // that it is unknown is no error here
		return storage.Request{}, false, err
	}
	s, _, _, err := r.live(ctx, channel, id)
	switch {
	case errors.Is(err, activity.NewError(activity.CodeUnknownEvent, "")):
		return storage.Request{}, false, nil
	case err != nil || s.request == nil:
		return storage.Request{}, false, err
	}
	return *s.request, true, nil
}

// linked gives the channel's keys, and fails where the event's folder is not
// in it.
func (u *update) linked(e *activity.Event) (*keys.Channel, error) {
	in, err := u.container(e.ChannelID)
	if err != nil {
		return nil, err
	}
	if _, ok := in.Folders[e.FolderID]; e.FolderID != "" && !ok {
		return nil, activity.UnknownFolders(e.FolderID)
	}
	return in, nil
}

func (u *update) chainOf(e *activity.Event) activity.Chain {
	return u.account.structure.Tree(e.ChannelID).Chain(e.FolderID)
}

// eventOp gives the op that stores an event.
func (u *update) eventOp(channel int64, packed []byte, s *stored) op {
	doc := s.append(make([]byte, 0, 512+len(s.event.Value)+len(s.event.ClientData)), u.user, channel, packed)
	return op{
		write: write{coll: u.store.events, id: eventID(u.user, channel, packed), key: eventKey(channel, packed), doc: bson.Raw(doc)},
		event: s, channel: channel, size: len(doc),
	}
}

// CreateEvent stores a new event. Whether its id is free shows when the unit is
// committed, but where that is in doubt.
func (u *update) CreateEvent(ctx context.Context, e *activity.Event, request *storage.Request) error {
	in, err := u.linked(e)
	if err != nil {
		return err
	}
	packed, ok := keys.PackID(e.ID)
	if !ok {
		return activity.NewError(activity.CodeInvalidItemID, "The event id %q is no lower-case UUID.", e.ID)
	}
	_, written := u.chain.writes[eventKey(in.Key, packed)]
	if written || u.careful || request != nil {
		there, err := u.stored(ctx, in, e.ChannelID, packed)
		if err != nil {
			return err
		}
		if there != nil {
			return idTaken("event", string(e.ID))
		}
	} else {
		u.hoped = true
	}
	at := u.next().modified
	s := &stored{event: cloneEvent(e), folder: in.Folders[e.FolderID]}
	s.event.Created, s.event.Modified = at, at
	if request != nil {
		kept := *request
		kept.Modified = at
		s.request = &kept
	}
	o := u.eventOp(in.Key, packed, s)
	o.insert = true
	change := activity.Change{Kind: activity.EventKind, Action: activity.Created, Item: string(e.ID), Channel: e.ChannelID, After: u.chainOf(e)}
	if err := u.write(change, u.account, o); err != nil {
		return err
	}
	e.Created, e.Modified = at, at
	if request != nil {
		request.Modified = at
	}
	return nil
}

// UpdateEvent stores an event.
func (u *update) UpdateEvent(ctx context.Context, e *activity.Event) error {
	in, err := u.linked(e)
	if err != nil {
		return err
	}
	old, was, _, err := u.live(ctx, e.ChannelID, e.ID)
	if err != nil {
		return err
	}
	at := u.next().modified
	s := &stored{event: cloneEvent(e), folder: in.Folders[e.FolderID], request: old.request}
	s.event.Created, s.event.CreatedBy, s.event.Modified = was.Created, was.CreatedBy, at
	packed, _ := keys.PackID(e.ID)
	change := activity.Change{Kind: activity.EventKind, Action: activity.Updated, Item: string(e.ID), Channel: e.ChannelID, Before: u.chainOf(&was), After: u.chainOf(e)}
	if err := u.write(change, u.account, u.eventOp(in.Key, packed, s)); err != nil {
		return err
	}
	e.Created, e.CreatedBy, e.Modified = was.Created, was.CreatedBy, at
	return nil
}

// DeleteEvent makes a tombstone of an event.
func (u *update) DeleteEvent(ctx context.Context, channel activity.ChannelID, id activity.EventID) error {
	old, was, in, err := u.live(ctx, channel, id)
	if err != nil {
		return err
	}
	packed, _ := keys.PackID(id)
	chain := u.chainOf(&was)
	change := activity.Change{Kind: activity.EventKind, Action: activity.Deleted, Item: string(id), Channel: channel, Before: chain}
	return u.write(change, u.account, u.eventOp(in.Key, packed, old.buried(u.next().modified, chain)))
}

// cloneEvent gives a copy that shares nothing that its caller may change.
func cloneEvent(e *activity.Event) activity.Event {
	next := *e
	next.Deleted = nil
	next.Tags = append([]string{}, e.Tags...)
	next.Attachments = append([]activity.Attachment(nil), e.Attachments...)
	next.Value = append(activity.Value(nil), e.Value...)
	next.ClientData = append(activity.Object(nil), e.ClientData...)
	if e.Description != nil {
		text := *e.Description
		next.Description = &text
	}
	if e.ExactEnd != nil {
		at := *e.ExactEnd
		next.ExactEnd = &at
	}
	return next
}
