package sqlite

import (
	"context"
	"encoding/json"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
)

const selectEvent = "SELECT " + eventColumns + " FROM events e INDEXED BY events_id WHERE e.channel_key = ? AND e.id = ?"

// Event gives one event.
func (r *reads) Event(ctx context.Context, channel activity.ChannelID, id activity.EventID) (activity.Event, error) {
	c, err := r.conn(ctx)
	if err != nil {
		return activity.Event{}, err
	}
	in, err := r.container(channel)
	if err != nil {
		return activity.Event{}, err
	}
	packed, ok := keys.PackID(id)
	if !ok {
		return activity.Event{}, storage.UnknownEvent(id)
	}
	var e activity.Event
	found := false
	err = c.query(selectEvent, func(s *sqlite.Stmt) error {
		e, err = readEvent(s, channel, in)
		found = e.Deleted == nil
		return err
	}, in.Key, packed)
	if err != nil {
		return activity.Event{}, failure("read an event", err)
	}
	if !found {
		return activity.Event{}, storage.UnknownEvent(id)
	}
	return e, nil
}

const selectLinked = `SELECT 1 FROM events INDEXED BY events_modified
	WHERE channel_key = ? AND folder_key IN (SELECT value FROM json_each(?)) LIMIT 1`

// HasEvents reports whether an event is linked to one of the folders.
func (r *reads) HasEvents(ctx context.Context, channel activity.ChannelID, folders []activity.FolderID) (bool, error) {
	c, err := r.conn(ctx)
	if err != nil {
		return false, err
	}
	in, err := r.container(channel)
	if err != nil {
		return false, err
	}
	found := false
	// Tombstones have no folder.
	err = c.query(selectLinked,
		func(*sqlite.Stmt) error {
			found = true
			return nil
		}, in.Key, jsonKeys(in.Of(folders, false)))
	return found, failure("look for events of folders", err)
}

// The index has all that selects, so that only what is found is read.
// jsonKeys gives keys as one parameter.
func jsonKeys(keys []int64) text {
	if len(keys) == 0 {
		return text("[]")
	}
	b, _ := json.Marshal(keys) // integers: cannot fail
	return b
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

func (u *update) chain(e *activity.Event) activity.Chain {
	return u.account.structure.Tree(e.ChannelID).Chain(e.FolderID)
}

// CreateEvent stores a new event.
func (u *update) CreateEvent(_ context.Context, e *activity.Event, request *storage.Request) error {
	in, err := u.linked(e)
	if err != nil {
		return err
	}
	id, ok := keys.PackID(e.ID)
	if !ok {
		return activity.NewError(activity.CodeInvalidItemID, "The event id %q is no lower-case UUID.", e.ID)
	}
	var created activity.Timestamp
	change := activity.Change{Kind: activity.EventKind, Action: activity.Created, Item: string(e.ID), Channel: e.ChannelID, After: u.chain(e)}
	err = u.write("create an event", change, func(c *conn, h head) error {
		created = h.modified
		s, err := c.stmt(insertEvent)
		if err != nil {
			return err
		}
		if err := bindEvent(s, in, id, e, created); err != nil {
			return err
		}
		s.BindFloat(lastUpdated+1, float64(created))
		s.BindText(lastUpdated+2, e.CreatedBy)
		if err := run(s, nil); err != nil {
			if taken(err) {
				return storage.IDTaken(activity.EventKind, string(e.ID))
			}
			return err
		}
		return keepRequest(c, in, id, request, created)
	})
	if err != nil {
		return err
	}
	e.Created, e.Modified = created, created
	if request != nil {
		request.Modified = created
	}
	return nil
}

// UpdateEvent stores an event.
func (u *update) UpdateEvent(ctx context.Context, e *activity.Event) error {
	in, err := u.linked(e)
	if err != nil {
		return err
	}
	old, err := u.Event(ctx, e.ChannelID, e.ID)
	if err != nil {
		return err
	}
	id, _ := keys.PackID(e.ID)
	var modified activity.Timestamp
	change := activity.Change{Kind: activity.EventKind, Action: activity.Updated, Item: string(e.ID), Channel: e.ChannelID, Before: u.chain(&old), After: u.chain(e)}
	err = u.write("update an event", change, func(c *conn, h head) error {
		modified = h.modified
		s, err := c.stmt(updateEvent)
		if err != nil {
			return err
		}
		if err := bindEvent(s, in, id, e, modified); err != nil {
			return err
		}
		return run(s, nil)
	})
	if err != nil {
		return err
	}
	e.Created, e.CreatedBy, e.Modified = old.Created, old.CreatedBy, modified
	return nil
}

// bury makes a row the tombstone of its event.
const bury = `UPDATE events INDEXED BY events_id SET deleted = ?3, modified = ?3, chain = ?4, folder_key = NULL, trashed = 0, duration = NULL, "end" = NULL,
	type = NULL, tags = NULL, created_by = NULL, modified_by = NULL, description = NULL, attachments = NULL, client_data = NULL, value = NULL
	WHERE channel_key = ?1 AND id = ?2`

// DeleteEvent makes a tombstone of an event.
func (u *update) DeleteEvent(ctx context.Context, channel activity.ChannelID, id activity.EventID) error {
	old, err := u.Event(ctx, channel, id)
	if err != nil {
		return err
	}
	packed, _ := keys.PackID(id)
	chain := u.chain(&old)
	change := activity.Change{Kind: activity.EventKind, Action: activity.Deleted, Item: string(id), Channel: channel, Before: chain}
	return u.write("delete an event", change, func(c *conn, h head) error {
		return c.exec(bury, u.account.channels[channel].Key, packed, h.modified, appendChain(chain))
	})
}

func keepRequest(c *conn, in *keys.Channel, id []byte, r *storage.Request, created activity.Timestamp) error {
	if r == nil {
		return nil
	}
	return c.exec("INSERT INTO requests (channel_key, id, access, hash, time, modified, stopped) VALUES (?, ?, ?, ?, ?, ?, ?)",
		in.Key, id, string(r.Access), r.Hash[:], r.Time, created, string(r.Stopped))
}

// Replay gives the request that created an event under a given id.
func (r *reads) Replay(ctx context.Context, channel activity.ChannelID, id activity.EventID) (storage.Request, bool, error) {
	var request storage.Request
	c, err := r.conn(ctx)
	if err != nil {
		return request, false, err
	}
	in, err := r.container(channel)
	if err != nil {
		return request, false, err
	}
	packed, ok := keys.PackID(id)
	if !ok {
		return request, false, nil
	}
	found := false
	err = c.query(`SELECT r.access, r.hash, r.time, r.modified, r.stopped, e.folder_key
		FROM requests r JOIN events e INDEXED BY events_id ON e.channel_key = r.channel_key AND e.id = r.id AND e.deleted IS NULL
		WHERE r.channel_key = ? AND r.id = ?`,
		func(s *sqlite.Stmt) error {
			_, gone := in.Place(s.ColumnInt64(5))
			found = gone == nil
			request.Access = activity.AccessID(s.ColumnText(0))
			s.ColumnBytes(1, request.Hash[:])
			request.Time = columnTime(s, 2)
			request.Modified = columnTime(s, 3)
			request.Stopped = activity.EventID(s.ColumnText(4))
			return nil
		}, in.Key, packed)
	if err != nil || !found {
		return storage.Request{}, false, failure("read a request", err)
	}
	return request, true, nil
}
