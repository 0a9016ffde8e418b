package api

import (
	"context"
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/storage"
)

// maxAccesses is the most accesses that a user has. They are kept in memory as
// a whole, so their number needs a bound.
const maxAccesses = 1000

// CreateAccess is a new access.
type CreateAccess struct {
	Type        activity.AccessType                 `json:"type" enum:"personal app shared" doc:"What it is for; shared when absent."`
	Name        string                              `json:"name" required:"true" min:"1" max:"255" doc:"Its name, unique among the accesses of its type and device."`
	DeviceName  string                              `json:"deviceName" max:"255" doc:"The device that it is for; of app accesses only."`
	Permissions params.Optional[PermissionEntries]  `json:"permissions" max:"100" doc:"What it allows; required but for personal accesses, which may do everything."`
	Token       params.Optional[GivenToken]         `json:"token" doc:"A token for it, made into letters, digits and hyphens; made up when absent."`
	Expires     params.Optional[activity.Timestamp] `json:"expires" doc:"When it ends; never when absent. One made by an access that ends, ends no later."`
}

// Check wants what belongs to the type, and nothing else.
func (p *CreateAccess) Check() []activity.Fault {
	if p.Type == "" {
		p.Type = activity.SharedAccess
	}
	_, unexpected := permissionsFor(p.Type, p.Permissions.Value)
	faults := some(unexpected, checkDevice(p.Type, p.DeviceName))
	if p.Type != activity.PersonalAccess && !p.Permissions.Set {
		faults = append(faults, activity.Fault{Path: "permissions", Code: "required", Message: "An app or shared access needs permissions: list what it may do."})
	}
	return faults
}

// createAccess is accesses.create. Errors: CodeForbidden for what is beyond the
// access that asks, CodeUnknownChannel and CodeUnknownFolder for places that
// are not there, CodeItemNameAlreadyExists, CodeItemIDAlreadyExists for the
// token, CodeInvalidOperation for one access too many.
func (s *Service) createAccess(ctx context.Context, c *Call, p CreateAccess) (AccessView, error) {
	made, err := p.access(s.now())
	if err != nil {
		return AccessView{}, err
	}
	token := auth.NewToken()
	if p.Token.Set {
		token = string(p.Token.Value)
	}
	made.ID, made.CreatedBy, made.Tokens = activity.AccessID(newID()), c.Access.Name, []activity.TokenHash{activity.HashToken(token)}
	if made.Expires == nil && !c.Access.Personal() {
		made.Expires = c.Access.Expires
	}
	var a activity.Access
	err = c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		st := tx.Structure()
		if !c.manages(st, &made) || c.outlived(made.Expires) {
			return activity.Forbidden()
		}
		if err := knownPlaces(st, made.Permissions); err != nil {
			return err
		}
		if len(st.Accesses()) >= maxAccesses {
			return activity.NewError(activity.CodeInvalidOperation, "An account has at most %d accesses: delete one that is not used.", maxAccesses)
		}
		a = made
		return tx.CreateAccess(ctx, &a)
	})
	if err != nil {
		return AccessView{}, err
	}
	return viewAccess(a, token), nil
}

// access gives what the parameters describe, without what the caller makes.
func (p CreateAccess) access(now activity.Timestamp) (activity.Access, error) {
	a := activity.Access{Type: p.Type, Name: p.Name, DeviceName: p.DeviceName}
	a.Permissions, _ = permissionsFor(a.Type, p.Permissions.Value) // Check saw to the fault
	if p.Expires.Set {
		a.Expires = &p.Expires.Value
		return a, activity.FaultsError(some(checkExpires(p.Expires.Value, now)))
	}
	return a, nil
}

// UpdateAccess is what changes of an access.
type UpdateAccess struct {
	AccessRef
	Name        params.Optional[string]             `json:"name" min:"1" max:"255" doc:"Its name, unique among the accesses of its type and device."`
	DeviceName  params.Optional[string]             `json:"deviceName" max:"255" doc:"The device that it is for; of app accesses only."`
	Permissions params.Optional[PermissionEntries]  `json:"permissions" max:"100" doc:"All that it allows from now on; of app and shared accesses."`
	Expires     params.Optional[activity.Timestamp] `json:"expires" doc:"When it ends."`
	Unset       []string                            `json:"unset" enum:"expires" doc:"Optional fields to remove."`
	Type        *activity.AccessType                `json:"type" doc:"Read-only."`
	CreatedBy   *string                             `json:"createdBy" doc:"Read-only."`
	LastUsed    activity.Value                      `json:"lastUsed" doc:"Ignored."`
	Record
}

// updateAccess is accesses.update. Errors: CodeForbidden for an access, and for
// permissions or an end, beyond the access that asks, CodeUnknownAccess,
// CodeUnknownChannel, CodeUnknownFolder, CodeItemNameAlreadyExists,
// CodeItemChanged.
func (s *Service) updateAccess(ctx context.Context, c *Call, p UpdateAccess) (AccessView, error) {
	now := s.now()
	var a activity.Access
	err := c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		st := tx.Structure()
		old, err := c.managed(st, p.ID)
		if err != nil {
			return err
		}
		if err := p.check(c, old.Created, old.Modified, same("type", p.Type, old.Type), same("createdBy", p.CreatedBy, old.CreatedBy)); err != nil {
			return err
		}
		if a, err = p.apply(old, now); err != nil {
			return err
		}
		if !c.manages(st, &a) || !sameTime(a.Expires, old.Expires) && c.outlived(a.Expires) {
			return activity.Forbidden()
		}
		if !samePermissions(a.Permissions, old.Permissions) {
			if err := knownPlaces(st, a.Permissions); err != nil {
				return err
			}
		}
		return tx.UpdateAccess(ctx, &a)
	})
	if err != nil {
		return AccessView{}, err
	}
	return viewAccess(a, ""), nil
}

// apply gives the access with the changes made.
func (p UpdateAccess) apply(old activity.Access, now activity.Timestamp) (activity.Access, error) {
	a := old
	a.Name = p.Name.Or(old.Name)
	a.DeviceName = p.DeviceName.Or(old.DeviceName)
	var unexpected, past *activity.Fault
	if p.Permissions.Set {
		a.Permissions, unexpected = permissionsFor(old.Type, p.Permissions.Value)
	}
	if slices.Contains(p.Unset, "expires") {
		a.Expires = nil
	}
	if p.Expires.Set {
		a.Expires = &p.Expires.Value
		if !sameTime(a.Expires, old.Expires) { // an end that has passed may be sent back
			past = checkExpires(p.Expires.Value, now)
		}
	}
	return a, activity.FaultsError(some(unexpected, checkDevice(a.Type, a.DeviceName), past))
}

// Check refuses to set and unset the same.
func (p *UpdateAccess) Check() []activity.Fault {
	if !p.Expires.Set || !slices.Contains(p.Unset, "expires") {
		return nil
	}
	return []activity.Fault{{Path: "unset", Code: "twice", Message: "expires is both given and unset: do one of them."}}
}

// outlived reports whether an access that ends then would live on when the one
// that asks has ended. What an access hands on is within its own rights, in
// time too.
func (c *Call) outlived(expires *activity.Timestamp) bool {
	own := c.Access.Expires
	return !c.Access.Personal() && own != nil && (expires == nil || *expires > *own)
}

func sameTime(a, b *activity.Timestamp) bool {
	return a == b || a != nil && b != nil && *a == *b
}

func checkDevice(t activity.AccessType, device string) *activity.Fault {
	if device == "" || t == activity.AppAccess {
		return nil
	}
	return &activity.Fault{Path: "deviceName", Code: "unexpected", Message: "Only an app access has a deviceName: leave it out."}
}

func checkExpires(at, now activity.Timestamp) *activity.Fault {
	if at > now {
		return nil
	}
	return &activity.Fault{Path: "expires", Code: "minimum", Message: "This lies in the past: give a time to come, or delete the access to end it."}
}

// some gives those that are not nil.
func some(found ...*activity.Fault) []activity.Fault {
	var faults []activity.Fault
	for _, f := range found {
		if f != nil {
			faults = append(faults, *f)
		}
	}
	return faults
}
