package sqlite

import (
	"context"
	"errors"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/writes"
)

// update is the Tx of Update. Its writes go to the file at once, within the
// unit's savepoint; what it makes of the account and the head becomes the
// draft's only when the unit is kept.
type update struct {
	reads
	at     head
	origin activity.Origin
	now    activity.Timestamp

	changed bool
	sweep   bool  // something big was deleted
	broken  error // a write that may have happened in part: the unit cannot be kept
}

var _ storage.Tx = (*update)(nil)

func newUpdate(s *Store, d *draft, origin activity.Origin) *update {
	u := &update{at: d.head, origin: origin, now: s.writer.now}
	u.reads = reads{
		store: s, user: d.id, account: d.account,
		open: func(context.Context) (*conn, error) { return s.writer.conn, nil },
		head: func() head { return u.at },
	}
	return u
}

// keep makes the unit's results those of the group.
func (u *update) keep(d *draft) error {
	if u.broken != nil {
		return u.broken
	}
	if u.changed {
		d.dirty = true
		d.renewed = d.renewed || d.account != u.account
		d.account, d.head = u.account, u.at
	}
	return nil
}

// next gives the head of the next change.
func (u *update) next() head {
	return head{seq: u.at.seq + 1, modified: u.now.After(u.at.modified)}
}

// write runs what one write does to the file: item, and the record of the
// change, whose User, Seq, Origin and Time are set here. Where item fails with
// an error of the domain nothing has happened.
func (u *update) write(op string, change activity.Change, item func(c *conn, h head) error) error {
	if u.ended {
		return errEnded
	}
	if u.broken != nil {
		return u.broken
	}
	h := u.next()
	c := u.store.writer.conn
	if c.AutocommitEnabled() {
		// A read failed so that SQLite rolled all back: a write now would be
		// committed by itself.
		u.broken = unavailable(errLost)
		return u.broken
	}
	if err := item(c, h); err != nil {
		err = failure(op, err)
		var known *activity.Error
		if !errors.As(err, &known) || known.Code == activity.CodeServiceUnavailable {
			u.broken = err
		}
		return err
	}
	change.User, change.Seq, change.Origin, change.Time = u.user, h.seq, u.origin, h.modified
	if err := appendChange(c, u.account.key, &change); err != nil {
		u.broken = failure(op, err)
		return u.broken
	}
	u.at, u.changed = h, true
	return nil
}

// take does one write of the structure.
func (u *update) take(op string, step writes.Step, item func(*conn, head) error) error {
	err := u.write(op, step.Change, item)
	if err == nil {
		u.account = u.account.with(step.Structure)
	}
	return err
}

// UpdateUser stores the account's record.
func (u *update) UpdateUser(_ context.Context, v activity.User) error {
	old := u.account.structure.User()
	v.ID, v.Username, v.Created = old.ID, old.Username, old.Created
	change := activity.Change{Kind: activity.UserKind, Action: activity.Updated, Item: string(u.user)}
	err := u.write("update the user", change, func(c *conn, _ head) error {
		return c.exec("UPDATE users SET email = ?, language = ?, display_name = ?, password_hash = ?, disabled = ? WHERE key = ?",
			v.Email, v.LanguageCode, v.DisplayName, v.PasswordHash, v.Disabled, u.account.key)
	})
	if err != nil {
		return err
	}
	u.account = u.account.with(u.account.structure.WithUser(v))
	return nil
}

// PutProfile stores a profile's object.
func (u *update) PutProfile(ctx context.Context, name string, o activity.Object) error {
	old, err := u.Profile(ctx, name)
	if err != nil {
		return err
	}
	change := activity.Change{Kind: activity.ProfileKind, Action: activity.Updated, Item: name}
	if old == nil {
		change.Action = activity.Created
	}
	return u.write("store a profile", change, func(c *conn, _ head) error {
		return c.exec("INSERT INTO profiles (user_key, name, object) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET object = excluded.object",
			u.account.key, name, text(o))
	})
}
