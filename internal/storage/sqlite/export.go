package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/transfer"
	"github.com/activityd/activityd/migrations"
)

// Export reads a whole store, for transfer.
type Export struct {
	path    string
	lock    *os.File
	readers *readers
	epoch   string
}

var _ transfer.Source = (*Export)(nil)

// exportReaders is how many users may be read at the same time, and more.
const exportReaders = 12

// OpenExport opens the store in a data folder to be read. It refuses a folder
// that has none, one that a server has open, a store that a migration has not
// finished, and one of another schema than this activityd's.
func OpenExport(ctx context.Context, dir string) (*Export, error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("storage/sqlite: there is no store in %s: %s is not there", dir, fileName)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	x := newExport(path, lock)
	if err := x.check(ctx); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return x, nil
}

func newExport(path string, lock *os.File) *Export {
	return &Export{path: path, lock: lock, readers: newReaders(path, exportReaders)}
}

func (x *Export) check(ctx context.Context) error {
	s, err := schema(migrations.SQLite)
	if err != nil {
		return err
	}
	return x.readers.snapshot(ctx, "read "+x.path, func(c *conn) error {
		if err := checkVersion(c); err != nil {
			return err
		}
		version, err := checkFile(c, x.path, len(s.Migrations))
		if err != nil {
			return err
		}
		if version < len(s.Migrations) {
			return fmt.Errorf("storage/sqlite: %s has an older schema: start this activityd on it once", x.path)
		}
		return x.readMeta(c)
	})
}

func (x *Export) readMeta(c *conn) error {
	m, err := readMeta(c)
	if err == nil {
		err = m.finished()
	}
	x.epoch = m.epoch
	return err
}

// Close ends the export.
func (x *Export) Close() error { return errors.Join(x.readers.close(), x.lock.Close()) }

// Epoch names the store.
func (x *Export) Epoch() string { return x.epoch }

// Size gives how many users there are, and about how many events.
func (x *Export) Size(ctx context.Context) (users, events int64, err error) {
	err = x.readers.snapshot(ctx, "count", func(c *conn) error {
		if users, err = c.integer("SELECT count(*) FROM users WHERE gone IS NULL"); err != nil {
			return err
		}
		events, err = c.integer("SELECT count(*) FROM events")
		return err
	})
	return users, events, err
}

// Shared gives what the users have in common.
func (x *Export) Shared(ctx context.Context) (*transfer.Shared, error) {
	v := &transfer.Shared{}
	err := x.readers.snapshot(ctx, "export keys", func(c *conn) error {
		m, err := readMeta(c)
		if err != nil {
			return err
		}
		v.Key = m.key
		err = c.query("SELECT id, secret, created FROM signing_keys ORDER BY id", func(s *sqlite.Stmt) error {
			v.SigningKeys = append(v.SigningKeys, storage.SigningKey{ID: s.ColumnText(0), Secret: columnBytes(s, 1), Created: columnTime(s, 2)})
			return nil
		})
		if err != nil {
			return err
		}
		err = c.query("SELECT purpose, token, expires FROM one_time_tokens ORDER BY purpose", func(s *sqlite.Stmt) error {
			t := transfer.OneTimeToken{Purpose: s.ColumnText(0), Expires: columnTime(s, 2)}
			s.ColumnBytes(1, t.Token[:])
			v.Tokens = append(v.Tokens, t)
			return nil
		})
		if err != nil {
			return err
		}
		return c.query("SELECT name, until FROM blocked_names ORDER BY name", func(s *sqlite.Stmt) error {
			v.Blocked = append(v.Blocked, transfer.BlockedName{Name: columnBytes(s, 0), Until: columnTime(s, 1)})
			return nil
		})
	})
	return v, err
}

// Users gives the ids of all users, in pages.
func (x *Export) Users(ctx context.Context) iter.Seq2[activity.UserID, error] {
	return func(yield func(activity.UserID, error) bool) {
		for last := ""; ; {
			page := make([]string, 0, usersPage)
			err := x.readers.snapshot(ctx, "export users", func(c *conn) error {
				return c.query("SELECT id FROM users WHERE id > ? AND gone IS NULL ORDER BY id LIMIT ?", func(s *sqlite.Stmt) error {
					page = append(page, s.ColumnText(0))
					return nil
				}, last, usersPage)
			})
			if err != nil {
				yield("", err)
				return
			}
			for _, id := range page {
				if !yield(activity.UserID(id), nil) {
					return
				}
				last = id
			}
			if len(page) < usersPage {
				return
			}
		}
	}
}

// User gives a user, as the sweep would leave him.
func (x *Export) User(ctx context.Context, id activity.UserID) (v *transfer.Account, events iter.Seq2[*transfer.Event, error], err error) {
	var a *account
	var from transfer.Moves
	err = x.readers.snapshot(ctx, "export a user", func(c *conn) error {
		var h head
		if a, h, err = loadAccount(c, id); err != nil {
			return err
		}
		if a == nil {
			return storage.UnknownUser()
		}
		profiles, err := exportProfiles(c, a.key)
		if err != nil {
			return err
		}
		n, err := countMoves(c, a)
		from = transfer.Moves{Seq: h.seq, Modified: h.modified}
		to := from.Skip(n)
		v = transfer.NewAccount(a.structure, to.Seq, to.Modified, profiles)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return v, func(yield func(*transfer.Event, error) bool) {
		err := x.readers.snapshot(ctx, "export events", func(c *conn) error {
			e := exporting{conn: c, account: a, moves: from, yield: yield}
			for _, channel := range v.Channels {
				if err := e.channel(channel.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}, nil
}

func exportProfiles(c *conn, user int64) (profiles []transfer.Profile, err error) {
	err = c.query("SELECT name, object FROM profiles WHERE user_key = ?", func(s *sqlite.Stmt) error {
		profiles = append(profiles, transfer.Profile{Name: s.ColumnText(0), Object: columnBytes(s, 1)})
		return nil
	}, user)
	return profiles, err
}

// countMoves gives how many events the sweep has still to move out of folders
// that were merged.
func countMoves(c *conn, a *account) (int, error) {
	moves := int64(0)
	for _, in := range a.channels {
		merged := in.Merged()
		if len(merged) == 0 {
			continue
		}
		n, err := c.integer(`SELECT count(*) FROM events INDEXED BY events_modified
			WHERE channel_key = ? AND folder_key IN (SELECT value FROM json_each(?))`, in.Key, jsonKeys(merged))
		if err != nil {
			return 0, err
		}
		moves += n
	}
	return int(moves), nil
}

// exporting is a user whose events are being read.
type exporting struct {
	conn    *conn
	account *account
	moves   transfer.Moves
	event   transfer.Event
	yield   func(*transfer.Event, error) bool
}

const exportEvents = "SELECT " + eventColumns + `, e.chain, r.access, r.hash, r.time, r.modified, r.stopped
	FROM events e LEFT JOIN requests r ON r.channel_key = e.channel_key AND r.id = e.id
	WHERE e.channel_key = ? ORDER BY e.time, e.id`

// channel gives the events of a channel; errStop where no more are wanted.
func (x *exporting) channel(id activity.ChannelID) error {
	in := x.account.channels[id]
	stopped := false
	err := x.conn.query(exportEvents, func(s *sqlite.Stmt) (err error) {
		if x.event.Event, err = readEvent(s, id, in); err != nil {
			return err
		}
		x.event.Chain, x.event.Request = nil, nil
		_, folderGone := in.Gone[s.ColumnInt64(2)]
		switch {
		case x.event.Deleted != nil:
			x.event.Time, x.event.Created = columnTime(s, 1), columnTime(s, 9)
			if x.event.Chain, err = parseChain(columnBytes(s, 17)); err != nil {
				return err
			}
			if folderGone {
				_, gone := in.Place(s.ColumnInt64(2))
				x.event.Chain = slices.Clone(gone.Chain)
			}
		case folderGone:
			x.moves = x.moves.Next()
			x.event.Modified = x.moves.Modified
			fallthrough
		default:
			x.event.Request = exportRequest(s)
		}
		if stopped = !x.yield(&x.event, nil); stopped {
			return errStop
		}
		return nil
	}, in.Key)
	if err == nil && stopped {
		return errStop
	}
	return err
}

func exportRequest(s *sqlite.Stmt) *storage.Request {
	if s.ColumnIsNull(18) {
		return nil
	}
	r := &storage.Request{
		Access: activity.AccessID(s.ColumnText(18)), Time: columnTime(s, 20), Modified: columnTime(s, 21),
		Stopped: activity.EventID(s.ColumnText(22)),
	}
	s.ColumnBytes(19, r.Hash[:])
	return r
}
