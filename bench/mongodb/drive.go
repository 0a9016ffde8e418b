//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/activityd/activityd/bench/proc"
)

// running is a subject at work on a database of its own.
type running struct {
	server proc.PID // 0 where the load itself is the client of mongod
	worker func(i, of int) (*worker, error)
	stop   func() error
}

// worker does one operation after the other.
type worker struct {
	call  func(ctx context.Context) error
	close func() error
}

// drive lets n workers work, and adds what was measured to the results.
func (b *bench) drive(ctx context.Context, r *running, of *row, subject string, n int) (operations int64, err error) {
	if r.server != 0 { // the load needs no more, and hands itself over less
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	}
	workers := make([]*worker, n)
	for i := range workers {
		if workers[i], err = r.worker(i, n); err != nil {
			return 0, err
		}
	}
	var count atomic.Int64
	var stopped atomic.Bool
	ended := make(chan error, n)
	for _, w := range workers {
		go func() {
			var err error
			for err == nil && !stopped.Load() && ctx.Err() == nil {
				if err = w.call(ctx); err == nil {
					count.Add(1)
				}
			}
			ended <- errors.Join(err, ctx.Err(), w.close())
		}()
	}
	time.Sleep(b.warm)
	before, err := b.meter(r.server)
	first := count.Load()
	time.Sleep(b.measuring)
	after, err2 := b.meter(r.server)
	done := count.Load() - first
	stopped.Store(true)
	err = errors.Join(err, err2)
	for range workers {
		if one := <-ended; err == nil { // they mostly fail alike
			err = one
		}
	}
	if err == nil && done == 0 {
		err = errors.New("nothing was done")
	}
	if err != nil {
		return 0, err
	}
	b.add(of.name, of.unit, of.goal, subject, float64(done)/after.at.Sub(before.at).Seconds())
	b.addUse(of.name, subject, before, after, done)
	return count.Load(), nil
}

// meter is processor time used so far.
type meter struct {
	at                   time.Time
	server, mongod, load time.Duration
}

func (b *bench) meter(server proc.PID) (m meter, err error) {
	if server != 0 {
		if m.server, err = server.CPU(); err != nil {
			return m, err
		}
	}
	if m.mongod, err = b.mongod.CPU(); err != nil {
		return m, err
	}
	m.load, err = proc.PID(os.Getpid()).CPU()
	m.at = time.Now()
	return m, err
}

// addUse adds what the processor was used for.
func (b *bench) addUse(name, subject string, before, after meter, n int64) {
	b.use(name, subject).add(used{
		server: micros(after.server-before.server, n),
		mongod: micros(after.mongod-before.mongod, n),
		load:   micros(after.load-before.load, n),
		busy: float64(after.server-before.server+after.mongod-before.mongod+after.load-before.load) /
			float64(after.at.Sub(before.at)) / float64(runtime.NumCPU()),
	})
}

// micros gives a time for each of n operations, in microseconds.
func micros(d time.Duration, n int64) float64 {
	return float64(d) / float64(time.Microsecond) / float64(max(1, n))
}

// opened runs do with a contender on a new database.
func (b *bench) opened(ctx context.Context, c *contender, do func(database string, r *running) error) error {
	return b.onNew(ctx, c.name, func(database string) error {
		r, err := c.open(b, ctx, database)
		if err != nil {
			return err
		}
		return errors.Join(do(database, r), r.stop())
	})
}

// onNew says what is being measured, runs do with the name of a new database, and
// drops it.
func (b *bench) onNew(ctx context.Context, what string, do func(database string) error) error {
	if err := b.say("%s", what); err != nil {
		return err
	}
	b.databases++
	database := fmt.Sprintf("bench%d", b.databases)
	if err := errors.Join(do(database), b.mongod.drop(ctx, database)); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// inTurns measures subjects one after the other, in so many rounds.
func (b *bench) inTurns(subjects []*contender, measure func(*contender) error) error {
	for range b.rounds {
		for _, s := range subjects {
			if b.only != "" && b.only != s.name {
				continue
			}
			if err := measure(s); err != nil {
				return err
			}
		}
	}
	return nil
}
