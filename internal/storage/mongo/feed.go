package mongo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/activityd/activityd/internal/storage"
)

// place is where a stream goes on: behind a token, or behind all that was
// committed at a time.
type place struct {
	token string // the _data of a resume token
	after bson.Timestamp
}

// time gives when the change was committed that the place is behind; zero where a
// token does not show it. Tokens begin with it, in the order of bytes.
func (p place) time() bson.Timestamp {
	if p.token == "" {
		return p.after
	}
	const kind, digits = "82", 16 // a timestamp, in hexadecimal
	number, ok := strings.CutPrefix(p.token, kind)
	if !ok || len(number) < digits {
		return bson.Timestamp{}
	}
	v, err := strconv.ParseUint(number[:digits], 16, 64)
	if err != nil {
		return bson.Timestamp{}
	}
	return bson.Timestamp{T: uint32(v >> 32), I: uint32(v)} //nolint:gosec // the two halves
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
	at, _, err := s.present(ctx)
	return place{after: at}, err
}

// present gives the time of a snapshot that has all that this process committed,
// and the newest time that the deployment has told of.
func (s *Store) present(ctx context.Context) (snapshot, newest bson.Timestamp, err error) {
	ctx, cancel := context.WithTimeout(ctx, operationTime)
	defer cancel()
	known := s.clock.get()
	for try := 0; ; try++ {
		snapshot, newest, err = s.glance(ctx)
		if err != nil || known == nil || !known.After(snapshot) {
			return snapshot, newest, err
		}
		if pause(ctx, try) != nil {
			return snapshot, newest, errLater
		}
	}
}

func (s *Store) glance(ctx context.Context) (snapshot, newest bson.Timestamp, err error) {
	session, err := s.snapshot()
	if err != nil {
		return snapshot, newest, err
	}
	defer s.end(session)
	err = s.heads.FindOne(mongo.NewSessionContext(ctx, session), bson.D{{Key: "_id", Value: ""}}).Err()
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return snapshot, newest, err
	}
	newest.T, newest.I, _ = session.ClusterTime().Lookup("$clusterTime", "clusterTime").TimestampOK()
	snapshot = session.SnapshotTime()
	if now := session.OperationTime(); snapshot.IsZero() && now != nil {
		snapshot = *now // the collection was dropped: of that there is no snapshot
	}
	return snapshot, newest, nil
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
	if err := s.given(ctx, at); err != nil {
		return err
	}
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
		}, nil)
		if !errors.Is(err, errCaughtUp) {
			return err
		}
	}
	return nil
}

// given reports, by ErrPositionLost, a place that this deployment cannot have given
// since its time has not come: the database would wait for it, in silence.
func (s *Store) given(ctx context.Context, p place) error {
	_, newest, err := s.present(ctx)
	if err == nil && !newest.IsZero() && p.time().After(newest) {
		return fmt.Errorf("the position is of another deployment: %w", storage.ErrPositionLost)
	}
	return nil // where it cannot be asked, opening the stream says so
}

// errCaughtUp ends a stream whose reader goes on with the tail.
var errCaughtUp = errors.New("storage/mongo: the reader has caught up")
