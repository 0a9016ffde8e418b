package api

import (
	"context"
	"net/http"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func (s *Service) accessMethods() []*Method {
	get := Method{
		ID: "accesses.get", Verb: http.MethodGet, Path: "/accesses", Status: http.StatusOK,
		Doc: "Lists the accesses that this one manages, by name: a personal one all, others the shared ones within their own permissions.",
	}
	create := Method{
		ID: "accesses.create", Verb: http.MethodPost, Path: "/accesses", Status: http.StatusCreated,
		Doc: "Creates an access and gives its token, this once. All but personal accesses create shared ones within their own permissions only.",
	}
	update := Method{
		ID: "accesses.update", Verb: http.MethodPut, Path: "/accesses/{id}", Status: http.StatusOK,
		Doc: "Changes the given fields of an access that this one manages.",
	}
	remove := Method{
		ID: "accesses.delete", Verb: http.MethodDelete, Path: "/accesses/{id}", Status: http.StatusOK,
		Doc: "Deletes an access that this one manages; its tokens end at once.",
	}
	return []*Method{
		row(Method{
			ID: "accessInfo.get", Verb: http.MethodGet, Path: "/access-info", Status: http.StatusOK,
			Doc: "Tells what the token that asks is and may do.",
		}, s.getAccessInfo),
		row(get, s.getAccesses), row(create, s.createAccess), row(update, s.updateAccess), row(remove, s.deleteAccess),
		row(admin(get), personal(s.getAccesses)), row(admin(create), personal(s.createAccess)),
		row(admin(update), personal(s.updateAccess)), row(admin(remove), personal(s.deleteAccess)),
	}
}

// admin gives the same method below /admin, where only personal accesses come
// and no command reaches.
func admin(m Method) Method {
	m.ID, m.Path, m.NoBatch = "admin."+m.ID, "/admin"+m.Path, true
	m.Doc += " Personal accesses only."
	return m
}

// personal keeps all but personal accesses out of a handler: CodeForbidden.
func personal[P, R any](handle func(context.Context, *Call, P) (R, error)) func(context.Context, *Call, P) (R, error) {
	return func(ctx context.Context, c *Call, p P) (R, error) {
		if !c.Access.Personal() {
			var none R
			return none, activity.Forbidden()
		}
		return handle(ctx, c, p)
	}
}

// AccessView is an access as the API shows it.
type AccessView struct {
	ID          activity.AccessID     `json:"id"`
	Token       string                `json:"token,omitempty" doc:"In the answer to its creation, and never again."`
	Type        activity.AccessType   `json:"type" doc:"What it is for."`
	Name        string                `json:"name" doc:"Unique among the accesses of its type and device."`
	DeviceName  string                `json:"deviceName,omitempty" doc:"Of app accesses: the device that it is for."`
	Permissions []activity.Permission `json:"permissions" doc:"What it allows."`
	Created     activity.Timestamp    `json:"created" doc:"When it was created."`
	CreatedBy   string                `json:"createdBy" doc:"The name of the access that created it."`
	Modified    activity.Timestamp    `json:"modified" doc:"When it was changed last."`
	Expires     *activity.Timestamp   `json:"expires,omitempty" doc:"When it ends; absent for never."`
	LastUsed    *activity.Timestamp   `json:"lastUsed,omitempty" doc:"When it was used last; may lag by a minute; absent for never."`
}

// Version gives what the ETag is made of.
func (v AccessView) Version() activity.Timestamp { return v.Modified }

func viewAccess(a activity.Access, token string) AccessView {
	return AccessView{
		ID: a.ID, Token: token, Type: a.Type, Name: a.Name, DeviceName: a.DeviceName, Permissions: shownPermissions(&a),
		Created: a.Created, CreatedBy: a.CreatedBy, Modified: a.Modified, Expires: a.Expires, LastUsed: a.LastUsed,
	}
}

// AccessInfo is what an access is told of itself.
type AccessInfo struct {
	ID          activity.AccessID     `json:"id"`
	Type        activity.AccessType   `json:"type" doc:"What it is for."`
	Name        string                `json:"name" doc:"Its name."`
	DeviceName  string                `json:"deviceName,omitempty" doc:"Of app accesses: the device that it is for."`
	Permissions []activity.Permission `json:"permissions" doc:"What it allows."`
	Expires     *activity.Timestamp   `json:"expires,omitempty" doc:"When it ends; absent for never."`
}

func (s *Service) getAccessInfo(_ context.Context, c *Call, _ None) (AccessInfo, error) {
	a := c.Access
	return AccessInfo{
		ID: a.ID, Type: a.Type, Name: a.Name, DeviceName: a.DeviceName, Permissions: shownPermissions(&a), Expires: a.Expires,
	}, nil
}

func (s *Service) getAccesses(ctx context.Context, c *Call, _ None) ([]AccessView, error) {
	var views []AccessView
	err := c.Tenant.View(ctx, func(tx storage.Tx) error {
		views = []AccessView{}
		st := tx.Structure()
		for _, a := range st.Accesses() {
			if c.manages(st, &a) {
				views = append(views, viewAccess(a, ""))
			}
		}
		return nil
	})
	return views, err
}

// manages reports whether the access that asks may see, change and delete the
// other one.
func (c *Call) manages(st *storage.Structure, a *activity.Access) bool {
	return c.Access.Personal() || a.Type == activity.SharedAccess && c.Access.Covers(a.Permissions, st.Tree)
}

// managed gives the access that a path names by its id or, as old clients do,
// by a token of it. Unknown ones and those that the access that asks does not
// manage are the same CodeForbidden to all but personal accesses.
func (c *Call) managed(st *storage.Structure, idOrToken string) (activity.Access, error) {
	a, ok := st.Access(activity.AccessID(idOrToken))
	if !ok {
		a, ok = st.AccessByToken(activity.HashToken(idOrToken))
	}
	switch {
	case ok && c.manages(st, &a):
		return a, nil
	case !c.Access.Personal():
		return activity.Access{}, activity.Forbidden()
	}
	return activity.Access{}, activity.NewError(activity.CodeUnknownAccess, "There is no such access: see accesses.get for those there are.")
}

// AccessRef names an access in the path.
type AccessRef struct {
	ID string `json:"id" in:"path" doc:"The access's id, or a token of it."`
}

// deleteAccess is accesses.delete. Errors: CodeForbidden, CodeUnknownAccess,
// CodeItemChanged.
func (s *Service) deleteAccess(ctx context.Context, c *Call, p AccessRef) (Empty, error) {
	return Empty{}, c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		a, err := c.managed(tx.Structure(), p.ID)
		if err != nil {
			return err
		}
		if err := c.Unchanged(nil, a.Modified); err != nil {
			return err
		}
		return tx.DeleteAccess(ctx, a.ID)
	})
}
