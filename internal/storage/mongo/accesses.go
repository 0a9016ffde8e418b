package mongo

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/activityd/activityd/internal/activity"
)

// CreateAccess stores a new access.
func (u *update) CreateAccess(_ context.Context, v *activity.Access) error {
	if _, ok := u.account.structure.Access(v.ID); ok {
		return idTaken("access", string(v.ID))
	}
	next := cloneAccess(v)
	h := u.next()
	next.Created, next.Modified, next.PermissionsSeq, next.LastUsed = h.modified, h.modified, h.seq, nil
	return u.putAccess(v, next, activity.Created)
}

// UpdateAccess stores an access.
func (u *update) UpdateAccess(_ context.Context, v *activity.Access) error {
	old, ok := u.account.structure.Access(v.ID)
	if !ok {
		return unknownAccess()
	}
	next := cloneAccess(v)
	h := u.next()
	next.Created, next.CreatedBy, next.Modified = old.Created, old.CreatedBy, h.modified
	next.PermissionsSeq, next.LastUsed = old.PermissionsSeq, old.LastUsed
	same, err := samePermissions(old.Permissions, next.Permissions)
	if err != nil {
		return err
	}
	if !same {
		next.PermissionsSeq = h.seq
	}
	return u.putAccess(v, next, activity.Updated)
}

func (u *update) putAccess(v *activity.Access, next activity.Access, action activity.Action) error {
	structure, err := u.account.structure.WithAccess(next)
	if err != nil {
		return err
	}
	d, err := accessDocOf(u.user, &next)
	if err != nil {
		return err
	}
	change := activity.Change{Kind: activity.AccessKind, Action: action, Item: string(v.ID)}
	if err := u.write(change, u.account.with(structure), u.item(accessKind, string(v.ID), string(v.ID), d)); err != nil {
		return err
	}
	v.Created, v.CreatedBy, v.Modified, v.PermissionsSeq = next.Created, next.CreatedBy, next.Modified, next.PermissionsSeq
	return nil
}

// DeleteAccess removes an access.
func (u *update) DeleteAccess(_ context.Context, id activity.AccessID) error {
	if _, ok := u.account.structure.Access(id); !ok {
		return unknownAccess()
	}
	change := activity.Change{Kind: activity.AccessKind, Action: activity.Deleted, Item: string(id)}
	return u.write(change, u.account.with(u.account.structure.WithoutAccess(id)),
		u.item(accessKind, string(id), string(id), nil), u.item(useKind, string(id), string(id), nil))
}

// cloneAccess gives a copy that shares nothing that its caller may change.
func cloneAccess(v *activity.Access) activity.Access {
	next := *v
	next.Tokens = slices.Clone(v.Tokens)
	next.Permissions = slices.Clone(v.Permissions)
	for i, p := range next.Permissions {
		next.Permissions[i].FolderPermissions = slices.Clone(p.FolderPermissions)
	}
	if v.Expires != nil {
		at := *v.Expires
		next.Expires = &at
	}
	return next
}

func samePermissions(a, b []activity.Permission) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	return bytes.Equal(x, y), err
}
