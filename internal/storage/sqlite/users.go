package sqlite

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"iter"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// users keeps who the tenants are.
type users struct{ store *Store }

// keyed gives a hash by which a text is found again, but not found out.
func (s *Store) keyed(kind, value string) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(kind + "\x00" + value))
	return h.Sum(nil)
}

// CreateUser stores a new user.
func (u users) CreateUser(ctx context.Context, v *activity.User, invitation *activity.TokenHash) error {
	return u.store.write(ctx, "create a user", func(c *conn) error {
		now := u.store.writer.now
		blocked, err := u.blocked(c, v.Username, now)
		if err != nil {
			return err
		}
		if blocked {
			return storage.IDTaken(activity.UserKind, string(v.Username))
		}
		if invitation != nil {
			if err := takeToken(c, *invitation, now); err != nil {
				return err
			}
		}
		v.Created = now.After(0)
		return insertUser(c, v)
	})
}

func takeToken(c *conn, token activity.TokenHash, now activity.Timestamp) error {
	if err := c.exec("DELETE FROM one_time_tokens WHERE token = ? AND expires > ?", token[:], now); err != nil {
		return err
	}
	if c.Changes() == 0 {
		return activity.NewError(activity.CodeInvalidAccessToken, "This invitation is used up or has expired: ask for another.")
	}
	return nil
}

func insertUser(c *conn, v *activity.User) error {
	err := c.exec(`INSERT INTO users (id, username, email, language, display_name, password_hash, disabled, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		string(v.ID), string(v.Username), v.Email, v.LanguageCode, v.DisplayName, v.PasswordHash, v.Disabled, v.Created)
	if taken(err) {
		return storage.IDTaken(activity.UserKind, string(v.Username))
	}
	if err != nil {
		return err
	}
	key := c.LastInsertRowID()
	if err := c.exec("INSERT INTO heads (user_key, seq, modified, revision) VALUES (?, 1, ?, 1)", key, v.Created); err != nil {
		return err
	}
	return appendChange(c, key, &activity.Change{
		User: v.ID, Seq: 1, Kind: activity.UserKind, Action: activity.Created, Item: string(v.ID), Time: v.Created,
	})
}

// UserByName gives the user of a name.
func (u users) UserByName(ctx context.Context, name activity.Username) (activity.User, error) {
	if id, ok := u.store.cache.UserOf(name); ok {
		if a, trusted, _ := u.store.cache.Get(id); a != nil && trusted {
			if err := u.store.enter(); err != nil {
				return activity.User{}, err
			}
			u.store.leave()
			return a.structure.User(), nil
		}
	}
	var user activity.User
	found := false
	err := u.store.read(ctx, "read a user", func(c *conn) error {
		return c.query("SELECT "+userColumns+" FROM users u WHERE u.username = ?", func(s *sqlite.Stmt) error {
			user, found = readUser(s), true
			return nil
		}, string(name))
	})
	if err != nil {
		return activity.User{}, err
	}
	if !found {
		return activity.User{}, storage.UnknownUser()
	}
	u.store.cache.SetName(name, user.ID)
	return user, nil
}

// usersPage is how many users ListUsers reads at once.
const usersPage = 200

// ListUsers gives all users by name, in pages.
func (u users) ListUsers(ctx context.Context) iter.Seq2[activity.User, error] {
	return func(yield func(activity.User, error) bool) {
		last := ""
		for {
			page := make([]activity.User, 0, usersPage)
			err := u.store.read(ctx, "list users", func(c *conn) error {
				return c.query("SELECT "+userColumns+" FROM users u WHERE u.username > ? ORDER BY u.username LIMIT ?", func(s *sqlite.Stmt) error {
					page = append(page, readUser(s))
					return nil
				}, last, usersPage)
			})
			if err != nil {
				yield(activity.User{}, err)
				return
			}
			for _, v := range page {
				if !yield(v, nil) {
					return
				}
				last = string(v.Username)
			}
			if len(page) < usersPage {
				return
			}
		}
	}
}

// DeleteUser marks the user as gone; the sweep removes the rest.
func (u users) DeleteUser(ctx context.Context, id activity.UserID) error {
	s := u.store
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	return s.writer.do(ctx, "delete a user", func() error {
		d, err := s.writer.draft(id)
		if err != nil {
			return failure("delete a user", err)
		}
		err = u.bury(s.writer.conn, d)
		d.gone = err == nil
		return failure("delete a user", err)
	}, s.janitor.Poke)
}

func (u users) bury(c *conn, d *draft) error {
	h := head{seq: d.head.seq + 1, modified: u.store.writer.now.After(d.head.modified)}
	name := d.account.structure.User().Username
	err := c.exec(`UPDATE users SET gone = ?, username = NULL, email = '', language = '', display_name = '', password_hash = '' WHERE key = ?`,
		h.modified, d.account.key)
	if err != nil {
		return err
	}
	if err := c.exec("DELETE FROM heads WHERE user_key = ?", d.account.key); err != nil {
		return err
	}
	err = c.exec("INSERT INTO blocked_names (name, until) VALUES (?, ?) ON CONFLICT DO UPDATE SET until = excluded.until",
		u.store.keyed("username", string(name)), u.store.writer.now+activity.Timestamp(storage.NameBlock.Seconds()))
	if err != nil {
		return err
	}
	return appendChange(c, d.account.key, &activity.Change{
		User: d.id, Seq: h.seq, Kind: activity.UserKind, Action: activity.Deleted, Item: string(d.id), Time: h.modified,
	})
}

// NameBlocked reports whether a deleted user's name is still blocked.
func (u users) NameBlocked(ctx context.Context, name activity.Username) (blocked bool, err error) {
	err = u.store.read(ctx, "look for a blocked name", func(c *conn) error {
		blocked, err = u.blocked(c, name, u.store.now())
		return err
	})
	return blocked, err
}

func (u users) blocked(c *conn, name activity.Username, now activity.Timestamp) (bool, error) {
	n, err := c.integer("SELECT count(*) FROM blocked_names WHERE name = ? AND until > ?", u.store.keyed("username", string(name)), now)
	return n > 0, err
}

// CountUsers gives how many users there are.
func (u users) CountUsers(ctx context.Context) (int, error) {
	var n int64
	err := u.store.read(ctx, "count users", func(c *conn) (err error) {
		n, err = c.integer("SELECT count(*) FROM users WHERE gone IS NULL")
		return err
	})
	return int(n), err
}
