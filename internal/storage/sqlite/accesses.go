package sqlite

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
	permissions, err := json.Marshal(next.Permissions)
	if err != nil {
		return err
	}
	change := activity.Change{Kind: activity.AccessKind, Action: action, Item: string(v.ID)}
	err = u.write("store an access", change, func(c *conn, _ head) error {
		return c.exec(`INSERT INTO accesses (user_key, id, type, name, device_name, permissions, permissions_seq, tokens, created, created_by, modified, expires, last_used)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET type = excluded.type, name = excluded.name, device_name = excluded.device_name,
			permissions = excluded.permissions, permissions_seq = excluded.permissions_seq, tokens = excluded.tokens,
			modified = excluded.modified, expires = excluded.expires`,
			u.account.key, string(next.ID), string(next.Type), next.Name, next.DeviceName, text(permissions), int64(next.PermissionsSeq),
			joinTokens(next.Tokens), next.Created, next.CreatedBy, next.Modified, next.Expires, next.LastUsed)
	})
	if err != nil {
		return err
	}
	u.account = u.account.with(structure)
	v.Created, v.CreatedBy, v.Modified, v.PermissionsSeq = next.Created, next.CreatedBy, next.Modified, next.PermissionsSeq
	return nil
}

// DeleteAccess removes an access.
func (u *update) DeleteAccess(_ context.Context, id activity.AccessID) error {
	if _, ok := u.account.structure.Access(id); !ok {
		return unknownAccess()
	}
	change := activity.Change{Kind: activity.AccessKind, Action: activity.Deleted, Item: string(id)}
	err := u.write("delete an access", change, func(c *conn, _ head) error {
		return c.exec("DELETE FROM accesses WHERE user_key = ? AND id = ?", u.account.key, string(id))
	})
	if err != nil {
		return err
	}
	u.account = u.account.with(u.account.structure.WithoutAccess(id))
	return nil
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

func joinTokens(tokens []activity.TokenHash) []byte {
	b := make([]byte, 0, len(tokens)*len(activity.TokenHash{}))
	for _, h := range tokens {
		b = append(b, h[:]...)
	}
	return b
}

func splitTokens(b []byte) []activity.TokenHash {
	const size = len(activity.TokenHash{})
	tokens := make([]activity.TokenHash, 0, len(b)/size)
	for ; len(b) >= size; b = b[size:] {
		tokens = append(tokens, activity.TokenHash(b[:size]))
	}
	return tokens
}
