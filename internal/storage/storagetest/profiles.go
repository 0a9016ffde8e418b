package storagetest

import (
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func profileCases() []testCase {
	return []testCase{
		{name: "kept by name, to the byte", check: profilesKept},
		{name: "emptied", check: profilesEmptied},
	}
}

func (u *tenant) profile(name string) (o activity.Object) {
	u.t.Helper()
	u.read(func(tx storage.Tx) (err error) {
		o, err = tx.Profile(u.t.Context(), name)
		return err
	})
	return o
}

func (u *tenant) putProfile(name string, o activity.Object) {
	u.t.Helper()
	u.do(func(tx storage.Tx) error { return tx.PutProfile(u.t.Context(), name, o) })
}

func profilesKept(t *testing.T, s storage.Store) {
	u, other := newTenant(t, s), newTenant(t, s)
	names := []string{"public", "private", "app:a", "app:A", "app:" + oddText, "app:"}
	for _, name := range names {
		if o := u.profile(name); o != nil {
			t.Errorf("%q is %s before it was written", name, o)
		}
	}
	for round := range 2 {
		for i, name := range names {
			u.putProfile(name, append(append([]byte(`{"own":`), counter(10*round+i)...), `,"odd":`+oddObject+`}`...))
		}
		for i, name := range names {
			want := `{"own":` + string(counter(10*round+i)) + `,"odd":` + oddObject + `}`
			if o := u.profile(name); string(o) != want {
				t.Errorf("%q is %s, want %s", name, o, want)
			}
			if o := other.profile(name); o != nil {
				t.Errorf("another user's %q is %s", name, o)
			}
		}
	}
}

func profilesEmptied(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.putProfile("public", activity.Object(`{"a":1}`))
	for _, empty := range []activity.Object{nil, activity.Object(`{}`)} {
		u.putProfile("public", empty)
		if o := u.profile("public"); o.Len() != 0 {
			t.Errorf("emptied it is %s", o)
		}
	}
}
