package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/counts"
	"github.com/activityd/activityd/internal/storage/memory"
)

const (
	groupSize = 64  // units of work in one commit
	queueSize = 256 // that wait before callers do
	pollEvery = 100 * time.Millisecond
)

// writer owns the connection that writes. All else that its goroutine works
// with is its own too, but for the cache and the news.
type writer struct {
	conn   *conn
	cache  *memory.Cache[*account]
	news   *news
	clock  func() time.Time
	log    *slog.Logger
	counts *counts.Counts

	queue   chan *task
	closing chan struct{} // no further tasks come
	ended   chan struct{} // the goroutine has gone

	drafts  *simplelru.LRU[activity.UserID, *draft]
	seen    int64  // the last data_version
	foreign func() // called when another process has written

	group  []*task  // at work
	active []*draft // that the group has asked for
	now    activity.Timestamp
}

// draft is a user as the group at work sees it.
type draft struct {
	id      activity.UserID
	account *account
	head    head
	active  bool // stands in writer.active
	dirty   bool // in this group: the head must be written
	renewed bool // in this group: the account is another
	gone    bool // in this group: the user was deleted
}

// task is a function that waits for its place in a group.
type task struct {
	op        string
	run       func() error
	cancelled func() error
	committed func()                     // called after the commit, before the answer; may be nil
	watched   func(units int, err error) // called by wait; may be nil
	state     atomic.Int32
	err       error
	units     int // that ran in its group
	done      chan struct{}
}

// newTask makes a task that runs fn as a unit of work. committed, when not nil,
// runs in the writer's goroutine too if the unit was committed.
func newTask(op string, fn func() error, committed func()) *task {
	return &task{op: op, run: fn, committed: committed, done: make(chan struct{})}
}

const (
	waiting int32 = iota
	running
	withdrawn
)

// do runs fn in the writer's goroutine as newTask says, and waits for it.
func (w *writer) do(ctx context.Context, op string, fn func() error, committed func()) error {
	t := newTask(op, fn, committed)
	w.submit(ctx, t)
	return t.wait(ctx)
}

// submit puts the task into the queue; it is withdrawn when ctx ends before.
func (w *writer) submit(ctx context.Context, t *task) {
	t.cancelled = ctx.Err
	if ctx.Err() != nil {
		t.state.Store(withdrawn)
		return
	}
	select {
	case w.queue <- t:
	case <-ctx.Done():
		t.state.Store(withdrawn)
	}
}

// wait gives the task's error when it is done, or has been withdrawn because
// ctx ended before it ran.
func (t *task) wait(ctx context.Context) (err error) {
	units := 0
	if t.watched != nil {
		defer func() { t.watched(units, err) }()
	}
	select {
	case <-t.done:
	case <-ctx.Done():
		if t.state.CompareAndSwap(waiting, withdrawn) || t.state.Load() == withdrawn {
			return fmt.Errorf("storage/sqlite: %s: %w", t.op, ctx.Err())
		}
		<-t.done
	}
	units = t.units
	return t.err
}

// loop works until close. A function that ends its goroutine (as a test's
// FailNow does) ends the loop's: another takes over.
func (w *writer) loop() {
	normal := false
	defer func() {
		if normal {
			close(w.ended)
			return
		}
		w.abandon()
		go w.loop()
	}()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		select {
		case t := <-w.queue:
			w.work(t)
		case <-poll.C:
			w.look()
		case <-w.closing:
			w.drain()
			normal = true
			return
		}
	}
}

// drain works off what was queued before the end.
func (w *writer) drain() {
	for {
		select {
		case t := <-w.queue:
			w.work(t)
		default:
			return
		}
	}
}

// look notices what other processes have committed.
func (w *writer) look() {
	at := time.Now()
	moved, err := w.moved()
	if err != nil {
		w.log.Warn("cannot look for other processes' commits", "error", err)
		return
	}
	if moved {
		w.cache.Forget()
		w.news.tell()
		w.foreign()
	}
	w.cache.Current(at)
}

func (w *writer) moved() (bool, error) {
	version, err := w.conn.integer("PRAGMA data_version")
	if err != nil {
		return false, err
	}
	moved := version != w.seen
	if moved {
		w.seen = version
		w.drafts.Purge()
	}
	return moved, nil
}

// work makes one group of t and what waits behind it.
func (w *writer) work(t *task) {
	w.group = append(w.group[:0], t)
	for len(w.group) < groupSize {
		select {
		case t := <-w.queue:
			w.group = append(w.group, t)
			continue
		default:
		}
		break
	}
	began := time.Now()
	err := w.transact()
	w.counts.Group(w.ran(), time.Since(began), err)
	w.answer(err)
}

// ran gives how many of the group's tasks were not withdrawn.
func (w *writer) ran() (n int) {
	for _, t := range w.group {
		if t.state.Load() == running {
			n++
		}
	}
	return n
}

// answer ends the group's tasks; err is why none of them was committed.
func (w *writer) answer(err error) {
	if err != nil {
		err = failure("commit", err)
	}
	w.publish(err == nil)
	for _, t := range w.group {
		if err != nil {
			t.err = err
		} else if t.err == nil && t.committed != nil && t.state.Load() == running {
			t.committed()
		}
	}
	if err == nil {
		w.news.tell()
	}
	units := w.ran()
	for i, t := range w.group {
		t.units = units
		close(t.done)
		w.group[i] = nil
	}
	w.group = w.group[:0]
}

// abandon gives up the group that was at work when the goroutine ended.
func (w *writer) abandon() {
	err := errors.New("a unit of work ended the writer's goroutine")
	if !w.conn.AutocommitEnabled() {
		if rollbackErr := w.conn.exec("ROLLBACK"); rollbackErr != nil {
			w.log.Error("cannot roll back", "error", rollbackErr)
		}
	}
	w.answer(unavailable(err))
}

// transact runs the group's functions and commits.
func (w *writer) transact() error {
	if err := w.conn.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := w.body()
	if err == nil {
		err = w.conn.exec("COMMIT")
	}
	if err != nil && !w.conn.AutocommitEnabled() {
		if rollbackErr := w.conn.exec("ROLLBACK"); rollbackErr != nil {
			w.log.Error("cannot roll back", "error", rollbackErr)
		}
	}
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultFull {
		// Where the log's pages have their places in the file already, this
		// makes room; where not, the next try says so.
		if checkpointErr := w.conn.exec("PRAGMA wal_checkpoint(PASSIVE)"); checkpointErr != nil {
			w.log.Debug("the disk is full", "error", checkpointErr)
		}
	}
	return err
}

func (w *writer) body() error {
	at := time.Now()
	moved, err := w.moved()
	if err != nil {
		return err
	}
	if moved {
		w.cache.Forget()
		w.foreign()
	}
	w.cache.Current(at)
	w.now = activity.TimestampOf(w.clock())
	for _, t := range w.group {
		if !t.state.CompareAndSwap(waiting, running) {
			continue
		}
		if t.err = t.cancelled(); t.err != nil {
			continue
		}
		if err := w.attempt(t); err != nil {
			return err
		}
	}
	return w.writeHeads()
}

// attempt runs one function within a savepoint. It fails only if the whole
// group has.
func (w *writer) attempt(t *task) error {
	if err := w.conn.exec("SAVEPOINT unit"); err != nil {
		return err
	}
	t.err = call(t.run)
	if w.conn.AutocommitEnabled() {
		// SQLite rolled all back: the disk is full or failed.
		return unavailable(errors.Join(errLost, t.err))
	}
	if t.err != nil {
		if err := w.conn.exec("ROLLBACK TO unit"); err != nil {
			return err
		}
	}
	return w.conn.exec("RELEASE unit")
}

var errLost = errors.New("the transaction was lost")

// call makes a panic the function's error.
func call(fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in a unit of work: %v\n%s", r, debug.Stack())
		}
	}()
	return fn()
}

// draft gives the user as the group sees it.
func (w *writer) draft(id activity.UserID) (*draft, error) {
	d, ok := w.drafts.Get(id)
	if !ok {
		a, h, err := loadAccount(w.conn, id)
		if err != nil {
			return nil, err
		}
		if a == nil {
			return nil, storage.UnknownUser()
		}
		d = &draft{id: id, account: a, head: h}
		w.drafts.Add(id, d)
	}
	if !d.active {
		d.active = true
		w.active = append(w.active, d)
	}
	if d.gone {
		return nil, storage.UnknownUser()
	}
	return d, nil
}

// writeHeads writes where the history of each user of the group stands, once
// for all units.
func (w *writer) writeHeads() error {
	for _, d := range w.active {
		if d.gone || !d.dirty {
			continue
		}
		err := w.conn.exec("UPDATE heads SET seq = ?, modified = ?, revision = ? WHERE user_key = ?",
			int64(d.head.seq), d.head.modified, d.account.revision, d.account.key)
		if err != nil {
			return err
		}
	}
	return nil
}

// publish makes the committed accounts known to the readers, or forgets the
// drafts of a group that was not committed.
func (w *writer) publish(committed bool) {
	for i, d := range w.active {
		switch {
		case !committed:
			w.drafts.Remove(d.id)
		case d.gone:
			w.cache.Drop(d.id)
			w.drafts.Remove(d.id)
		case d.renewed:
			w.cache.Publish(d.id, d.account)
		}
		d.active, d.dirty, d.renewed = false, false, false
		w.active[i] = nil
	}
	w.active = w.active[:0]
}

// close ends the goroutine when all that was queued is done.
func (w *writer) close() error {
	close(w.closing)
	<-w.ended
	return w.conn.Close()
}

func (c *conn) integer(sql string, args ...any) (int64, error) {
	var n int64
	err := c.query(sql, func(s *sqlite.Stmt) error {
		n = s.ColumnInt64(0)
		return nil
	}, args...)
	return n, err
}
