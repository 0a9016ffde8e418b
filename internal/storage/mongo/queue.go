package mongo

import (
	"context"
	"errors"
	"sync"

	"github.com/activityd/activityd/internal/activity"
)

const (
	groupSize = 64  // units of work in one commit of several users
	chainSize = 64  // units of one user in one commit
	atWork    = 256 // users whose units run at the same time
)

// queues hold the tasks that wait, by user. Each user with tasks has one
// goroutine, so that units of one user never overlap.
type queues struct {
	mu    sync.Mutex
	of    map[activity.UserID]*queue
	slots chan struct{}
	work  sync.WaitGroup
}

// queue is what waits for one user; it is there while a goroutine serves it.
type queue struct {
	user  activity.UserID
	tasks []*task
}

func newQueues() *queues {
	return &queues{of: map[activity.UserID]*queue{}, slots: make(chan struct{}, atWork)}
}

// submit puts a task behind those of its user; it is withdrawn where ctx has
// ended.
func (s *Store) submit(ctx context.Context, user activity.UserID, t *task) {
	t.cancelled = ctx.Err
	if ctx.Err() != nil {
		t.state.Store(withdrawn)
		return
	}
	q := s.queues
	q.mu.Lock()
	defer q.mu.Unlock()
	if of, ok := q.of[user]; ok {
		of.tasks = append(of.tasks, t)
		return
	}
	of := &queue{user: user, tasks: []*task{t}}
	q.of[user] = of
	q.work.Go(func() { s.serve(of) })
}

// do runs fn as a unit of work of the user and waits for it.
func (s *Store) do(ctx context.Context, user activity.UserID, op string, fn func(*update) error) error {
	t := newTask(op, activity.Origin{}, fn)
	s.submit(ctx, user, t)
	return t.wait(ctx)
}

// take gives the tasks to run next; none when nobody waits any more, and the
// queue is gone then.
func (q *queues) take(of *queue) []*task {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(of.tasks) == 0 {
		delete(q.of, of.user)
		return nil
	}
	n := min(len(of.tasks), chainSize)
	tasks := of.tasks[:n:n]
	of.tasks = of.tasks[n:]
	return tasks
}

// putBack puts tasks that did not run to the front.
func (q *queues) putBack(of *queue, tasks []*task) {
	q.mu.Lock()
	defer q.mu.Unlock()
	of.tasks = append(tasks[:len(tasks):len(tasks)], of.tasks...)
}

// queueOf gives the queue of a user who has one.
func (q *queues) queueOf(user activity.UserID) *queue {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.of[user]
}

// waiting gives how many tasks wait.
func (q *queues) waiting() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, of := range q.of {
		n += len(of.tasks)
	}
	return n
}

// wait waits until nothing is at work.
func (q *queues) wait() { q.work.Wait() }

// serve runs what waits for a user. A function that ends its goroutine (as a
// test's FailNow does) ends this one: another takes over.
func (s *Store) serve(q *queue) {
	s.queues.slots <- struct{}{}
	var at *work
	defer func() {
		<-s.queues.slots
		if at != nil {
			at.abandon(unavailable(errors.New("a unit of work ended its goroutine")))
			s.queues.work.Go(func() { s.serve(q) })
		}
	}()
	for {
		tasks := s.queues.take(q)
		if tasks == nil {
			return
		}
		at = &work{store: s, user: q.user, tasks: tasks}
		at.run()
		if rest := at.rest(); len(rest) > 0 {
			s.queues.putBack(q, rest)
		}
		at = nil
		s.turns.leave(q.user) // new tasks gather meanwhile
	}
}
