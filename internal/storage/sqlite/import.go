package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sync"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/keys"
	"github.com/activityd/activityd/internal/storage/transfer"
	"github.com/activityd/activityd/migrations"
)

// importRows is how many events are stored in one transaction.
const importRows = 2000

// importPages is how much of the file the importer keeps in memory.
const importPages = 128 << 20

// Import fills a new store, for transfer. Its connection is used by one goroutine
// at a time.
type Import struct {
	*Export
	mu   sync.Mutex
	conn *conn
}

var _ transfer.Target = (*Import)(nil)

// OpenImport opens the data folder to be filled, and makes the store where there
// is none. It refuses a folder that a server has open, and a store of another
// schema than this activityd's.
func OpenImport(ctx context.Context, dir string) (*Import, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("storage/sqlite: cannot make the data folder: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, fileName)
	c, epoch, err := openEmpty(ctx, path)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	v := &Import{Export: newExport(path, lock), conn: c}
	v.epoch = epoch
	return v, nil
}

// openEmpty opens the file without changing one of another schema.
func openEmpty(ctx context.Context, path string) (*conn, string, error) {
	s, err := schema(migrations.SQLite)
	if err != nil {
		return nil, "", err
	}
	if err := makeFile(path); err != nil {
		return nil, "", err
	}
	c, err := openConn(path)
	if err != nil {
		return nil, "", failure("open "+path, err)
	}
	version, err := checkFile(c, path, len(s.Migrations))
	if err := errors.Join(err, c.Close()); err != nil {
		return nil, "", err
	}
	if version != 0 && version != len(s.Migrations) {
		return nil, "", errNotEmpty(path)
	}
	if c, err = openWriter(ctx, path, Options{PageCache: importPages, Migrations: migrations.SQLite}); err != nil {
		return nil, "", err
	}
	// A crash of the machine may take away what was stored last, and the notes
	// on it: the copy goes on from there. Finish makes all of it last.
	err = c.exec("PRAGMA synchronous = NORMAL")
	var m meta
	if err == nil {
		m, err = readMeta(c)
	}
	if err != nil {
		return nil, "", errors.Join(failure("open "+path, err), c.Close())
	}
	return c, m.epoch, nil
}

func errNotEmpty(path string) error {
	return fmt.Errorf("storage/sqlite: %s has data already, which would be overwritten: name a folder without a store", path)
}

// Close ends the import, finished or not.
func (v *Import) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return errors.Join(v.conn.Close(), v.Export.Close())
}

// transact runs fn in a transaction.
func (v *Import) transact(ctx context.Context, op string, fn func(*conn) error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := v.conn.exec("BEGIN IMMEDIATE"); err != nil {
		return failure(op, err)
	}
	err := fn(v.conn)
	if err == nil {
		err = v.conn.exec("COMMIT")
	}
	if err != nil && !v.conn.AutocommitEnabled() {
		err = errors.Join(err, v.conn.exec("ROLLBACK"))
	}
	return failure(op, err)
}

// PutUser stores a user.
func (v *Import) PutUser(ctx context.Context, a *transfer.Account, events iter.Seq2[*transfer.Event, error]) error {
	var channels map[activity.ChannelID]*keys.Channel
	err := v.transact(ctx, "store a user", func(c *conn) (err error) {
		channels, err = importAccount(c, a)
		return err
	})
	if err != nil {
		return err
	}
	batch := make([]transfer.Event, 0, importRows)
	put := func() error {
		err := v.transact(ctx, "store events", func(c *conn) error {
			for i := range batch {
				if err := importEvent(c, channels[batch[i].ChannelID], &batch[i]); err != nil {
					return err
				}
			}
			return nil
		})
		batch = batch[:0]
		return err
	}
	for e, err := range events {
		if err != nil {
			return err
		}
		if batch = append(batch, *e); len(batch) == importRows {
			if err := put(); err != nil {
				return err
			}
		}
	}
	return put()
}

// importAccount stores a user, and gives the keys of the channels.
func importAccount(c *conn, a *transfer.Account) (map[activity.ChannelID]*keys.Channel, error) {
	u := &a.User
	err := c.exec(`INSERT INTO users (id, username, email, language, display_name, password_hash, disabled, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		string(u.ID), string(u.Username), u.Email, u.LanguageCode, u.DisplayName, u.PasswordHash, u.Disabled, u.Created)
	if err != nil {
		return nil, err
	}
	user := c.LastInsertRowID()
	if err := c.exec("INSERT INTO heads (user_key, seq, modified, revision) VALUES (?, ?, ?, 1)", user, int64(a.Seq), a.Modified); err != nil {
		return nil, err
	}
	for _, v := range a.Profiles {
		if err := c.exec("INSERT INTO profiles (user_key, name, object) VALUES (?, ?, ?)", user, v.Name, text(v.Object)); err != nil {
			return nil, err
		}
	}
	for _, v := range a.Sessions {
		err := c.exec("INSERT INTO sessions (user_key, id, app_id, user_agent, created, expires) VALUES (?, ?, ?, ?, ?, ?)",
			user, string(v.ID), v.AppID, v.UserAgent, v.Created, v.Expires)
		if err != nil {
			return nil, err
		}
	}
	for _, v := range a.Accesses {
		if err := importAccess(c, user, &v); err != nil {
			return nil, err
		}
	}
	return importChannels(c, user, a)
}

func importAccess(c *conn, user int64, v *activity.Access) error {
	permissions, err := json.Marshal(v.Permissions)
	if err != nil {
		return err
	}
	return c.exec(`INSERT INTO accesses (user_key, id, type, name, device_name, permissions, permissions_seq, tokens, created, created_by, modified, expires, last_used)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		user, string(v.ID), string(v.Type), v.Name, v.DeviceName, text(permissions), int64(v.PermissionsSeq),
		keys.JoinTokens(v.Tokens), v.Created, v.CreatedBy, v.Modified, v.Expires, v.LastUsed)
}

func importChannels(c *conn, user int64, a *transfer.Account) (map[activity.ChannelID]*keys.Channel, error) {
	channels := map[activity.ChannelID]*keys.Channel{}
	for _, v := range a.Channels {
		err := c.exec(`INSERT INTO channels (user_key, id, name, enforce_no_overlap, client_data, trashed, created, modified) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			user, string(v.ID), v.Name, v.EnforceNoEventsOverlap, text(v.ClientData), v.Trashed, v.Created, v.Modified)
		if err != nil {
			return nil, err
		}
		channels[v.ID] = keys.New(c.LastInsertRowID())
	}
	for _, v := range a.Folders {
		in := channels[v.ChannelID]
		var parent any
		if v.ParentID != "" {
			parent = string(v.ParentID)
		}
		err := c.exec(`INSERT INTO folders (channel_key, id, name, parent, hidden, client_data, trashed, created, modified) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			in.Key, string(v.ID), v.Name, parent, v.Hidden, text(v.ClientData), v.Trashed, v.Created, v.Modified)
		if err != nil {
			return nil, err
		}
		in.Add(v.ID, c.LastInsertRowID())
	}
	return channels, nil
}

func importEvent(c *conn, in *keys.Channel, e *transfer.Event) error {
	id, ok := keys.PackID(e.ID)
	if _, known := in.Folders[e.FolderID]; !ok || e.FolderID != "" && !known {
		return fmt.Errorf("the event %q is not as a store has them", e.ID)
	}
	if e.Deleted != nil {
		return c.exec(`INSERT INTO events (channel_key, time, id, trashed, modified, deleted, created, chain) VALUES (?, ?, ?, 0, ?, ?, ?, ?)`,
			in.Key, e.Time, id, e.Modified, e.Deleted, e.Created, appendChain(e.Chain))
	}
	s, err := c.stmt(insertEvent)
	if err != nil {
		return err
	}
	if err := bindEvent(s, in, id, &e.Event, e.Modified); err != nil {
		return err
	}
	s.BindFloat(lastUpdated+1, float64(e.Created))
	s.BindText(lastUpdated+2, e.CreatedBy)
	if err := run(s, nil); err != nil {
		return err
	}
	if e.Request == nil {
		return nil
	}
	return keepRequest(c, in, id, e.Request, e.Request.Modified)
}
