package sqlite

import (
	"context"
	"slices"
	"sync"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// touches are the uses of accesses that are not in the file yet.
type touches struct {
	mu sync.Mutex
	of map[activity.UserID][]storage.Use // replaced, never changed
}

// touchesApart is how many seconds lie between two uses that are both noted.
const touchesApart = 1

func newTouches() *touches { return &touches{of: map[activity.UserID][]storage.Use{}} }

func (t *touches) add(user activity.UserID, id activity.AccessID, at activity.Timestamp) {
	t.mu.Lock()
	defer t.mu.Unlock()
	noted := t.of[user]
	if i := indexOf(noted, id); i >= 0 {
		if at < noted[i].At+touchesApart {
			return
		}
		noted = without(noted, i)
	}
	t.of[user] = append(slices.Clip(noted), storage.Use{Access: id, At: at})
}

func indexOf(noted []storage.Use, id activity.AccessID) int {
	return slices.IndexFunc(noted, func(u storage.Use) bool { return u.Access == id })
}

func without(noted []storage.Use, i int) []storage.Use {
	return append(slices.Clone(noted[:i]), noted[i+1:]...)
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
		for _, u := range noted {
			if len(batch) == limit {
				return batch
			}
			batch = append(batch, touch{user, u.Access, u.At})
		}
	}
	return batch
}

// settle forgets what was stored.
func (t *touches) settle(batch []touch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, v := range batch {
		noted := t.of[v.user]
		i := indexOf(noted, v.access)
		switch {
		case i < 0 || noted[i].At > v.at:
		case len(noted) == 1:
			delete(t.of, v.user)
		default:
			t.of[v.user] = without(noted, i)
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
