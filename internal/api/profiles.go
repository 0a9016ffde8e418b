package api

import (
	"context"
	"net/http"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/storage"
)

// maxProfileBytes bounds the JSON text of a profile.
const maxProfileBytes = 65536

func (s *Service) profileMethods() []*Method {
	get := func(which, doc string) Method {
		return Method{ID: "profile." + which + ".get", Verb: http.MethodGet, Path: "/profile/" + which, Status: http.StatusOK, Doc: doc}
	}
	update := func(which, doc string) Method {
		return Method{ID: "profile." + which + ".update", Verb: http.MethodPut, Path: "/profile/" + which, Status: http.StatusOK, Doc: doc}
	}
	return []*Method{
		row(get("app", "Gives the profile of the app access that asks."), readProfile(appProfile)),
		row(update("app", "Sets members of the profile of the app access that asks; null removes one, others stay."), writeProfile(appProfile)),
		row(get("public", "Gives the account's public profile, to every access."), readProfile(publicProfile)),
		row(update("public", "Sets members of the public profile; null removes one, others stay. Personal accesses only."), personal(writeProfile(publicProfile))),
		row(get("private", "Gives the account's private profile. Personal accesses only."), personal(readProfile(privateProfile))),
		row(update("private", "Sets members of the private profile; null removes one, others stay. Personal accesses only."), personal(writeProfile(privateProfile))),
	}
}

// Profile is an object of anything, as its writers left it.
type Profile activity.Object

// AppendJSON appends the object, {} for none.
func (p Profile) AppendJSON(b []byte) []byte {
	if p == nil {
		return append(b, "{}"...)
	}
	return append(b, p...)
}

// MarshalJSON gives what AppendJSON appends.
func (p Profile) MarshalJSON() ([]byte, error) { return p.AppendJSON(nil), nil }

// JSONSchema describes a profile.
func (Profile) JSONSchema() string { return `{"type": "object", "additionalProperties": true}` }

// UpdateProfile is the members to set.
type UpdateProfile struct {
	Members params.Rest
}

func publicProfile(*Call) (string, error) { return "public", nil }

func privateProfile(*Call) (string, error) { return "private", nil }

// appProfile names the profile of an app access. CodeInvalidOperation for all
// other accesses, which have none.
func appProfile(c *Call) (string, error) {
	if c.Access.Type != activity.AppAccess {
		return "", activity.NewError(activity.CodeInvalidOperation,
			"Only an app access has a profile of its own: use its token, or the profile public or private.")
	}
	return "app:" + string(c.Access.ID), nil
}

// readProfile makes the handler of profile.….get.
func readProfile(nameOf func(*Call) (string, error)) func(context.Context, *Call, None) (Profile, error) {
	return func(ctx context.Context, c *Call, _ None) (Profile, error) {
		name, err := nameOf(c)
		if err != nil {
			return nil, err
		}
		var o activity.Object
		err = c.Tenant.View(ctx, func(tx storage.Tx) error {
			var err error
			o, err = tx.Profile(ctx, name)
			return err
		})
		return Profile(o), err
	}
}

// writeProfile makes the handler of profile.….update. Errors:
// CodeInvalidParametersFormat when the profile would be too long.
func writeProfile(nameOf func(*Call) (string, error)) func(context.Context, *Call, UpdateProfile) (Profile, error) {
	return func(ctx context.Context, c *Call, p UpdateProfile) (Profile, error) {
		name, err := nameOf(c)
		if err != nil {
			return nil, err
		}
		var o activity.Object
		err = c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
			old, err := tx.Profile(ctx, name)
			if err != nil {
				return err
			}
			o = old.Merge(activity.Object(p.Members))
			if len(o) > maxProfileBytes {
				return activity.FaultsError([]activity.Fault{*activity.NewFault("maxLength",
					"The profile would be longer than %d bytes: remove members by setting them to null.", maxProfileBytes)})
			}
			if string(o) == string(old) {
				return nil // nothing to write, nothing to tell
			}
			return tx.PutProfile(ctx, name, stored(o))
		})
		return Profile(o), err
	}
}

// stored gives an object as the store keeps it: nil would be one that was
// never written.
func stored(o activity.Object) activity.Object {
	if o == nil {
		return activity.Object("{}")
	}
	return o
}
