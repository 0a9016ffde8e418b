// Package chores runs what a store does of its own accord: sweeping what was
// deleted, storing what waits in memory, pruning the history.
//
// It imports nothing of ours.
package chores

import (
	"context"
	"log/slog"
	"time"
)

// Every is how often all is done that nobody asked for.
const Every = time.Minute

// Chores are what is to be done, never two of them at once. What fails is logged
// and tried again within Every.
type Chores struct {
	// Sweep removes what was deleted. Between two pieces of its work it calls
	// rest, which does the others where they are due.
	Sweep func(ctx context.Context, rest func()) error
	Flush func(context.Context) error // stores the uses of accesses
	Prune func(context.Context) error // removes what has had its time
	Log   *slog.Logger
}

// Janitor is the goroutine that does the chores.
type Janitor struct {
	wake   chan struct{}
	cancel context.CancelFunc
	done   chan struct{}
}

// New gives a janitor who may be poked already.
func New() *Janitor { return &Janitor{wake: make(chan struct{}, 1), done: make(chan struct{})} }

// Start begins with what the last process left, and goes on until Close.
func (j *Janitor) Start(c Chores) {
	ctx, cancel := context.WithCancel(context.Background())
	j.cancel = cancel
	go j.work(ctx, c)
}

// Poke says that there is something to sweep.
func (j *Janitor) Poke() {
	select {
	case j.wake <- struct{}{}:
	default: // it knows
	}
}

// Close ends the goroutine, which Start must have begun; what it was sweeping
// goes on at the next start.
func (j *Janitor) Close() {
	j.cancel()
	<-j.done
}

func (j *Janitor) work(ctx context.Context, c Chores) {
	defer close(j.done)
	due := time.NewTicker(Every)
	defer due.Stop()
	c.note(ctx, "prune", c.Prune(ctx))
	j.Poke()
	rest := func() {
		select {
		case <-due.C:
			c.keepHouse(ctx)
		default:
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-j.wake:
			c.note(ctx, "sweep", c.Sweep(ctx, rest))
		case <-due.C:
			c.keepHouse(ctx)
			j.Poke() // again what failed
		}
	}
}

func (c *Chores) keepHouse(ctx context.Context) {
	c.note(ctx, "store the uses of accesses", c.Flush(ctx))
	c.note(ctx, "prune", c.Prune(ctx))
}

func (c *Chores) note(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		c.Log.Warn("the store could not "+what, "error", err)
	}
}
