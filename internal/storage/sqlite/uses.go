package sqlite

import (
	"context"

	"github.com/activityd/activityd/internal/storage/memory"
)

// flushUses stores the uses of accesses. It moves neither revision nor history.
func (s *Store) flushUses(ctx context.Context) error {
	return s.uses.Flush(sweepRows, func(batch []memory.Use) error {
		return s.writer.do(ctx, "store the uses of accesses", func() error {
			return failure("store the uses of accesses", storeUses(s.writer.conn, batch))
		}, func() {
			for _, use := range batch {
				s.writer.used(use)
			}
		})
	})
}

func storeUses(c *conn, batch []memory.Use) error {
	for _, use := range batch {
		err := c.exec(`UPDATE accesses SET last_used = ?1
			WHERE user_key = (SELECT key FROM users WHERE id = ?2 AND gone IS NULL) AND id = ?3 AND (last_used IS NULL OR last_used < ?1)`,
			use.At, string(use.User), string(use.Access))
		if err != nil {
			return err
		}
	}
	return nil
}

// used puts a stored use into what is cached.
func (w *writer) used(use memory.Use) {
	renew := func(a *account) *account {
		next := *a
		next.structure = a.structure.WithLastUsed(use.Use)
		return &next
	}
	if d, ok := w.drafts.Peek(use.User); ok {
		d.account = renew(d.account)
	}
	w.cache.Renew(use.User, renew)
}
