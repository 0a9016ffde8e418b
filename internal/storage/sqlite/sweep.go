package sqlite

import (
	"context"
	"errors"
	"math"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
)

// sweepRows is how many rows one unit of work of the sweep takes.
const sweepRows = 200

// sweepAll removes what was deleted: folders in channels that stand, channels,
// users.
func (s *Store) sweepAll(ctx context.Context, rest func()) error {
	steps := []func(context.Context) (bool, error){s.sweepFolders, s.sweepChannels, s.sweepUsers}
	for _, step := range steps {
		for {
			rest()
			more, err := step(ctx)
			if err != nil {
				return err
			}
			if !more {
				break
			}
			s.counts.Sweeps.Add(1)
		}
	}
	return nil
}

// sweepFolders takes some events out of the gone folders of one channel; more
// is false when no folder is gone.
func (s *Store) sweepFolders(ctx context.Context) (more bool, err error) {
	var f folderSweep
	err = s.readers.snapshot(ctx, "sweep folders", func(c *conn) error {
		more, err = f.find(c)
		return err
	})
	if err != nil || !more {
		return false, err
	}
	for {
		if err := s.readers.snapshot(ctx, "sweep folders", f.fill); err != nil {
			return false, err
		}
		err := s.writer.do(ctx, "sweep folders", func() error { return failure("sweep folders", s.sweepBatch(&f)) }, nil)
		var known *activity.Error
		if errors.As(err, &known) && (known.Code == activity.CodeUnknownUser || known.Code == activity.CodeUnknownChannel) {
			return true, nil // went meanwhile: it is swept as such
		}
		if err != nil || len(f.batch) == 0 {
			return true, err
		}
	}
}

// folderSweep is the work on the gone folders of one channel.
type folderSweep struct {
	user    activity.UserID
	channel activity.ChannelID
	key     int64
	folders []int64 // gone when the sweep began
	origins map[int64]activity.Origin

	from  activity.Timestamp // modified: all before is swept
	batch [][]byte           // ids of events to sweep next
}

func (f *folderSweep) find(c *conn) (found bool, err error) {
	f.from = activity.Timestamp(math.Inf(-1))
	err = c.query(`SELECT u.id, c.id, c.key FROM folders f JOIN channels c ON c.key = f.channel_key JOIN users u ON u.key = c.user_key
		WHERE f.gone IS NOT NULL AND c.gone IS NULL AND u.gone IS NULL LIMIT 1`, func(s *sqlite.Stmt) error {
		f.user, f.channel, f.key = activity.UserID(s.ColumnText(0)), activity.ChannelID(s.ColumnText(1)), s.ColumnInt64(2)
		found = true
		return nil
	})
	if err != nil || !found {
		return false, err
	}
	f.origins = map[int64]activity.Origin{}
	err = c.query("SELECT key, gone_origin FROM folders WHERE channel_key = ? AND gone IS NOT NULL", func(s *sqlite.Stmt) error {
		f.folders = append(f.folders, s.ColumnInt64(0))
		origin, err := parseOrigin(columnBytes(s, 1))
		f.origins[s.ColumnInt64(0)] = origin
		return err
	}, f.key)
	return true, err
}

// fill finds the next events. It looks through the channel on a reader's
// connection, for that may take longer than the writer should be held up.
func (f *folderSweep) fill(c *conn) error {
	f.batch = f.batch[:0]
	return c.query(`SELECT id, modified FROM events INDEXED BY events_modified
		WHERE channel_key = ? AND modified >= ? AND folder_key IN (SELECT value FROM json_each(?)) ORDER BY modified LIMIT ?`,
		func(s *sqlite.Stmt) error {
			f.batch = append(f.batch, columnBytes(s, 0))
			f.from = columnTime(s, 1)
			return nil
		}, f.key, f.from, jsonKeys(f.folders), sweepRows)
}

// sweepBatch sweeps the events of the batch; an empty batch is the end, and
// removes the folders.
func (s *Store) sweepBatch(f *folderSweep) error {
	d, err := s.writer.draft(f.user)
	if err != nil {
		return err
	}
	u := newUpdate(s, d, activity.Origin{})
	defer u.end()
	in, err := u.container(f.channel)
	if err != nil {
		return err
	}
	if in.Key != f.key {
		return storage.UnknownChannel(f.channel)
	}
	for _, id := range f.batch {
		if err := u.sweepEvent(f, in, id); err != nil {
			return err
		}
	}
	if len(f.batch) == 0 {
		if err := u.forgetFolders(f, in); err != nil {
			return err
		}
	}
	return u.keep(d)
}

// sweepEvent makes true in the file what the gone folder already said: the
// event is deleted, or in another folder.
func (u *update) sweepEvent(f *folderSweep, in *keys.Channel, id []byte) error {
	c := u.store.writer.conn
	key, err := c.integer("SELECT folder_key FROM events INDEXED BY events_id WHERE channel_key = ? AND id = ?", in.Key, id)
	if err != nil {
		return err
	}
	was, gone := in.Gone[key]
	if !gone {
		return nil // swept, moved or deleted meanwhile
	}
	to, deleted := in.Place(key)
	if deleted != nil {
		return c.exec(bury, in.Key, id, deleted.At, appendChain(deleted.Chain))
	}
	u.origin = f.origins[key]
	change := activity.Change{Kind: activity.EventKind, Action: activity.Updated, Item: string(keys.UnpackID(id)), Channel: f.channel,
		Before: was.Chain, After: u.account.structure.Tree(f.channel).Chain(to)}
	return u.write("move an event", change, func(c *conn, h head) error {
		var folder any
		if to != "" {
			folder = in.Folders[to]
		}
		return c.exec("UPDATE events INDEXED BY events_id SET folder_key = ?, modified = ? WHERE channel_key = ? AND id = ?", folder, h.modified, in.Key, id)
	})
}

func (u *update) forgetFolders(f *folderSweep, in *keys.Channel) error {
	next := in.Clone()
	for _, key := range f.folders {
		delete(next.Gone, key)
	}
	err := u.store.writer.conn.exec("DELETE FROM folders WHERE key IN (SELECT value FROM json_each(?))", jsonKeys(f.folders))
	if err != nil {
		return err
	}
	u.account = u.account.with(u.account.structure).withChannel(f.channel, next)
	u.changed = true
	return nil
}

// sweepChannels removes some rows of a gone channel.
func (s *Store) sweepChannels(ctx context.Context) (more bool, err error) {
	err = s.writer.do(ctx, "sweep channels", func() error {
		c := s.writer.conn
		key, err := c.integer("SELECT key FROM channels WHERE gone IS NOT NULL LIMIT 1")
		if err == nil && key != 0 {
			more = true
			err = sweepChannel(c, key)
		}
		return failure("sweep channels", err)
	}, nil)
	return more, err
}

func sweepChannel(c *conn, key int64) error {
	rest, err := deleteEvents(c, key)
	if err != nil || rest {
		return err
	}
	return sweepTables(c, key, []string{
		"DELETE FROM requests WHERE channel_key = ?1 AND id IN (SELECT id FROM requests WHERE channel_key = ?1 LIMIT ?2)",
		"DELETE FROM folders WHERE key IN (SELECT key FROM folders WHERE channel_key = ?1 AND gone IS NULL LIMIT ?2)",
		"DELETE FROM folders WHERE key IN (SELECT key FROM folders WHERE channel_key = ?1 AND gone IS NOT NULL LIMIT ?2)",
		"DELETE FROM channels WHERE key = ?1 AND ?2 > 0",
	})
}

// sweepTables runs the statements in order up to the first that removes
// something.
func sweepTables(c *conn, key int64, statements []string) error {
	for _, sql := range statements {
		if err := c.exec(sql, key, sweepRows); err != nil || c.Changes() > 0 {
			return err
		}
	}
	return nil
}

// deleteEvents removes the first events of a channel; rest is true where there
// were any.
func deleteEvents(c *conn, key int64) (rest bool, err error) {
	last := keys.End()
	err = c.query("SELECT time, id FROM events WHERE channel_key = ? ORDER BY time, id LIMIT 1 OFFSET ?", func(s *sqlite.Stmt) error {
		last = keys.Cursor{Time: columnTime(s, 0), ID: columnBytes(s, 1)}
		return nil
	}, key, sweepRows-1)
	if err != nil {
		return false, err
	}
	err = c.exec("DELETE FROM events WHERE channel_key = ? AND (time, id) <= (?, ?)", key, last.Time, last.ID)
	return c.Changes() > 0, err
}

// sweepUsers removes some rows of a gone user. Of the history the deletion
// itself stays, for the feed.
func (s *Store) sweepUsers(ctx context.Context) (more bool, err error) {
	err = s.writer.do(ctx, "sweep users", func() error {
		c := s.writer.conn
		key, err := c.integer("SELECT key FROM users WHERE gone IS NOT NULL LIMIT 1")
		if err != nil || key == 0 {
			return failure("sweep users", err)
		}
		more = true
		channel, err := c.integer("SELECT key FROM channels WHERE user_key = ? LIMIT 1", key)
		if err == nil && channel != 0 {
			err = sweepChannel(c, channel)
		} else if err == nil {
			err = sweepTables(c, key, []string{
				"DELETE FROM accesses WHERE user_key = ?1 AND id IN (SELECT id FROM accesses WHERE user_key = ?1 LIMIT ?2)",
				"DELETE FROM sessions WHERE user_key = ?1 AND id IN (SELECT id FROM sessions WHERE user_key = ?1 LIMIT ?2)",
				"DELETE FROM profiles WHERE user_key = ?1 AND name IN (SELECT name FROM profiles WHERE user_key = ?1 LIMIT ?2)",
				`DELETE FROM changes WHERE id IN (SELECT id FROM changes WHERE user_key = ?1 AND NOT (kind = 'user' AND action = 'deleted') LIMIT ?2)`,
				"DELETE FROM users WHERE key = ?1 AND ?2 > 0",
			})
		}
		return failure("sweep users", err)
	}, nil)
	return more, err
}
