package writes

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// CreateAccess adds v, and sets its Created, Modified and PermissionsSeq; seq is
// the number of the change. It fails as storage.Accesses says, and so do the
// others.
func CreateAccess(s *storage.Structure, v *activity.Access, seq activity.Seq, at activity.Timestamp) (Step, error) {
	if _, ok := s.Access(v.ID); ok {
		return Step{}, storage.IDTaken(activity.AccessKind, string(v.ID))
	}
	v.Created, v.Modified, v.PermissionsSeq = at, at, seq
	return putAccess(s, v, nil, activity.Created)
}

// UpdateAccess puts v in the place of what it was, and sets its times and its
// PermissionsSeq. When it was used last stays.
func UpdateAccess(s *storage.Structure, v *activity.Access, seq activity.Seq, at activity.Timestamp) (Step, error) {
	old, ok := s.Access(v.ID)
	if !ok {
		return Step{}, storage.UnknownAccess()
	}
	same, err := samePermissions(old.Permissions, v.Permissions)
	if err != nil {
		return Step{}, err
	}
	v.Created, v.CreatedBy, v.Modified, v.PermissionsSeq = old.Created, old.CreatedBy, at, seq
	if same {
		v.PermissionsSeq = old.PermissionsSeq
	}
	return putAccess(s, v, old.LastUsed, activity.Updated)
}

func putAccess(s *storage.Structure, v *activity.Access, used *activity.Timestamp, action activity.Action) (Step, error) {
	kept := cloneAccess(v)
	kept.LastUsed = used
	next, err := s.WithAccess(kept)
	return Step{activity.Change{Kind: activity.AccessKind, Action: action, Item: string(v.ID)}, next}, err
}

// DeleteAccess takes the access away with its tokens.
func DeleteAccess(s *storage.Structure, id activity.AccessID) (Step, error) {
	if _, ok := s.Access(id); !ok {
		return Step{}, storage.UnknownAccess()
	}
	return Step{activity.Change{Kind: activity.AccessKind, Action: activity.Deleted, Item: string(id)}, s.WithoutAccess(id)}, nil
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
