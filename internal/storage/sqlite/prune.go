package sqlite

import (
	"context"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
)

// pruneRows is how many changes one unit of work prunes.
const pruneRows = 500

// prune removes what is older than the history is kept, and what has expired.
func (s *Store) prune(ctx context.Context) error {
	for {
		pruned := 0
		err := s.writer.do(ctx, "prune", func() (err error) {
			pruned, err = pruneChanges(s.writer.conn, s.writer.now-activity.Timestamp(s.options.History.Seconds()))
			return failure("prune", err)
		}, nil)
		if err != nil {
			return err
		}
		s.counts.Pruned.Add(uint64(pruned))
		if pruned < pruneRows {
			break
		}
	}
	return s.writer.do(ctx, "prune", func() error {
		for _, sql := range []string{
			"DELETE FROM one_time_tokens WHERE expires <= ?",
			"DELETE FROM attempts WHERE ends <= ?",
			"DELETE FROM blocked_names WHERE until <= ?",
		} {
			if err := s.writer.conn.exec(sql, s.writer.now); err != nil {
				return failure("prune", err)
			}
		}
		return nil
	}, nil)
}

// pruneChanges removes the oldest changes that were before a time. The newest
// of all stays, so that no id is given twice.
func pruneChanges(c *conn, before activity.Timestamp) (int, error) {
	var last int64
	n := 0
	err := c.query("SELECT id, time FROM changes WHERE id < (SELECT max(id) FROM changes) ORDER BY id LIMIT ?", func(s *sqlite.Stmt) error {
		if columnTime(s, 1) >= before {
			return errStop
		}
		last = s.ColumnInt64(0)
		n++
		return nil
	}, pruneRows)
	if err != nil || n == 0 {
		return 0, err
	}
	if err := c.exec("DELETE FROM changes WHERE id <= ?", last); err != nil {
		return 0, err
	}
	return n, c.exec("UPDATE meta SET value = ? WHERE name = 'pruned'", last)
}
