package mongo

import (
	"context"

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

// Update runs fn after those of the same user, and commits it in a group with
// others.
func (t tenant) Update(ctx context.Context, origin activity.Origin, fn func(storage.Tx) error) error {
	return t.UpdateEach(ctx, origin, []func(storage.Tx) error{fn})[0]
}

// queuedAtOnce bounds what one caller has in the queue of its user.
const queuedAtOnce = 2 * chainSize

// UpdateEach queues the functions without waiting for each; the queue keeps
// their order, and they share commits.
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
		tasks[i] = newTask("update", origin, func(u *update) error { return fn(u) })
		if watch := t.store.options.Watch; watch != nil {
			tasks[i].watched = watch(ctx)
		}
		t.store.submit(ctx, t.user, tasks[i])
	}
	for i := max(0, len(fns)-queuedAtOnce); i < len(fns); i++ {
		errs[i] = tasks[i].wait(ctx)
	}
	return errs
}

// Touch notes the use of an access.
func (t tenant) Touch(id activity.AccessID, at activity.Timestamp) {
	t.store.uses.Add(t.user, id, at)
}
