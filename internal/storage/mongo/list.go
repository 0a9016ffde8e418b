package mongo

import (
	"context"
	"errors"
	"iter"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
)

// pageRows bounds a page of a list. One of big events ends earlier, where the
// database ends its answer: at 16 MiB, and so never before answerBytes.
const (
	pageRows    = 1000
	answerBytes = 8 << 20
)

// fewModified is up to how many events modified since a list is made of them
// and sorted, page by page, instead of looking through the channel.
const fewModified = 2000

// listing is a list that is being read.
type listing struct {
	store *Store
	user  activity.UserID
	query storage.EventQuery

	key   int64 // of the channel; 0 before the first page
	from  listSource
	at    keys.Cursor
	skip  int
	limit int // that are left; 0 for all
	ended bool
}

// listSource is where a list finds its events.
type listSource uint8

const (
	byTime     listSource = iota // in the order of lists
	byModified                   // where few were modified since
	byRunning                    // where only running periods are asked for
)

func newListing(s *Store, user activity.UserID, q storage.EventQuery) *listing {
	q.Deletions = q.Deletions && q.ModifiedSince != nil
	return &listing{store: s, user: user, query: q, at: keys.Start(&q), skip: q.Skip, limit: q.Limit}
}

// Events reads a list in pages, each on a snapshot of its own.
func (t tenant) Events(ctx context.Context, q storage.EventQuery) iter.Seq2[activity.Event, error] {
	return list(newListing(t.store, t.user, q), func(l *listing) ([]activity.Event, error) { return t.page(ctx, l) })
}

// page reads a page with the account that is in memory, if that can be trusted
// and tells of all that is found; else on a snapshot with the account of then.
func (t tenant) page(ctx context.Context, l *listing) (events []activity.Event, err error) {
	if err := t.store.enter(); err != nil {
		return nil, err
	}
	defer t.store.leave()
	if k, trusted, _ := t.store.cache.Get(t.user); k.account != nil && trusted {
		before := *l
		session, err := t.store.causal()
		if err != nil {
			return nil, failure("read a list", err)
		}
		events, err = l.page(mongo.NewSessionContext(ctx, session), k.account)
		t.store.end(session)
		if err == nil {
			return events, nil
		}
		if ctx.Err() != nil {
			return nil, ended(ctx, "read a list", err)
		}
		*l = before
	}
	err = t.store.onSnapshot(ctx, t.user, func(ctx context.Context, k known) error {
		events, err = l.page(ctx, k.account)
		return err
	})
	return events, ended(ctx, "read a list", err)
}

// ListEvents reads a list within the unit of work.
func (r *reads) ListEvents(ctx context.Context, q storage.EventQuery) iter.Seq2[activity.Event, error] {
	return list(newListing(r.store, r.user, q), func(l *listing) ([]activity.Event, error) {
		in, err := r.container(q.Channel)
		if err != nil {
			return nil, err
		}
		within, err := r.querying(ctx, in.Key)
		if err != nil {
			return nil, err
		}
		events, err := l.page(within, r.account)
		return events, r.failed(ctx, "read a list", err)
	})
}

func list(l *listing, page func(*listing) ([]activity.Event, error)) iter.Seq2[activity.Event, error] {
	return func(yield func(activity.Event, error) bool) {
		for l := *l; !l.ended; { // a copy: the list may be read again
			events, err := page(&l)
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
func (l *listing) page(ctx context.Context, a *account) ([]activity.Event, error) {
	in, ok := a.channels[l.query.Channel]
	if !ok || l.key != 0 && l.key != in.Key {
		return nil, unknownChannel(l.query.Channel)
	}
	if l.key == 0 {
		if err := l.begin(ctx, a, in); err != nil {
			return nil, err
		}
	}
	rows := pageRows
	if l.limit > 0 {
		rows = min(rows, l.limit)
	}
	f := keys.NewFilter(&l.query, a.structure, in)
	from := l.from
	if len(f.Listed) > 0 {
		from = byTime // they were not modified
	}
	found, err := l.store.events.Find(ctx, l.selection(a, f, from), l.options(from, rows))
	if err != nil {
		return nil, err
	}
	return l.read(ctx, found, in, rows)
}

// options of the query: the index is named, for a plan that the database chose
// by trial would depend on what it met first.
func (l *listing) options(from listSource, rows int) *options.FindOptionsBuilder {
	direction := -1
	if l.query.Ascending {
		direction = 1
	}
	return options.Find().SetSort(bson.D{{Key: "time", Value: direction}, {Key: "_id.i", Value: direction}}).
		SetHint([]string{byTime: "time", byModified: "modified", byRunning: "periods"}[from]).
		SetSkip(int64(l.skip)).SetLimit(-int64(rows)).SetBatchSize(int32(rows)) // a negative limit: one answer, no cursor
}

// read reads a page. Where it is big the database may have ended its answer
// early: the next page goes on behind it.
func (l *listing) read(ctx context.Context, found *mongo.Cursor, in *keys.Channel, rows int) ([]activity.Event, error) {
	events := make([]activity.Event, 0, found.RemainingBatchLength())
	size := 0
	var s stored
	for found.Next(ctx) {
		err := s.readAll(found.Current, l.query.Channel)
		if err == nil && s.event.Deleted == nil && !in.Knows(s.folder) {
			err = errStale
		}
		if err != nil {
			return nil, err
		}
		size += len(found.Current)
		events = append(events, s.as(in))
	}
	if err := found.Err(); err != nil {
		return nil, err
	}
	if len(events) > 0 {
		packed, _ := keys.PackID(s.event.ID)
		l.at = keys.Cursor{Time: s.event.Time, ID: packed}
	}
	l.skip = 0
	if l.limit > 0 {
		l.limit -= len(events)
		l.ended = l.limit == 0
	}
	if len(events) < rows && size < answerBytes {
		l.ended = true
	}
	return events, nil
}

// begin finds out where the list begins and what is cheapest to read.
func (l *listing) begin(ctx context.Context, a *account, in *keys.Channel) error {
	if l.query.After != nil {
		after, err := l.after(ctx, a, in)
		if err != nil {
			return err
		}
		l.at = keys.Later(l.at, after, l.query.Ascending)
	}
	l.key = in.Key
	switch {
	case l.query.Running && !l.query.Deletions:
		l.from = byRunning
	case l.query.ModifiedSince != nil:
		filter := append(inChannel(l.user, in.Key), bson.E{Key: "modified", Value: bson.D{{Key: "$gt", Value: *l.query.ModifiedSince}}})
		n, err := l.store.events.CountDocuments(ctx, filter, options.Count().SetHint("modified").SetLimit(fewModified+1))
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
func (l *listing) after(ctx context.Context, a *account, in *keys.Channel) (keys.Cursor, error) {
	id, ok := keys.PackID(*l.query.After)
	if !ok {
		return keys.Cursor{}, storage.ErrUnknownAfter
	}
	doc, err := l.store.events.FindOne(ctx, byID(eventID(l.user, in.Key, id)),
		options.FindOne().SetProjection(bson.D{{Key: "time", Value: 1}, {Key: "folder", Value: 1}, {Key: "deleted", Value: 1}, {Key: "chain", Value: 1}})).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return keys.Cursor{}, storage.ErrUnknownAfter
	}
	if err != nil {
		return keys.Cursor{}, err
	}
	s, err := readStored(doc, l.query.Channel)
	if err != nil {
		return keys.Cursor{}, err
	}
	chain := s.chain
	deleted := s.event.Deleted != nil
	if !deleted {
		folder, gone := in.Place(s.folder)
		if deleted = gone != nil; deleted {
			chain = gone.Chain
		} else {
			chain = a.structure.Tree(l.query.Channel).Chain(folder)
		}
	}
	if deleted && !l.query.Deletions {
		chain = nil
	}
	if !l.query.Scope.Includes(chain) {
		return keys.Cursor{}, storage.ErrUnknownAfter
	}
	return keys.Cursor{Time: s.event.Time, ID: id}, nil
}
