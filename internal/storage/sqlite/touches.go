package sqlite

import (
	"context"
	"maps"
	"sync"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// touches are the uses of accesses that are not in the file yet.
type touches struct {
	mu sync.Mutex
	of map[activity.UserID]uses
}

// uses are one user's. They are replaced, never changed.
type uses map[activity.AccessID]activity.Timestamp

// touchesApart is how many seconds lie between two uses that are both noted.
const touchesApart = 1

func newTouches() *touches { return &touches{of: map[activity.UserID]uses{}} }

func (t *touches) add(user activity.UserID, id activity.AccessID, at activity.Timestamp) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last, ok := t.of[user][id]; ok && at < last+touchesApart {
		return
	}
	next := uses{id: at}
	for other, at := range t.of[user] {
		if other != id {
			next[other] = at
		}
	}
	t.of[user] = next
}

// merge gives the structure with the uses noted.
func (t *touches) merge(user activity.UserID, s *storage.Structure) *storage.Structure {
	t.mu.Lock()
	noted := t.of[user]
	t.mu.Unlock()
	if noted == nil {
		return s
	}
	return s.WithUses(noted)
}

func touched(s *storage.Structure, id activity.AccessID, at activity.Timestamp) *storage.Structure {
	a, ok := s.Access(id)
	if !ok || a.LastUsed != nil && *a.LastUsed >= at {
		return s
	}
	a.LastUsed = &at
	next, err := s.WithAccess(a)
	if err != nil {
		return s // cannot be: only the time differs
	}
	return next
}

// touch is one use.
type touch struct {
	user   activity.UserID
	access activity.AccessID
	at     activity.Timestamp
}

// some gives a batch of what is noted.
func (t *touches) some(limit int) []touch {
	t.mu.Lock()
	defer t.mu.Unlock()
	var batch []touch
	for user, noted := range t.of {
		for id, at := range noted {
			if len(batch) == limit {
				return batch
			}
			batch = append(batch, touch{user, id, at})
		}
	}
	return batch
}

// settle forgets what was stored.
func (t *touches) settle(batch []touch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, v := range batch {
		if t.of[v.user][v.access] > v.at {
			continue
		}
		left := maps.Clone(t.of[v.user])
		delete(left, v.access)
		if t.of[v.user] = left; len(left) == 0 {
			delete(t.of, v.user)
		}
	}
}

// flushTouches stores what is noted. It moves neither revision nor history.
func (s *Store) flushTouches(ctx context.Context) error {
	for {
		batch := s.touches.some(sweepRows)
		if len(batch) == 0 {
			return nil
		}
		err := s.writer.do(ctx, "store the uses of accesses", func() error {
			return failure("store the uses of accesses", storeTouches(s.writer.conn, batch))
		}, func() {
			for _, v := range batch {
				s.writer.retouch(v)
			}
		})
		if err != nil {
			return err
		}
		s.touches.settle(batch)
	}
}

func storeTouches(c *conn, batch []touch) error {
	for _, v := range batch {
		err := c.exec(`UPDATE accesses SET last_used = ?1
			WHERE user_key = (SELECT key FROM users WHERE id = ?2 AND gone IS NULL) AND id = ?3 AND (last_used IS NULL OR last_used < ?1)`,
			v.at, string(v.user), string(v.access))
		if err != nil {
			return err
		}
	}
	return nil
}

// retouch puts a stored use into what is cached.
func (w *writer) retouch(v touch) {
	renew := func(a *account) *account {
		next := *a
		next.structure = touched(a.structure, v.access, v.at)
		return &next
	}
	if d, ok := w.drafts.Peek(v.user); ok {
		d.account = renew(d.account)
	}
	w.cache.renew(v.user, renew)
}
