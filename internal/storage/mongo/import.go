package mongo

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/keys"
	"github.com/activityd/activityd/internal/storage/transfer"
)

// Bounds of what is stored at once.
const (
	importRows  = 2000
	importBytes = 4 << 20
)

// importing is a user who is being stored.
type importing struct {
	store    *Store
	user     activity.UserID
	last     int64 // key that was given
	channels map[activity.ChannelID]*keys.Channel
}

// account stores all but the events.
func (i *importing) account(ctx context.Context, a *transfer.Account) error {
	docs := []any{userDocOf(&a.User)}
	for n := range a.Channels {
		c := &a.Channels[n]
		i.last++
		i.channels[c.ID] = keys.New(i.last)
		docs = append(docs, channelDocOf(i.user, i.last, c))
	}
	for n := range a.Folders {
		f := &a.Folders[n]
		i.last++
		in := i.channels[f.ChannelID]
		in.Add(f.ID, i.last)
		docs = append(docs, folderDocOf(i.user, in.Key, i.last, f))
	}
	for n := range a.Accesses {
		v := &a.Accesses[n]
		d, err := accessDocOf(i.user, v)
		if err != nil {
			return err
		}
		docs = append(docs, d)
		if v.LastUsed != nil {
			docs = append(docs, bson.D{{Key: "_id", Value: itemID(i.user, useKind, string(v.ID))}, {Key: "at", Value: *v.LastUsed}})
		}
	}
	for n := range a.Sessions {
		docs = append(docs, sessionDocOf(i.user, &a.Sessions[n]))
	}
	head := headDoc{ID: string(i.user), Seq: int64(a.Seq), Modified: a.Modified, Revision: 1, Keys: i.last}
	if _, err := i.store.heads.InsertOne(ctx, head); err != nil {
		return err
	}
	if _, err := i.store.structure.InsertMany(ctx, docs, unordered); err != nil {
		return err
	}
	for _, p := range a.Profiles {
		id := profileID(i.user, p.Name)
		_, err := i.store.profiles.InsertOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "object", Value: jsonText(p.Object)}})
		if err != nil {
			return err
		}
	}
	return nil
}

// events stores events in batches. While the database takes one, the next is
// read.
func (i *importing) events(ctx context.Context, events iter.Seq2[*transfer.Event, error]) error {
	var batch []any
	size := 0
	taking := make(chan error, 1)
	taking <- nil
	put := func() error {
		if err := <-taking; err != nil {
			taking <- nil
			return err
		}
		docs := batch
		batch, size = nil, 0
		go func() {
			var err error
			if len(docs) > 0 {
				_, err = i.store.events.InsertMany(ctx, docs, unordered)
			}
			taking <- err
		}()
		return nil
	}
	for e, err := range events {
		var doc bson.Raw
		if err == nil {
			doc, err = i.event(e)
		}
		if err == nil {
			batch, size = append(batch, doc), size+len(doc)
			if len(batch) >= importRows || size >= importBytes {
				err = put()
			}
		}
		if err != nil {
			return errors.Join(err, <-taking)
		}
	}
	if err := put(); err != nil {
		return err
	}
	return <-taking
}

// event gives an event's document.
func (i *importing) event(e *transfer.Event) (bson.Raw, error) {
	in := i.channels[e.ChannelID]
	packed, ok := keys.PackID(e.ID)
	folder, known := in.Folders[e.FolderID]
	if !ok || e.FolderID != "" && !known {
		return nil, fmt.Errorf("the event %q is not as a store has them", e.ID)
	}
	s := stored{event: e.Event, folder: folder, chain: e.Chain, request: e.Request}
	return s.append(make([]byte, 0, 512+len(e.Value)+len(e.ClientData)), i.user, in.Key, packed), nil
}
