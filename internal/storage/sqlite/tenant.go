package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// tenant is one user's data.
type tenant struct {
	store *Store
	user  activity.UserID
}

// View runs fn for reading; see view.
func (t tenant) View(ctx context.Context, fn func(storage.Tx) error) error {
	if err := t.store.enter(); err != nil {
		return err
	}
	defer t.store.leave()
	v := &view{store: t.store, user: t.user}
	defer v.close()
	return v.run(ctx, fn)
}

// Update runs fn in the writer's goroutine, in a group with others.
func (t tenant) Update(ctx context.Context, origin activity.Origin, fn func(storage.Tx) error) error {
	return t.UpdateEach(ctx, origin, []func(storage.Tx) error{fn})[0]
}

// UpdateEach runs the functions in the writer's goroutine, in groups with
// others. They are queued without waiting, and the queue keeps their order.
func (t tenant) UpdateEach(ctx context.Context, origin activity.Origin, fns []func(storage.Tx) error) []error {
	errs := make([]error, len(fns))
	if err := t.store.enter(); err != nil {
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	defer t.store.leave()
	tasks := make([]*task, len(fns))
	for i, fn := range fns {
		if i >= queuedAtOnce {
			errs[i-queuedAtOnce] = tasks[i-queuedAtOnce].wait(ctx)
		}
		tasks[i] = t.unit(origin, fn)
		if watch := t.store.options.Watch; watch != nil {
			tasks[i].watched = watch(ctx)
		}
		t.store.writer.submit(ctx, tasks[i])
	}
	for i := max(0, len(fns)-queuedAtOnce); i < len(fns); i++ {
		errs[i] = tasks[i].wait(ctx)
	}
	return errs
}

// queuedAtOnce bounds what one caller has in the queue: enough for full groups,
// while others find a place between.
const queuedAtOnce = 2 * groupSize

// unit gives the task that runs fn as a unit of work.
func (t tenant) unit(origin activity.Origin, fn func(storage.Tx) error) *task {
	sweep := false
	run := func() error {
		d, err := t.store.writer.draft(t.user)
		if err != nil {
			return failure("read the user", err)
		}
		u := newUpdate(t.store, d, origin)
		defer u.end()
		if err := fn(u); err != nil {
			return err
		}
		sweep = u.sweep
		return u.keep(d)
	}
	return newTask("update", run, func() {
		if sweep {
			t.store.janitor.Poke()
		}
	})
}

// Touch notes the use of an access.
func (t tenant) Touch(id activity.AccessID, at activity.Timestamp) {
	t.store.uses.Add(t.user, id, at)
}

// view is a unit of reading. It begins with what is cached, if that can be
// trusted; the first read of the file, or an error of the domain, finds out
// whether it was the newest, and if not fn runs again on what is.
type view struct {
	store *Store
	user  activity.UserID

	account  *account
	head     head  // as of the snapshot
	conn     *conn // nil until the file is read
	verified bool  // account is what the snapshot has
	stale    bool
}

var errStale = errors.New("storage/sqlite: read again: the structure had changed")

func (v *view) run(ctx context.Context, fn func(storage.Tx) error) error {
	a, trusted, era := v.store.cache.Get(v.user)
	v.account = a
	if a == nil || !trusted {
		if err := v.renew(ctx, era); err != nil {
			return err
		}
	}
	err := v.once(ctx, fn)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("storage/sqlite: view: %w", ctx.Err())
	}
	var known *activity.Error
	if !v.stale && !v.verified && errors.As(err, &known) {
		if _, checkErr := v.open(ctx); checkErr != nil && !v.stale {
			return checkErr
		}
	}
	if !v.stale {
		return err
	}
	if err := v.renew(ctx, era); err != nil {
		return err
	}
	return v.once(ctx, fn)
}

func (v *view) once(ctx context.Context, fn func(storage.Tx) error) error {
	tx := &viewTx{reads: reads{store: v.store, user: v.user, account: v.account, open: v.open, head: func() head { return v.head }}}
	defer tx.end()
	return fn(tx)
}

// open gives the connection, in a snapshot of which the account is known to be
// true.
func (v *view) open(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if v.verified {
		return v.conn, nil
	}
	if v.stale {
		return nil, errStale
	}
	if err := v.begin(ctx); err != nil {
		return nil, err
	}
	revision, h, err := readHead(v.conn, v.account.key)
	if err != nil {
		return nil, v.store.readers.failed(ctx, "view", err)
	}
	if revision != v.account.revision {
		v.stale = true
		return nil, errStale
	}
	v.head, v.verified = h, true
	return v.conn, nil
}

// renew makes the account what a snapshot has.
func (v *view) renew(ctx context.Context, era uint64) error {
	if err := v.begin(ctx); err != nil {
		return err
	}
	a, h, err := freshAccount(v.conn, v.account, v.user)
	if err != nil {
		return v.store.readers.failed(ctx, "view", err)
	}
	if a == nil {
		return storage.UnknownUser()
	}
	v.store.cache.Offer(v.user, a, era)
	v.account, v.head, v.verified, v.stale = a, h, true, false
	return nil
}

// begin begins the snapshot: the first read of the file sets its moment.
func (v *view) begin(ctx context.Context) error {
	if v.conn != nil {
		return nil
	}
	c, err := v.store.readers.take(ctx)
	if err != nil {
		return err
	}
	v.conn = c
	return failure("view", c.exec("BEGIN"))
}

func (v *view) close() {
	if v.conn == nil {
		return
	}
	if err := v.conn.end(); err != nil {
		v.store.options.Logger.Error("cannot end a read transaction", "error", err)
	}
	v.store.readers.put(v.conn)
}

// freshAccount gives the user's account in the connection's snapshot: known, if
// that is still it, nil for an unknown user.
func freshAccount(c *conn, known *account, user activity.UserID) (*account, head, error) {
	if known != nil {
		revision, h, err := readHead(c, known.key)
		if err != nil {
			return nil, h, err
		}
		if revision == known.revision {
			return known, h, nil
		}
	}
	return loadAccount(c, user)
}

// newest gives the user's account in the connection's snapshot, by way of the
// cache.
func (s *Store) newest(c *conn, user activity.UserID) (*account, error) {
	known, _, era := s.cache.Get(user)
	a, _, err := freshAccount(c, known, user)
	if err != nil {
		return nil, fmt.Errorf("read the user: %w", err)
	}
	if a == nil {
		return nil, storage.UnknownUser()
	}
	if a != known {
		s.cache.Offer(user, a, era)
	}
	return a, nil
}
