package realtime

import (
	"context"
	"errors"
	"time"

	"github.com/activityd/activityd/internal/api"
)

// How long the follower waits after a failure: twice as long each time.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

// follower reads the feed and tells the sockets. It is one goroutine.
type follower struct {
	teller
	position api.Position
	failing  bool
	pause    time.Duration
}

// run follows until ctx ends. After a failure it goes on from where it was; if
// that cannot be, with the newest, once all were told what came before it.
func (f *follower) run(ctx context.Context) {
	if !f.begin(ctx) {
		return
	}
	close(f.server.following)
	for {
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		f.failed(err)
		if !f.rest(ctx) {
			return
		}
		if errors.Is(err, api.ErrPositionLost) {
			if !f.begin(ctx) {
				return
			}
			f.server.catchUp(ctx)
		}
	}
}

// begin finds the feed's present end. It gives up only with ctx.
func (f *follower) begin(ctx context.Context) bool {
	for {
		position, err := f.server.Service.Head(ctx)
		if err == nil {
			f.position = position
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		f.failed(err)
		if !f.rest(ctx) {
			return false
		}
	}
}

// follow takes one change after the other.
func (f *follower) follow(ctx context.Context) error {
	for d, err := range f.server.Service.Feed(ctx, f.position) {
		if err != nil {
			return err
		}
		if f.failing {
			f.failing, f.pause = false, 0
			f.server.Logger.Info("the feed of changes goes on")
		}
		if err := try(func() { f.take(ctx, &d.Change) }); err != nil {
			for _, s := range f.server.hub.of(d.Change.User) {
				f.server.blind(ctx, s, err)
			}
		}
		f.position = d.Position
	}
	return nil
}

// try gives the panic of what it calls.
func try(work func()) (err error) {
	defer survive(&err)
	work()
	return nil
}

// failed logs the first of failures in a row.
func (f *follower) failed(err error) {
	if !f.failing {
		f.failing = true
		f.server.Logger.Error("the feed of changes has stopped; it is tried again", "error", err)
	}
}

// rest waits before another try, and reports whether ctx still lives.
func (f *follower) rest(ctx context.Context) bool {
	f.pause = min(max(2*f.pause, firstPause), lastPause)
	timer := time.NewTimer(f.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
