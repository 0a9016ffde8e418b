package sqlite

import (
	"context"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
)

// flushEvery is how often uses of accesses are stored and old history pruned.
const flushEvery = time.Minute

// janitor is the goroutine that sweeps, prunes and flushes. All it writes goes
// through the writer's queue, in small pieces, so that nobody waits for it.
type janitor struct {
	wake chan struct{}
	stop chan struct{}
	done chan struct{}
}

func newJanitor() *janitor {
	return &janitor{wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

// poke says that there is something to sweep.
func (j *janitor) poke() {
	select {
	case j.wake <- struct{}{}:
	default: // it knows
	}
}

// close ends the goroutine; what it was sweeping goes on at the next start.
func (j *janitor) close() {
	close(j.stop)
	<-j.done
}

func (s *Store) sweep() {
	defer close(s.janitor.done)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-s.janitor.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	flush := time.NewTicker(flushEvery)
	defer flush.Stop()
	s.note(ctx, "prune", s.prune(ctx))
	s.janitor.poke() // what the last process left
	for {
		select {
		case <-s.janitor.stop:
			return
		case <-s.janitor.wake:
			s.note(ctx, "sweep", s.sweepAll(ctx, flush.C))
		case <-flush.C:
			s.keepHouse(ctx)
			s.janitor.poke() // again what failed
		}
	}
}

func (s *Store) keepHouse(ctx context.Context) {
	s.note(ctx, "store the uses of accesses", s.flushTouches(ctx))
	s.note(ctx, "prune", s.prune(ctx))
}

// note logs what failed; it is tried again within a minute.
func (s *Store) note(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		s.options.Logger.Warn("the store could not "+what, "error", err)
	}
}

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
