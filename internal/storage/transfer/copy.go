package transfer

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/activityd/activityd/internal/activity"
)

// users is how many users are copied at the same time: those with little are
// waited for more than worked at.
const users = 8

// ErrChanged is why a copy ends when somebody has written to the source.
const ErrChanged = constError("the source was changed while it was copied: stop all that writes to it, and run the same command again")

type constError string

func (e constError) Error() string { return string(e) }

// Copy fills the target with all that the source has, or goes on where a copy
// was that did not come to its end. The target is a store only when it was read
// again and found to be the same.
func Copy(ctx context.Context, from Source, to Target, p *Progress) error {
	c := &copying{from: from, to: to, progress: p}
	if err := p.begin(ctx, from); err != nil {
		return err
	}
	resumed, err := to.Begin(ctx, from.Epoch())
	if err != nil {
		return err
	}
	if resumed {
		if err := c.tidy(ctx); err != nil {
			return err
		}
	}
	if err := c.users(ctx); err != nil {
		return err
	}
	p.Checking.Store(true)
	if err := c.check(ctx); err != nil {
		return err
	}
	if err := c.shared(ctx); err != nil {
		return err
	}
	return to.Finish(ctx)
}

type copying struct {
	from     Source
	to       Target
	progress *Progress
}

// tidy clears what an interrupted copy left: users who are not whole, and those
// who are not as they were.
func (c *copying) tidy(ctx context.Context) error {
	for id, err := range c.to.Users(ctx) {
		if err != nil {
			return err
		}
		same, err := c.unchanged(ctx, id)
		if err == nil && !same {
			err = c.to.Clear(ctx, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unchanged reports whether the target has the whole user as the source has
// him.
func (c *copying) unchanged(ctx context.Context, id activity.UserID) (bool, error) {
	note, err := c.to.Marked(ctx, id)
	if err != nil || note == "" {
		return false, err
	}
	was, err := parseNote(note)
	if err != nil {
		return false, err
	}
	a, _, err := c.from.User(ctx, id)
	if isUnknown(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	is := sumAccount(a)
	return is == was.withoutEvents(), nil
}

func isUnknown(err error) bool {
	return errors.Is(err, activity.NewError(activity.CodeUnknownUser, ""))
}

// users copies all users, some at the same time.
func (c *copying) users(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ids := make(chan activity.UserID)
	var workers sync.WaitGroup
	for range users {
		workers.Go(func() {
			for id := range ids {
				if err := c.user(ctx, id); err != nil {
					cancel(err)
				}
			}
		})
	}
	err := c.each(ctx, ids)
	close(ids)
	workers.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func (c *copying) each(ctx context.Context, ids chan<- activity.UserID) error {
	for id, err := range c.from.Users(ctx) {
		if err != nil {
			return err
		}
		select {
		case ids <- id:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// user copies one user, reads what the target has then, and marks the user.
func (c *copying) user(ctx context.Context, id activity.UserID) error {
	note, err := c.to.Marked(ctx, id)
	if err != nil {
		return err
	}
	if note != "" {
		done, err := parseNote(note)
		c.progress.found(done.Events.Count + done.Tombstones.Count)
		return err
	}
	a, events, err := c.from.User(ctx, id)
	if isUnknown(err) {
		return ErrChanged
	}
	if err != nil {
		return err
	}
	sent := newEventSums()
	if err := c.to.PutUser(ctx, a, sent.through(events, func() { c.progress.Events.Add(1) })); err != nil {
		return fmt.Errorf("user %s: %w", a.User.Username, err)
	}
	sums := sent.in(sumAccount(a))
	kept, _, err := sumUser(ctx, c.to, id)
	if err != nil {
		return err
	}
	if d := sums.differences(kept); d != "" {
		return fmt.Errorf("user %s did not arrive whole, these differ: %s", a.User.Username, d)
	}
	if note, err = sums.note(); err != nil {
		return err
	}
	c.progress.Users.Add(1)
	return c.to.Mark(ctx, id, note)
}

// check makes sure that the source is still what was copied, and that the target
// has nobody else.
func (c *copying) check(ctx context.Context) error {
	n := 0
	for id, err := range c.from.Users(ctx) {
		if err != nil {
			return err
		}
		same, err := c.unchanged(ctx, id)
		if err != nil {
			return err
		}
		if !same {
			return ErrChanged
		}
		n++
	}
	for _, err := range c.to.Users(ctx) {
		if err != nil {
			return err
		}
		n--
	}
	if n != 0 {
		return ErrChanged
	}
	return nil
}

// shared copies what the users have in common.
func (c *copying) shared(ctx context.Context) error {
	s, err := c.from.Shared(ctx)
	if err != nil {
		return err
	}
	if err := c.to.PutShared(ctx, s); err != nil {
		return err
	}
	kept, err := c.to.Shared(ctx)
	if err != nil {
		return err
	}
	if sumShared(s) != sumShared(kept) {
		return errors.New("the keys, one-time tokens or blocked names did not arrive as they are")
	}
	return nil
}
