package mongo

import (
	"context"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/writes"
)

// CreateAccess stores a new access.
func (u *update) CreateAccess(_ context.Context, v *activity.Access) error {
	h := u.next()
	step, err := writes.CreateAccess(u.account.structure, v, h.seq, h.modified)
	if err != nil {
		return err
	}
	return u.putAccess(v.ID, step)
}

// UpdateAccess stores an access.
func (u *update) UpdateAccess(_ context.Context, v *activity.Access) error {
	h := u.next()
	step, err := writes.UpdateAccess(u.account.structure, v, h.seq, h.modified)
	if err != nil {
		return err
	}
	return u.putAccess(v.ID, step)
}

func (u *update) putAccess(id activity.AccessID, step writes.Step) error {
	kept, _ := step.Structure.Access(id) // what the caller has may change before the commit
	d, err := accessDocOf(u.user, &kept)
	if err != nil {
		return err
	}
	return u.write(step.Change, u.account.with(step.Structure), u.item(accessKind, string(id), string(id), d))
}

// DeleteAccess removes an access.
func (u *update) DeleteAccess(_ context.Context, id activity.AccessID) error {
	step, err := writes.DeleteAccess(u.account.structure, id)
	if err != nil {
		return err
	}
	return u.write(step.Change, u.account.with(step.Structure),
		u.item(accessKind, string(id), string(id), nil), u.item(useKind, string(id), string(id), nil))
}
