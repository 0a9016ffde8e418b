package sqlite

import (
	"context"
	"iter"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
)

// Bounds of a page of a list: in rows, and in bytes after which it ends early.
const (
	pageRows  = 500
	pageBytes = 1 << 20
)

// fewModified is up to how many rows modified since a list is made of them and
// sorted, page by page, instead of looking through the channel.
const fewModified = 2000

// listing is a list that is being read.
type listing struct {
	store *Store
	query storage.EventQuery

	key   int64 // of the channel; 0 before the first page
	from  listSource
	at    keys.Cursor
	skip  int
	limit int // that are left; 0 for all
	ended bool
}

func newListing(s *Store, q storage.EventQuery) *listing {
	q.Deletions = q.Deletions && q.ModifiedSince != nil
	return &listing{store: s, query: q, at: keys.Start(&q), skip: q.Skip, limit: q.Limit}
}

// Events reads a list in pages, each on a snapshot of its own.
func (t tenant) Events(ctx context.Context, q storage.EventQuery) iter.Seq2[activity.Event, error] {
	return list(t.store, q, func(l *listing) (events []activity.Event, err error) {
		err = t.store.read(ctx, "read a list", func(c *conn) error {
			a, err := t.store.newest(c, t.user)
			if err != nil {
				return err
			}
			events, err = l.page(c, a)
			return err
		})
		return events, err
	})
}

// ListEvents reads a list within the unit of work.
func (r *reads) ListEvents(ctx context.Context, q storage.EventQuery) iter.Seq2[activity.Event, error] {
	return list(r.store, q, func(l *listing) ([]activity.Event, error) {
		c, err := r.conn(ctx)
		if err != nil {
			return nil, err
		}
		events, err := l.page(c, r.account)
		return events, failure("read a list", err)
	})
}

func list(s *Store, q storage.EventQuery, page func(*listing) ([]activity.Event, error)) iter.Seq2[activity.Event, error] {
	return func(yield func(activity.Event, error) bool) {
		for l := newListing(s, q); !l.ended; {
			events, err := page(l)
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
			}
			if err != nil {
				yield(activity.Event{}, err)
				return
			}
		}
	}
}

// page reads on from where the list is.
func (l *listing) page(c *conn, a *account) ([]activity.Event, error) {
	in, ok := a.channels[l.query.Channel]
	if !ok || l.key != 0 && l.key != in.Key {
		return nil, storage.UnknownChannel(l.query.Channel)
	}
	if l.key == 0 {
		if err := l.begin(c, a, in); err != nil {
			return nil, err
		}
	}
	f := keys.NewFilter(&l.query, a.structure, in)
	kind := listKind{from: l.from, ascending: l.query.Ascending, deletions: l.query.Deletions}
	if len(f.Listed) > 0 {
		kind.from = byTime // their rows were not modified
	}
	s, err := c.stmt(l.store.lists[kind])
	if err != nil {
		return nil, err
	}
	rows := pageRows
	if l.limit > 0 {
		rows = min(rows, l.limit)
	}
	bindList(s, &l.query, a.structure.Tree(l.query.Channel), in.Key, f, l.at, rows, l.skip)
	return l.read(s, in, rows)
}

func (l *listing) read(s *sqlite.Stmt, in *keys.Channel, rows int) ([]activity.Event, error) {
	events := make([]activity.Event, 0, min(rows, 64))
	size := 0
	err := run(s, func(s *sqlite.Stmt) error {
		e, err := readEvent(s, l.query.Channel, in)
		if err != nil {
			return err
		}
		events = append(events, e)
		l.at = keys.Cursor{Time: columnTime(s, 1), ID: columnBytes(s, 0)}
		if size += s.ColumnLen(8) + s.ColumnLen(12) + len(e.ClientData) + len(e.Value); size > pageBytes {
			return errStop
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	l.skip = 0
	if l.limit > 0 {
		l.limit -= len(events)
		l.ended = l.limit == 0
	}
	if len(events) < rows && size <= pageBytes {
		l.ended = true
	}
	return events, nil
}

// begin finds out where the list begins and what is cheapest to read.
func (l *listing) begin(c *conn, a *account, in *keys.Channel) error {
	l.key = in.Key
	if l.query.After != nil {
		after, err := l.after(c, a, in)
		if err != nil {
			return err
		}
		l.at = keys.Later(l.at, after, l.query.Ascending)
	}
	switch {
	case l.query.Running && !l.query.Deletions:
		l.from = byRunning
	case l.query.ModifiedSince != nil:
		n, err := c.integer(`SELECT count(*) FROM (SELECT 1 FROM events INDEXED BY events_modified
			WHERE channel_key = ? AND modified > ? LIMIT ?)`, in.Key, *l.query.ModifiedSince, fewModified+1)
		if err != nil {
			return err
		}
		if n <= fewModified {
			l.from = byModified
		}
	}
	return nil
}

// after gives the place of the event that the list begins behind.
func (l *listing) after(c *conn, a *account, in *keys.Channel) (keys.Cursor, error) {
	id, ok := keys.PackID(*l.query.After)
	if !ok {
		return keys.Cursor{}, storage.ErrUnknownAfter
	}
	var at keys.Cursor
	var chain activity.Chain
	err := c.query("SELECT time, folder_key, deleted, chain FROM events INDEXED BY events_id WHERE channel_key = ? AND id = ?",
		func(s *sqlite.Stmt) error {
			at = keys.Cursor{Time: columnTime(s, 0), ID: id}
			deleted := !s.ColumnIsNull(2)
			if deleted {
				var err error
				if chain, err = parseChain(columnBytes(s, 3)); err != nil {
					return err
				}
			} else if folder, gone := in.Place(s.ColumnInt64(1)); gone != nil {
				deleted, chain = true, gone.Chain
			} else {
				chain = a.structure.Tree(l.query.Channel).Chain(folder)
			}
			if deleted && !l.query.Deletions {
				chain = nil
			}
			return nil
		}, in.Key, id)
	if err == nil && !l.query.Scope.Includes(chain) {
		err = storage.ErrUnknownAfter
	}
	return at, err
}
