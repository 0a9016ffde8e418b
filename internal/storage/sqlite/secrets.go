package sqlite

import (
	"context"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// secrets keeps what the servers of one installation share.
type secrets struct{ store *Store }

// SigningKeys gives the keys for sessions, and makes the first.
func (v secrets) SigningKeys(ctx context.Context, newKey func() storage.SigningKey) (keys []storage.SigningKey, err error) {
	err = v.store.read(ctx, "read the signing keys", func(c *conn) error {
		keys, err = signingKeys(c)
		return err
	})
	if err != nil || len(keys) > 0 {
		return keys, err
	}
	made := newKey()
	err = v.store.write(ctx, "store a signing key", func(c *conn) error {
		if keys, err = signingKeys(c); err != nil || len(keys) > 0 {
			return err
		}
		keys = []storage.SigningKey{made}
		return c.exec("INSERT INTO signing_keys (id, secret, created) VALUES (?, ?, ?)", made.ID, made.Secret, made.Created)
	})
	return keys, err
}

func signingKeys(c *conn) ([]storage.SigningKey, error) {
	var keys []storage.SigningKey
	err := c.query("SELECT id, secret, created FROM signing_keys ORDER BY created DESC, id DESC", func(s *sqlite.Stmt) error {
		keys = append(keys, storage.SigningKey{ID: s.ColumnText(0), Secret: columnBytes(s, 1), Created: columnTime(s, 2)})
		return nil
	})
	return keys, err
}

// PutOneTimeToken keeps a token's hash in the place of those of its purpose.
func (v secrets) PutOneTimeToken(ctx context.Context, purpose string, token activity.TokenHash, expires activity.Timestamp) error {
	return v.store.write(ctx, "store a one-time token", func(c *conn) error {
		if err := c.exec("DELETE FROM one_time_tokens WHERE purpose = ?", purpose); err != nil {
			return err
		}
		return c.exec("INSERT OR REPLACE INTO one_time_tokens (token, purpose, expires) VALUES (?, ?, ?)", token[:], purpose, expires)
	})
}

// HasOneTimeToken reports whether the token would be taken now.
func (v secrets) HasOneTimeToken(ctx context.Context, token activity.TokenHash) (bool, error) {
	var n int64
	err := v.store.read(ctx, "look for a one-time token", func(c *conn) (err error) {
		n, err = c.integer("SELECT count(*) FROM one_time_tokens WHERE token = ? AND expires > ?", token[:], v.store.now())
		return err
	})
	return n > 0, err
}

// CountAttempt adds one to a counter.
func (v secrets) CountAttempt(ctx context.Context, key string, window time.Duration) (count int, ends activity.Timestamp, err error) {
	err = v.store.write(ctx, "count an attempt", func(c *conn) error {
		now := v.store.writer.now
		return c.query(`INSERT INTO attempts (key, count, ends) VALUES (?1, 1, ?2)
			ON CONFLICT DO UPDATE SET count = iif(ends > ?3, count + 1, 1), ends = iif(ends > ?3, ends, ?2)
			RETURNING count, ends`,
			func(s *sqlite.Stmt) error {
				count, ends = s.ColumnInt(0), columnTime(s, 1)
				return nil
			}, v.store.keyed("attempt", key), now+activity.Timestamp(window.Seconds()), now)
	})
	return count, ends, err
}

// ForgetAttempts sets a counter back.
func (v secrets) ForgetAttempts(ctx context.Context, key string) error {
	return v.store.write(ctx, "forget attempts", func(c *conn) error {
		return c.exec("DELETE FROM attempts WHERE key = ?", v.store.keyed("attempt", key))
	})
}
