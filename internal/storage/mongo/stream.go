package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/time/rate"

	"github.com/activityd/activityd/internal/storage"
)

const (
	// awaitTime is how long the database holds an answer back that has nothing to
	// tell; with it comes a fresh token.
	awaitTime = 100 * time.Millisecond

	// stallTime is how long an answer may take before the stream is opened anew,
	// for connections can go dumb without an end. It doubles with each vain try,
	// since the database may have much to read before it can answer.
	stallTime    = 5 * time.Second
	stallDoubles = 6

	// steadyTime is how long a stream must have lasted for the next break to count
	// as the first.
	steadyTime = time.Second

	// batchSize is how many changes come in one answer at most, which bounds it
	// before the 16 MB of MongoDB do.
	batchSize = 500

	// askRate is how often in a second the database is asked for more, askBurst
	// how often at once: from there on changes come several at a time, for asking
	// costs much more than a change.
	askRate, askBurst = 100, 20
)

// stream is a change stream of the changes. The documents of changes are small,
// a few KB with the longest chains of folders: none is too large for it.
type stream struct {
	*mongo.ChangeStream
	at place
}

// openStream opens a stream that goes on from a place.
func (s *Store) openStream(ctx context.Context, from place) (*stream, error) {
	o := options.ChangeStream().SetMaxAwaitTime(awaitTime).SetBatchSize(batchSize)
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
		e, err = st.read()
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

// read reads the present event.
func (st *stream) read() (e entry, err error) {
	if kind := textOfRaw(st.Current, "operationType"); kind != "insert" {
		return e, fmt.Errorf("the changes were taken away (%s): %w", kind, storage.ErrPositionLost)
	}
	e.cluster.T, e.cluster.I, _ = st.Current.Lookup("clusterTime").TimestampOK()
	st.keep()
	doc, ok := st.Current.Lookup("fullDocument").DocumentOK()
	if !ok {
		return e, errShape
	}
	e.at = st.at
	e.record, err = readRecord(doc)
	return e, err
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
// tried: its place is no more in the history, or never was. What nobody has
// thought of is taken for that too, so that no stream stands before the same
// fault for ever.
func lost(err error) bool {
	if errors.Is(err, storage.ErrPositionLost) || errors.Is(err, errShape) {
		return true
	}
	var server mongo.ServerError
	return errors.As(err, &server) && !curable(err) && !interrupted(server)
}

// interrupted reports whether it was the operation that was ended, by an
// administrator or a change of the cluster, and not its place that was wrong.
func interrupted(err mongo.ServerError) bool {
	for _, code := range []int{43, 63, 150, 175, 216, 237, 11601} {
		if err.HasErrorCode(code) {
			return true
		}
	}
	return false
}

// follow calls told for each change from a place on, and current, if it is not
// nil, with a time up to which it has told all. It moves the place on, opens the
// stream again while that may help, and ends with ctx, told's error, or
// ErrPositionLost.
func (s *Store) follow(ctx context.Context, at *place, told func(entry) error, current func(time.Time)) error {
	for try := 0; ctx.Err() == nil; try++ {
		began := time.Now()
		err := s.followOnce(ctx, at, stallTime<<min(try, stallDoubles), told, func(asked time.Time) {
			if asked.Sub(began) > steadyTime {
				try = 0
			}
			if current != nil {
				current(asked)
			}
		})
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errLeft), errors.Is(err, errCaughtUp), errors.Is(err, storage.ErrPositionLost):
			return err
		case lost(err):
			return fmt.Errorf("%w: %w", storage.ErrPositionLost, err)
		}
		if try == 0 { // once while it lasts
			s.options.Logger.Info("the change stream broke, it is opened again", "error", err)
		}
		_ = pause(ctx, try+3)
	}
	return nil
}

// followOnce follows one stream, until it ends, gives no answer for the time of
// patience, or the primary that tells it is that no more.
func (s *Store) followOnce(ctx context.Context, at *place, patience time.Duration, told func(entry) error, current func(time.Time)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer s.primary.whenLost(func() { cancel(errNoPrimary) })()
	opening, opened := context.WithTimeout(ctx, patience)
	defer opened()
	st, err := s.openStream(opening, *at)
	if err != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	defer st.end()
	err = st.follow(ctx, patience, told, current)
	*at = st.at
	if errors.Is(context.Cause(ctx), errNoPrimary) && errors.Is(err, context.Canceled) {
		return errNoPrimary
	}
	return err
}

// follow tells what comes. An answer that is not full has all that there was when
// it was asked for, as an empty one has; but not the one that came with the
// stream, nor where the driver has opened another behind our back.
func (st *stream) follow(ctx context.Context, patience time.Duration, told func(entry) error, current func(time.Time)) error {
	known := st.RemainingBatchLength() == 0
	asks := rate.NewLimiter(askRate, askBurst)
	for {
		if err := asks.Wait(ctx); err != nil {
			return err
		}
		asked, id := time.Now(), st.ID()
		e, ok, err := st.answer(ctx, patience)
		if err != nil {
			return err
		}
		whole := known && st.ID() == id && st.RemainingBatchLength() < batchSize-1
		known = true
		for ok {
			if err := told(e); err != nil {
				return err
			}
			if st.RemainingBatchLength() == 0 {
				break
			}
			if e, ok, err = st.next(ctx); err != nil {
				return err
			}
		}
		if whole {
			current(asked)
		}
	}
}

// answer gives what an answer of the database begins with.
func (st *stream) answer(ctx context.Context, patience time.Duration) (entry, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return st.next(ctx)
}
