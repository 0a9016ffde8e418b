package api_test

import (
	"fmt"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func TestAccessesAreBounded(t *testing.T) {
	a := openAccounts(t)
	user := a.addUser(t, "alice")
	owner := a.login(t, "alice")
	err := a.store.Tenant(user.ID).Update(t.Context(), activity.Origin{}, func(tx storage.Tx) error {
		for i := range 999 {
			name := fmt.Sprintf("friend %d", i)
			made := activity.Access{
				ID: activity.AccessID(name), Type: activity.SharedAccess, Name: name,
				Permissions: []activity.Permission{}, Tokens: []activity.TokenHash{activity.HashToken(name)},
			}
			if err := tx.CreateAccess(t.Context(), &made); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r := request{user: "alice", token: owner, body: access("shared", "the last", `[]`)}
	last := a.must(t, "accesses.create", r)
	r.body = access("shared", "one too many", `[]`)
	a.refused(t, activity.CodeInvalidOperation, "accesses.create", r)
	a.must(t, "accesses.delete", request{user: "alice", token: owner, id: last["id"].(string)})
	a.must(t, "accesses.create", r)
}
