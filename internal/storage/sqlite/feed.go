package sqlite

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// feedRows is how many changes a reader of the feed takes at once.
const feedRows = 500

// Head gives the position after the newest change.
func (s *Store) Head(ctx context.Context) (storage.Position, error) {
	var head int64
	err := s.read(ctx, "find the newest change", func(c *conn) (err error) {
		head, err = feedHead(c)
		return err
	})
	return s.position(head), err
}

// feedHead gives the id of the newest change; the newest is never pruned.
func feedHead(c *conn) (int64, error) { return c.integer("SELECT ifnull(max(id), 0) FROM changes") }

func (s *Store) position(id int64) storage.Position {
	return storage.Position(fmt.Sprintf("%s:%d", s.epoch, id))
}

// Changes delivers the changes after a position, an empty one being that of
// the newest change at the call.
func (s *Store) Changes(ctx context.Context, from storage.Position) iter.Seq2[storage.Delivery, error] {
	var err error
	if from == "" {
		from, err = s.Head(ctx)
	}
	return func(yield func(storage.Delivery, error) bool) {
		err := err
		var last int64
		if err == nil {
			last, err = s.placeOf(from)
		}
		at := s.counts.Feeds.Enter(last)
		defer at.Leave()
		for err == nil {
			news := s.news.wait()
			var page []delivery
			if page, last, err = s.feedPage(ctx, last); err != nil {
				break
			}
			for _, d := range page {
				at.Give(d.Change.Time.Time())
				if !yield(d.Delivery, nil) {
					return
				}
				at.Given(d.id)
			}
			if len(page) == 0 {
				at.Wait()
				err = s.await(ctx, news)
			}
		}
		if ctx.Err() == nil {
			yield(storage.Delivery{}, err)
		}
	}
}

func (s *Store) await(ctx context.Context, news <-chan struct{}) error {
	select {
	case <-news:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closing:
		return unavailable(errClosed)
	}
}

// placeOf gives the id of the change that a position is after.
func (s *Store) placeOf(p storage.Position) (int64, error) {
	text, ok := strings.CutPrefix(string(p), s.epoch+":")
	if !ok {
		return 0, storage.ErrPositionLost
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, storage.ErrPositionLost
	}
	return id, nil
}

// delivery is one with the id of its change.
type delivery struct {
	storage.Delivery
	id int64
}

// feedPage gives the changes after one, and the last of them.
func (s *Store) feedPage(ctx context.Context, after int64) (page []delivery, last int64, err error) {
	last = after
	err = s.read(ctx, "read the feed", func(c *conn) error {
		pruned, err := c.integer("SELECT value FROM meta WHERE name = 'pruned'")
		if err != nil {
			return err
		}
		head, err := feedHead(c)
		if err != nil {
			return err
		}
		if after < pruned || after > head {
			return storage.ErrPositionLost
		}
		moved := map[activity.UserID]int64{} // keys of users whose structure is another
		err = c.query("SELECT "+changeColumns+`, c.id, u.id, c.user_key FROM changes c LEFT JOIN users u ON u.key = c.user_key
			WHERE c.id > ? ORDER BY c.id LIMIT ?`, func(row *sqlite.Stmt) error {
			v, err := readChange(row, activity.UserID(row.ColumnText(10)))
			if row.ColumnIsNull(10) { // swept: what is left says that the user was deleted
				v.User = activity.UserID(v.Item)
			}
			last = row.ColumnInt64(9)
			page = append(page, delivery{storage.Delivery{Change: v, Position: s.position(last)}, last})
			if v.Kind != activity.EventKind {
				moved[v.User] = row.ColumnInt64(11)
			}
			return err
		}, after, feedRows)
		if err != nil {
			return err
		}
		return s.outdate(c, moved)
	})
	return page, last, err
}

// outdate drops from the cache what is older than the changes about to be
// told: who hears of a change of an access must not read the old one.
func (s *Store) outdate(c *conn, moved map[activity.UserID]int64) error {
	for id, key := range moved {
		revision, _, err := readHead(c, key)
		if err != nil {
			return err
		}
		s.cache.Outdate(id, func(a *account) bool { return a.revision < revision || revision == 0 })
	}
	return nil
}
