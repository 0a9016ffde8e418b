package mongo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/storage"
)

// place is where a stream goes on: behind a token, or behind all that was
// committed at a time.
type place struct {
	token string // the _data of a resume token
	after bson.Timestamp
}

// position gives a place as the contract has it.
func (s *Store) position(p place) storage.Position {
	if p.token != "" {
		return storage.Position(s.epoch + ":token:" + p.token)
	}
	return storage.Position(fmt.Sprintf("%s:time:%d:%d", s.epoch, p.after.T, p.after.I))
}

// placeOf gives the place of a position. ErrPositionLost.
func (s *Store) placeOf(p storage.Position) (place, error) {
	parts := strings.Split(string(p), ":")
	switch {
	case parts[0] != s.epoch:
	case len(parts) == 3 && parts[1] == "token" && parts[2] != "":
		return place{token: parts[2]}, nil
	case len(parts) == 4 && parts[1] == "time":
		t, errT := strconv.ParseUint(parts[2], 10, 32)
		i, errI := strconv.ParseUint(parts[3], 10, 32)
		if errT == nil && errI == nil {
			return place{after: bson.Timestamp{T: uint32(t), I: uint32(i)}}, nil
		}
	}
	return place{}, storage.ErrPositionLost
}

// Head gives the position after the newest change.
func (s *Store) Head(ctx context.Context) (storage.Position, error) {
	if err := s.enter(); err != nil {
		return "", err
	}
	defer s.leave()
	p, err := s.headPlace(ctx)
	return s.position(p), ended(ctx, "find the newest change", err)
}

// headPlace gives the time of a snapshot: what a reader sees from now on is all
// that was committed by then, and what the feed tells behind it is the rest.
func (s *Store) headPlace(ctx context.Context) (place, error) {
	session, err := s.snapshot()
	if err != nil {
		return place{}, err
	}
	defer end(session)
	err = s.heads.FindOne(mongo.NewSessionContext(ctx, session), bson.D{{Key: "_id", Value: ""}}).Err()
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return place{}, err
	}
	return place{after: session.SnapshotTime()}, nil
}

// awaitTime is how long the database holds an answer back that has nothing to
// tell; with it comes a fresh token.
const awaitTime = 100 * time.Millisecond

// stream is a change stream of the changes.
type stream struct {
	*mongo.ChangeStream
	at place
}

// openStream opens a stream that goes on from a place.
func (s *Store) openStream(ctx context.Context, from place) (*stream, error) {
	o := options.ChangeStream().SetMaxAwaitTime(awaitTime)
	if from.token != "" {
		o.SetResumeAfter(bson.D{{Key: "_data", Value: from.token}})
	} else {
		o.SetStartAtOperationTime(&bson.Timestamp{T: from.after.T, I: from.after.I + 1})
	}
	changes, err := s.changes.Watch(ctx, mongo.Pipeline{
		{{Key: "$match", Value: bson.D{isIn("operationType", []string{"insert", "drop", "rename", "dropDatabase", "invalidate"})}}},
	}, o)
	if err != nil {
		return nil, err
	}
	return &stream{ChangeStream: changes, at: from}, nil
}

// next gives the next change; ok is false where the database had nothing to
// tell for a while. ErrPositionLost where the stream cannot go on.
func (st *stream) next(ctx context.Context) (e entry, ok bool, err error) {
	if st.TryNext(ctx) {
		if kind := textOfRaw(st.Current, "operationType"); kind != "insert" {
			return e, false, fmt.Errorf("the changes were taken away (%s): %w", kind, storage.ErrPositionLost)
		}
		e.cluster.T, e.cluster.I = st.Current.Lookup("clusterTime").Timestamp()
		st.keep()
		doc, isDoc := st.Current.Lookup("fullDocument").DocumentOK()
		if !isDoc {
			return e, false, errShape
		}
		e.at = st.at
		e.record, err = readRecord(doc)
		return e, err == nil, err
	}
	if err := st.Err(); err != nil {
		return e, false, err
	}
	if st.ID() == 0 {
		return e, false, fmt.Errorf("the stream was closed: %w", storage.ErrPositionLost)
	}
	st.keep()
	return e, false, nil
}

// keep takes over the token, which is fresh also where nothing happened.
func (st *stream) keep() {
	if token := st.ResumeToken(); token != nil {
		if data := textOfRaw(token, "_data"); data != "" {
			st.at = place{token: data}
		}
	}
}

func textOfRaw(doc bson.Raw, key string) string {
	text, _ := doc.Lookup(key).StringValueOK()
	return text
}

func (st *stream) end() {
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	_ = st.Close(ctx) // the database ends it in any case
}

// lost reports whether a stream cannot go on from where it was, whatever is
// tried: its place is no more in the history, or never was.
func lost(err error) bool {
	if errors.Is(err, storage.ErrPositionLost) {
		return true
	}
	var server mongo.ServerError
	return errors.As(err, &server) && !curable(err)
}

// Changes delivers the changes after a position, an empty one being that of
// the newest change at the call.
func (s *Store) Changes(ctx context.Context, from storage.Position) iter.Seq2[storage.Delivery, error] {
	var err error
	if from == "" {
		from, err = s.Head(ctx)
	}
	return func(yield func(storage.Delivery, error) bool) {
		if err := err; err == nil {
			err = s.eachChange(ctx, from, func(d storage.Delivery) bool { return yield(d, nil) })
			if err == nil || errors.Is(err, errLeft) {
				return
			}
			if ctx.Err() == nil {
				yield(storage.Delivery{}, err)
			}
		} else if ctx.Err() == nil {
			yield(storage.Delivery{}, err)
		}
	}
}

// errLeft ends a feed that its reader has left.
var errLeft = errors.New("storage/mongo: the reader has left")

// eachChange delivers until ctx or the store ends, or the place is lost.
func (s *Store) eachChange(ctx context.Context, from storage.Position, deliver func(storage.Delivery) bool) error {
	if err := s.enter(); err != nil {
		return err
	}
	s.leave()
	at, err := s.placeOf(from)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	defer func() { <-done }()
	go func() {
		defer close(done)
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	defer cancel()
	err = s.deliverFrom(ctx, at, deliver)
	select {
	case <-s.closing:
		if err == nil {
			err = unavailable(errClosed)
		}
	default:
	}
	return err
}

// deliverFrom delivers from the tail while the reader keeps up with it, else
// from a stream of its own.
func (s *Store) deliverFrom(ctx context.Context, at place, deliver func(storage.Delivery) bool) error {
	reader := s.counts.Feeds.Enter(0)
	defer reader.Leave()
	told := func(e entry) error {
		if at.token == "" && !e.cluster.After(at.after) {
			reader.Given(int64(e.number))
			return nil // the tail had not come as far as the place yet
		}
		at = e.at
		s.cache.outdate(&e.Change, e.revision, s.units.own(e.unit))
		reader.Give(e.Time.Time())
		if !deliver(storage.Delivery{Change: e.Change, Position: s.position(e.at)}) {
			return errLeft
		}
		reader.Given(int64(e.number))
		return nil
	}
	for ctx.Err() == nil {
		if next, ok := s.tail.find(at); ok {
			reader.Given(int64(next) - 1)
			if err := s.tail.follow(ctx, next, told); err != nil {
				return err
			}
			continue
		}
		err := s.follow(ctx, &at, func(e entry) error {
			err := told(e)
			if _, ok := s.tail.find(e.at); err == nil && ok {
				err = errCaughtUp
			}
			return err
		}, func(time.Time) {})
		if !errors.Is(err, errCaughtUp) {
			return err
		}
	}
	return nil
}

// errCaughtUp ends a stream whose reader goes on with the tail.
var errCaughtUp = errors.New("storage/mongo: the reader has caught up")

// follow calls told for each change from a place on, and whole whenever all was
// told that was committed when it asked, with that time. It moves the place on,
// opens the stream again while that may help, and ends with ctx, told's error,
// or ErrPositionLost.
func (s *Store) follow(ctx context.Context, at *place, told func(entry) error, whole func(asked time.Time)) error {
	for try := 0; ctx.Err() == nil; try++ {
		err := s.followOnce(ctx, at, told, func(asked time.Time) {
			try = 0
			whole(asked)
		})
		switch {
		case ctx.Err() != nil:
			return nil
		case lost(err):
			s.options.Logger.Warn("the change stream cannot go on", "error", err)
			return storage.ErrPositionLost
		case errors.Is(err, errShape), errors.Is(err, errLeft), errors.Is(err, errCaughtUp):
			return err
		}
		if try == 0 { // once while it lasts
			s.options.Logger.Info("the change stream broke, it is opened again", "error", err)
		}
		_ = pause(ctx, try+3)
	}
	return nil
}

// followOnce follows one stream, until it ends or the primary that tells it is
// that no more.
func (s *Store) followOnce(ctx context.Context, at *place, told func(entry) error, whole func(asked time.Time)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer s.primary.whenLost(func() { cancel(errNoPrimary) })()
	st, err := s.openStream(ctx, *at)
	if err != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	defer st.end()
	err = followStream(ctx, st, told, whole)
	*at = st.at
	if errors.Is(context.Cause(ctx), errNoPrimary) && errors.Is(err, context.Canceled) {
		return errNoPrimary
	}
	return err
}

// wholeBatch is up to how many bytes an answer of the database is sure to be
// whole: it has all that there was to tell. One cut off has twice as many.
const wholeBatch = 8 << 20

func followStream(ctx context.Context, st *stream, told func(entry) error, whole func(time.Time)) error {
	var asked time.Time
	size := 0 // of the answer, as far as it was told
	for ctx.Err() == nil {
		if st.RemainingBatchLength() == 0 {
			asked, size = time.Now(), 0
		}
		e, ok, err := st.next(ctx)
		if err != nil {
			return err
		}
		if ok {
			size += len(st.Current)
			if err := told(e); err != nil {
				return err
			}
		}
		if st.RemainingBatchLength() == 0 && size <= wholeBatch {
			whole(asked)
		}
	}
	return ctx.Err()
}
