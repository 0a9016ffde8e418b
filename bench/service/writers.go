//go:build linux

package main

import (
	"context"
	"errors"
	"sync"
	"time"
)

// writers record events at a steady rate, however long each takes.
type writers struct {
	house *house
	rate  int                      // events a second
	next  func(n int) int          // the user of the nth event
	begun func(user int)           // called as its request is handed out; nil for nothing
	done  func(took time.Duration) // called when a request was answered
	count int                      // connections
	until <-chan time.Time         // when to stop
}

// run returns when the time is over and all requests are answered.
func (w *writers) run(ctx context.Context) error {
	all, err := clients(w.house.Addr, w.count)
	if err != nil {
		return err
	}
	jobs := make(chan int, w.rate)
	failed := make(chan error, len(all))
	var working sync.WaitGroup
	for _, c := range all {
		working.Go(func() {
			for u := range jobs {
				begun := time.Now()
				if err := c.create(w.house.users[u]); err != nil {
					failed <- err
					break
				}
				w.done(time.Since(begun))
			}
			failed <- c.conn.Close()
		})
	}
	err = w.hand(ctx, jobs, failed)
	close(jobs)
	working.Wait()
	return err
}

// hand gives out what is due, looked at every millisecond at least.
func (w *writers) hand(ctx context.Context, jobs chan<- int, failed <-chan error) error {
	ticks := time.NewTicker(min(time.Millisecond, time.Second/time.Duration(w.rate)))
	defer ticks.Stop()
	begun := time.Now()
	for n := 0; ; {
		select {
		case <-ticks.C:
		case <-w.until:
			return nil
		case err := <-failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
		for due := int(time.Since(begun).Seconds() * float64(w.rate)); n < due; n++ {
			u := w.next(n)
			if w.begun != nil {
				w.begun(u)
			}
			select {
			case jobs <- u:
			default:
				return errors.New("the server does not keep up")
			}
		}
	}
}
