package mongo

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// view is a unit of reading. It begins with what is cached, if that can be
// trusted; the first read of the database but for single things, or an error of
// the domain, finds out whether it was the newest, and if not fn runs again on
// what is.
type view struct {
	store *Store
	user  activity.UserID

	is       known
	trusted  bool            // is was to be trusted as the view began
	session  *mongo.Session  // nil until the database is read
	since    *bson.Timestamp // what a snapshot that is not verified must not be older than
	verified bool            // is is what the snapshot has
	stale    bool
}

func (v *view) run(ctx context.Context, fn func(storage.Tx) error) error {
	k, trusted, _ := v.store.cache.Get(v.user)
	v.is, v.trusted = k, trusted
	if k.account == nil || !trusted {
		if err := v.renew(ctx); err != nil {
			return err
		}
	}
	err := v.once(ctx, fn)
	if err != nil && ctx.Err() != nil {
		return ended(ctx, "view", err)
	}
	if v.late() {
		v.close()
		v.session, v.verified, v.stale = nil, false, true
	}
	var told *activity.Error
	if !v.stale && !v.verified && errors.As(err, &told) {
		if _, checkErr := v.open(ctx); checkErr != nil && !v.stale {
			return checkErr
		}
	}
	if !v.stale {
		return err
	}
	if err := v.renew(ctx); err != nil {
		return err
	}
	return v.once(ctx, fn)
}

func (v *view) once(ctx context.Context, fn func(storage.Tx) error) error {
	tx := &viewTx{reads: reads{store: v.store, user: v.user, account: v.is.account, open: v.open, single: v.single, head: func() head { return v.is.head }}}
	defer tx.end()
	return fn(tx)
}

// single gives the context for a read of one thing, for which an account that is
// trusted does.
func (v *view) single(ctx context.Context) (context.Context, error) {
	if !v.trusted || v.verified || v.stale || ctx.Err() != nil {
		return v.open(ctx)
	}
	if v.session == nil {
		session, err := v.store.snapshot()
		if err != nil {
			return nil, ended(ctx, "view", err)
		}
		v.session, v.since = session, v.store.clock.get()
	}
	return mongo.NewSessionContext(ctx, v.session), nil
}

// late reports whether a snapshot for single things is older than what this
// process had committed, as it may be after a failover.
func (v *view) late() bool {
	if v.session == nil || v.since == nil {
		return false
	}
	at := v.session.SnapshotTime()
	return !at.IsZero() && at.Before(*v.since)
}

// open gives the context for reads in a snapshot of which the account is known
// to be true.
func (v *view) open(ctx context.Context) (context.Context, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if v.verified {
		return mongo.NewSessionContext(ctx, v.session), nil
	}
	if v.stale {
		return nil, errStale
	}
	was := v.is.account
	if err := v.begin(ctx); err != nil {
		return nil, err
	}
	if v.is.account == nil || v.is.account.revision != was.revision {
		v.verified, v.stale = false, true
		return nil, errStale
	}
	return mongo.NewSessionContext(ctx, v.session), nil
}

// renew makes the account what a snapshot has.
func (v *view) renew(ctx context.Context) error {
	if v.stale && v.session != nil { // begin has read it
		v.stale, v.verified = false, true
		if v.is.account == nil {
			return unknownUser()
		}
		return nil
	}
	v.stale = false
	if err := v.begin(ctx); err != nil {
		return err
	}
	if v.is.account == nil {
		return unknownUser()
	}
	return nil
}

// begin begins the snapshot, if it has not begun, and reads the user in it.
func (v *view) begin(ctx context.Context) error {
	if v.session != nil {
		k, err := v.store.load(mongo.NewSessionContext(ctx, v.session), v.user, v.is)
		if err == nil {
			v.is, v.verified = k, true
		}
		return ended(ctx, "view", err)
	}
	session, k, err := v.store.newest(ctx, v.user)
	if err != nil {
		return ended(ctx, "view", err)
	}
	v.session, v.since, v.is, v.verified = session, nil, k, true
	return nil
}

func (v *view) close() {
	if v.session != nil {
		v.store.end(v.session)
	}
}

// newest begins a snapshot and gives the user as it has him, by way of the
// cache; the account is nil for an unknown user. After a failover the snapshot
// may be older than what this process has committed: then it begins another.
func (s *Store) newest(ctx context.Context, user activity.UserID) (*mongo.Session, known, error) {
	deadline := time.Now().Add(giveUpAfter)
	for try := 0; ; try++ {
		old, _, era := s.cache.Get(user)
		session, err := s.snapshot()
		if err != nil {
			return nil, old, err
		}
		k, err := s.load(mongo.NewSessionContext(ctx, session), user, old)
		if err == nil && old.account != nil && k.account != nil && (k.head.seq < old.head.seq || k.account.revision < old.account.revision) {
			err = errLater
		}
		if err == nil {
			if k.account == nil {
				s.cache.Drop(user)
			} else {
				s.cache.Offer(user, k, era)
			}
			return session, k, nil
		}
		s.end(session)
		if !errors.Is(err, errLater) || time.Now().After(deadline) || pause(ctx, try) != nil {
			return nil, old, err
		}
	}
}

// onSnapshot runs fn on a snapshot with the user as it has him. CodeUnknownUser.
func (s *Store) onSnapshot(ctx context.Context, user activity.UserID, fn func(context.Context, known) error) error {
	session, k, err := s.newest(ctx, user)
	if err != nil {
		return err
	}
	defer s.end(session)
	if k.account == nil {
		return unknownUser()
	}
	return fn(mongo.NewSessionContext(ctx, session), k)
}
