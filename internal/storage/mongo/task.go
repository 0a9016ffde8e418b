package mongo

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"github.com/activityd/activityd/internal/activity"
)

// task is a function that waits for its place in a group.
type task struct {
	op        string
	origin    activity.Origin
	run       func(*update) error
	cancelled func() error
	watched   func(units int, err error) // called by wait; may be nil
	state     atomic.Int32
	settled   bool // err is what it is, whatever becomes of the others
	err       error
	units     int // that ran in its group
	done      chan struct{}
}

// newTask makes a task that runs fn as a unit of work.
func newTask(op string, origin activity.Origin, fn func(*update) error) *task {
	return &task{op: op, origin: origin, run: fn, done: make(chan struct{})}
}

const (
	waiting int32 = iota
	running
	withdrawn
)

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
			return fmt.Errorf("storage/mongo: %s: %w", t.op, ctx.Err())
		}
		<-t.done
	}
	units = t.units
	return t.err
}

// call makes a panic the function's error.
func call(fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in a unit of work: %v\n%s", r, debug.Stack())
		}
	}()
	return fn()
}
