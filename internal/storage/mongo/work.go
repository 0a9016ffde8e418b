package mongo

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/activityd/activityd/internal/activity"
)

// chainBytes is how much a chain writes before it is committed.
const chainBytes = 4 << 20

// work is what one goroutine does for a user: some tasks that become a chain.
type work struct {
	store *Store
	user  activity.UserID
	tasks []*task
	n     int // of tasks that the chain has
	chain *chain

	careful bool // look whether ids are free
	alone   bool // not in a group with others
	sweep   bool // something big was deleted

	was    known     // what the last attempt began with
	losses int       // how often another server was faster
	asked  time.Time // when it asked for a turn; zero for not yet
}

// rest gives the tasks that are left for later.
func (w *work) rest() []*task { return w.tasks[w.n:] }

// run runs the tasks until they are committed or have failed.
func (w *work) run() {
	w.tryAll()
	if !w.asked.IsZero() {
		w.store.turns.thank(w.user)
	}
}

func (w *work) tryAll() {
	deadline := time.Now().Add(giveUpAfter)
	for try := 0; ; try++ {
		units, err := w.attempt()
		if err == nil || !errors.Is(err, errStale) && !errors.Is(err, errTaken) {
			w.answer(units, err)
			return
		}
		if errors.Is(err, errTaken) {
			w.careful = true
		} else {
			w.lost(err)
		}
		w.alone = true
		if time.Now().After(deadline) {
			w.answer(units, unavailable(err))
			return
		}
		if try > 0 {
			_ = w.store.waitAgain(context.Background(), try, err) // it never ends
		}
	}
}

// lost notes that another server was faster, and asks for a turn.
func (w *work) lost(err error) {
	w.losses++
	w.store.cache.Drop(w.user)
	if rival := conflict(err) || !curable(err); rival && time.Since(w.asked) > turnTime {
		w.asked = time.Now()
		w.store.turns.ask(w.user, w.store.now())
	}
}

// attempt runs the tasks once on what is known of the user. errStale and
// errTaken say that they must run again.
func (w *work) attempt() (units int, err error) {
	c, era, err := w.begun()
	if err != nil {
		w.n = len(w.tasks)
		return 0, failure("read the user", err)
	}
	w.chain, w.was = c, c.base
	defer c.end()
	if err := w.runAll(); err != nil {
		return 0, err
	}
	units = w.units()
	if !c.changed() {
		return units, w.verify()
	}
	if units, err = w.store.commitChain(c, units, w.alone); err != nil {
		return units, failure("commit", err)
	}
	w.store.turns.committed()
	if c.gone {
		w.store.cache.Drop(w.user)
	} else {
		// Another server may have gone on, and the feed have told of it already.
		w.store.cache.Offer(w.user, known{account: c.is.account, head: c.is.head, at: time.Now()}, era)
	}
	if w.sweep {
		w.store.janitor.Poke()
	}
	return units, nil
}

// begun gives the chain that the tasks run on, and the era of what it began with.
func (w *work) begun() (c *chain, era uint64, err error) {
	if err := w.store.outage.refuses(); err != nil {
		return nil, 0, err // those who waited for others do not wait again
	}
	if w.losses > 0 { // the shortest way
		_, _, era = w.store.cache.Get(w.user)
		c, err = w.store.openChain(w.user, w.was)
		return c, era, err
	}
	base, era, err := w.store.draft(w.user)
	if err != nil {
		return nil, 0, err
	}
	return newChain(w.store, w.user, base), era, nil
}

// runAll runs the tasks, one on what the other has left.
func (w *work) runAll() error {
	w.n, w.sweep = 0, false
	for _, t := range w.tasks {
		if w.chain.gone || w.n > 0 && w.chain.size > chainBytes {
			break // the others in a chain of their own
		}
		w.n++
		if t.settled || !w.begin(t) {
			continue
		}
		if err := w.runTask(t); err != nil {
			return err
		}
	}
	return nil
}

// begin reports whether the task runs: not when its context ended before.
func (w *work) begin(t *task) bool {
	if t.state.Load() == running {
		return true // again
	}
	if !t.state.CompareAndSwap(waiting, running) {
		t.settled = true
		return false
	}
	if t.err = t.cancelled(); t.err != nil {
		t.settled = true
	}
	return !t.settled
}

func (w *work) runTask(t *task) error {
	c := w.chain
	at := c.mark()
	u := newUpdate(w, t.origin)
	t.err = call(func() error { return t.run(u) })
	u.end()
	if c.broken != nil {
		return again(c.broken)
	}
	if t.err == nil {
		t.err = u.keep()
		return nil
	}
	if u.hoped {
		return errTaken // it may have failed on what it was promised
	}
	if !c.back(at) { // part of it is in the transaction
		if err := w.newest(); err != nil {
			return err
		}
		t.settled = true // its error is known: now the others without it
		return errStale
	}
	return nil
}

// verify makes sure, where nothing is to be committed, that the tasks ran on the
// newest.
func (w *work) verify() error {
	c := w.chain
	failed := false
	for _, t := range w.tasks[:w.n] {
		failed = failed || t.err != nil && !t.settled
	}
	_, trusted, _ := w.store.cache.Get(w.user)
	if !c.asked && !failed && trusted {
		return nil
	}
	return w.newest()
}

// newest fails with errStale where the chain did not begin with the newest.
func (w *work) newest() error {
	c := w.chain
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	session, err := w.store.causal()
	if err != nil {
		return err
	}
	defer w.store.end(session)
	d, err := w.store.readHead(mongo.NewSessionContext(ctx, session), w.user)
	if err != nil {
		return failure("read the user", err)
	}
	if d == nil || d.head() != c.base.head || d.Revision != c.base.account.revision {
		return errStale
	}
	return nil
}

// units gives how many of the chain's tasks ran.
func (w *work) units() (n int) {
	for _, t := range w.tasks[:w.n] {
		if t.state.Load() == running {
			n++
		}
	}
	return n
}

// answer ends the chain's tasks; err is why none of them was committed.
func (w *work) answer(units int, err error) {
	for _, t := range w.tasks[:w.n] {
		if err != nil && !t.settled {
			t.err = err
		}
		if t.state.Load() == running {
			t.units = units
		}
		close(t.done)
	}
}

// abandon gives up the tasks at work when the goroutine has ended.
func (w *work) abandon(err error) {
	if w.chain != nil {
		w.chain.end()
	}
	w.answer(0, err)
	if rest := w.rest(); len(rest) > 0 {
		w.store.queues.putBack(w.store.queues.queueOf(w.user), rest)
	}
}

// headFor is how long a sequence record that is cached is good to begin with.
// What makes it safe is that a change of the next number would be in the way if
// it were old: the history is kept longer, see prune.
const headFor = 10 * time.Minute

// draft gives the user as a unit of work begins with it, and the era for the
// offer of what it makes.
func (s *Store) draft(user activity.UserID) (k known, era uint64, err error) {
	k, _, era = s.cache.Get(user)
	if k.account != nil && time.Since(k.at) < headFor {
		return k, era, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	session, err := s.snapshot()
	if err != nil {
		return k, era, err
	}
	defer s.end(session)
	k, err = s.load(mongo.NewSessionContext(ctx, session), user, k)
	if err != nil {
		return k, era, err
	}
	if k.account == nil {
		return k, era, unknownUser()
	}
	s.clock.advanceTo(session.SnapshotTime())
	s.cache.Offer(user, k, era)
	return k, era, nil
}
