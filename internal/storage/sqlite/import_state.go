package sqlite

import (
	"context"
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/transfer"
)

// Begin makes the store the target of a migration, or goes on with one.
func (v *Import) Begin(ctx context.Context, epoch string) (resumed bool, err error) {
	err = v.transact(ctx, "begin the migration", func(c *conn) error {
		m, err := readMeta(c)
		if err != nil {
			return err
		}
		switch {
		case m.transfer == epoch:
			resumed = true
			return nil
		case m.transfer != "":
			return fmt.Errorf("storage/sqlite: a migration from another store into %s is not finished: finish it, or name another folder", v.path)
		}
		for _, table := range []string{"users", "changes", "signing_keys", "one_time_tokens", "blocked_names"} {
			if n, err := c.integer("SELECT EXISTS (SELECT 1 FROM " + table + ")"); err != nil || n > 0 {
				return errors.Join(errNotEmpty(v.path), err)
			}
		}
		if err := c.exec("CREATE TABLE transfer (id TEXT PRIMARY KEY, note TEXT NOT NULL) STRICT, WITHOUT ROWID"); err != nil {
			return err
		}
		return c.exec("INSERT INTO meta VALUES ('transfer', ?)", epoch)
	})
	return resumed, err
}

// Mark keeps a note on a user who is whole.
func (v *Import) Mark(ctx context.Context, id activity.UserID, note string) error {
	return v.transact(ctx, "note that a user is whole", func(c *conn) error {
		return c.exec("INSERT INTO transfer (id, note) VALUES (?, ?)", string(id), note)
	})
}

// Marked gives the note.
func (v *Import) Marked(ctx context.Context, id activity.UserID) (note string, err error) {
	err = v.readers.snapshot(ctx, "look whether a user is whole", func(c *conn) error {
		return c.query("SELECT note FROM transfer WHERE id = ?", func(s *sqlite.Stmt) error {
			note = s.ColumnText(0)
			return nil
		}, string(id))
	})
	return note, err
}

// Clear removes a user: first the note, last the record by which he is found.
func (v *Import) Clear(ctx context.Context, id activity.UserID) error {
	const ofUser = "(SELECT key FROM users WHERE id = ?1)"
	const channels = "(SELECT key FROM channels WHERE user_key = " + ofUser + ")"
	// What is much is removed in parts, so that the log stays short.
	for more := true; more; {
		err := v.transact(ctx, "remove events", func(c *conn) error {
			if err := c.exec("DELETE FROM transfer WHERE id = ?", string(id)); err != nil {
				return err
			}
			channel, err := c.integer("SELECT channel_key FROM events WHERE channel_key IN "+channels+" LIMIT 1", string(id))
			if more = channel != 0; err != nil || !more {
				return err
			}
			_, err = deleteEvents(c, channel)
			return err
		})
		if err != nil {
			return err
		}
	}
	return v.transact(ctx, "remove a user", func(c *conn) error {
		for _, sql := range []string{
			"DELETE FROM requests WHERE channel_key IN " + channels,
			"DELETE FROM folders WHERE channel_key IN " + channels,
			"DELETE FROM channels WHERE user_key = " + ofUser,
			"DELETE FROM accesses WHERE user_key = " + ofUser,
			"DELETE FROM sessions WHERE user_key = " + ofUser,
			"DELETE FROM profiles WHERE user_key = " + ofUser,
			"DELETE FROM heads WHERE user_key = " + ofUser,
			"DELETE FROM users WHERE id = ?1",
		} {
			if err := c.exec(sql, string(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// PutShared stores what the users have in common.
func (v *Import) PutShared(ctx context.Context, s *transfer.Shared) error {
	return v.transact(ctx, "store keys", func(c *conn) error {
		for _, table := range []string{"signing_keys", "one_time_tokens", "blocked_names"} {
			if err := c.exec("DELETE FROM " + table); err != nil {
				return err
			}
		}
		for _, k := range s.SigningKeys {
			if err := c.exec("INSERT INTO signing_keys (id, secret, created) VALUES (?, ?, ?)", k.ID, k.Secret, k.Created); err != nil {
				return err
			}
		}
		for _, t := range s.Tokens {
			if err := c.exec("INSERT INTO one_time_tokens (token, purpose, expires) VALUES (?, ?, ?)", t.Token[:], t.Purpose, t.Expires); err != nil {
				return err
			}
		}
		for _, n := range s.Blocked {
			if err := c.exec("INSERT INTO blocked_names (name, until) VALUES (?, ?)", n.Name, n.Until); err != nil {
				return err
			}
		}
		return c.exec("UPDATE meta SET value = ? WHERE name = 'key'", s.Key)
	})
}

// Finish makes it a store, and all of it last.
func (v *Import) Finish(ctx context.Context) error {
	v.mu.Lock()
	err := v.conn.exec("PRAGMA synchronous = FULL")
	v.mu.Unlock()
	if err != nil {
		return failure("finish the migration", err)
	}
	return v.transact(ctx, "finish the migration", func(c *conn) error {
		if err := c.exec("DROP TABLE transfer"); err != nil {
			return err
		}
		return c.exec("DELETE FROM meta WHERE name = 'transfer'")
	})
}
