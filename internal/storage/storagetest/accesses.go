package storagetest

import (
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func accessCases() []testCase {
	return []testCase{
		{name: "created as given", check: accessCreated},
		{name: "ids, tokens and names are taken once", check: accessTaken},
		{name: "updated", check: accessUpdated},
		{name: "the number of its permissions moves with them alone", check: accessPermissionsSeq},
		{name: "tokens change hands", check: accessTokens},
		{name: "deleted", check: accessDeleted},
		{name: "touched", check: accessTouched},
	}
}

func tokens(words ...string) []activity.TokenHash {
	var list []activity.TokenHash
	for _, word := range words {
		list = append(list, activity.HashToken(word))
	}
	return list
}

func richAccess(id activity.AccessID) activity.Access {
	return activity.Access{
		ID: id, Type: activity.AppAccess, Name: oddText, DeviceName: oddText + "d", CreatedBy: oddText, Expires: at(2e9 + 0.30000000000000004),
		Permissions: []activity.Permission{
			{ChannelID: "*", Level: activity.Read},
			{ChannelID: "c", Level: activity.Manage, FolderPermissions: []activity.FolderPermission{{Level: activity.Contribute}, {FolderID: "f", Level: activity.Manage}}},
			{ChannelID: "d", Level: activity.Contribute, FolderPermissions: []activity.FolderPermission{}},
		},
		Tokens: tokens("t1"+string(id), "t2"+string(id)),
	}
}

// access stores a new access and gives it as stored.
func (u *tenant) access(a activity.Access) activity.Access {
	u.t.Helper()
	var made activity.Access
	u.do(func(tx storage.Tx) error {
		made = a
		return tx.CreateAccess(u.t.Context(), &made)
	})
	return made
}

func (u *tenant) changeAccess(a activity.Access) activity.Access {
	u.t.Helper()
	var changed activity.Access
	u.do(func(tx storage.Tx) error {
		changed = a
		return tx.UpdateAccess(u.t.Context(), &changed)
	})
	return changed
}

// storedAccess fails the test unless the access is in the structure as a.
func (u *tenant) storedAccess(a activity.Access) {
	u.t.Helper()
	s := u.structure()
	got, ok := s.Access(a.ID)
	if !ok || accessText(got) != accessText(a) {
		u.t.Fatalf("access\n%s, want\n%s", accessText(got), accessText(a))
	}
	if got.LastUsed != nil {
		u.t.Errorf("used at %v", *got.LastUsed)
	}
	for _, h := range a.Tokens {
		if byToken, ok := s.AccessByToken(h); !ok || byToken.ID != a.ID {
			u.t.Errorf("by its token there is %q, %t", byToken.ID, ok)
		}
	}
}

func accessCreated(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	given := richAccess("a")
	given.Created, given.Modified, given.PermissionsSeq = 5, 6, 7
	made := u.access(given)
	if made.Created != made.Modified || made.Created <= 6 || made.PermissionsSeq != u.head() {
		t.Errorf("created %v, modified %v, permissions of %d, head %d", made.Created, made.Modified, made.PermissionsSeq, u.head())
	}
	given.Created, given.Modified, given.PermissionsSeq = made.Created, made.Modified, made.PermissionsSeq
	u.storedAccess(given)
	u.storedAccess(u.access(activity.Access{ID: "bare", Type: activity.SharedAccess, Name: "bare"}))
	if n := len(u.structure().Accesses()); n != 2 {
		t.Errorf("there are %d accesses", n)
	}
}

func accessTaken(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.access(activity.Access{ID: "a", Type: activity.AppAccess, Name: "n", DeviceName: "d", Tokens: tokens("1", "2")})
	other := u.access(activity.Access{ID: "b", Type: activity.SharedAccess, Name: "m", Tokens: tokens("3")})
	for name, tt := range map[string]struct {
		a      activity.Access
		update bool
		code   activity.Code
	}{
		"an id":                     {activity.Access{ID: "a", Type: activity.SharedAccess, Name: "x"}, false, activity.CodeItemIDAlreadyExists},
		"a token":                   {activity.Access{ID: "x", Type: activity.SharedAccess, Name: "x", Tokens: tokens("9", "2")}, false, activity.CodeItemIDAlreadyExists},
		"a name of type and device": {activity.Access{ID: "x", Type: activity.AppAccess, Name: "n", DeviceName: "d"}, false, activity.CodeItemNameAlreadyExists},
		"a name of another device":  {activity.Access{ID: "x1", Type: activity.AppAccess, Name: "n", DeviceName: "D"}, false, ""},
		"a name of another type":    {activity.Access{ID: "x2", Type: activity.SharedAccess, Name: "n", DeviceName: "d"}, false, ""},
		"a name in another case":    {activity.Access{ID: "x3", Type: activity.AppAccess, Name: "N", DeviceName: "d"}, false, ""},
		"a token, by update":        {activity.Access{ID: "b", Type: activity.SharedAccess, Name: "m", Tokens: tokens("1")}, true, activity.CodeItemIDAlreadyExists},
		"a name, by update":         {activity.Access{ID: "b", Type: activity.AppAccess, Name: "n", DeviceName: "d"}, true, activity.CodeItemNameAlreadyExists},
		"an unknown one":            {activity.Access{ID: "y", Type: activity.AppAccess, Name: "y"}, true, activity.CodeUnknownAccess},
		"an id in another case":     {activity.Access{ID: "A", Type: activity.AppAccess, Name: "y"}, true, activity.CodeUnknownAccess},
	} {
		err := u.Update(t.Context(), u.origin, func(tx storage.Tx) error {
			a := tt.a
			if tt.update {
				return tx.UpdateAccess(t.Context(), &a)
			}
			return tx.CreateAccess(t.Context(), &a)
		})
		if (err != nil || tt.code != "") && !isCode(err, tt.code) {
			t.Errorf("%s: %v, want %q", name, err, tt.code)
		}
	}
	u.storedAccess(other)
}

func accessUpdated(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	made := u.access(activity.Access{ID: "a", Type: activity.SharedAccess, Name: "n", Tokens: tokens("1")})
	other := u.access(activity.Access{ID: "b", Type: activity.SharedAccess, Name: "o", Tokens: tokens("2")})
	want := richAccess("a")
	want.Created, want.CreatedBy = made.Created, made.CreatedBy
	changed := u.changeAccess(want)
	if changed.Modified <= other.Modified || changed.PermissionsSeq != u.head() {
		t.Errorf("modified %v, permissions of %d, head %d", changed.Modified, changed.PermissionsSeq, u.head())
	}
	want.Modified, want.PermissionsSeq = changed.Modified, changed.PermissionsSeq
	u.storedAccess(want)
	u.storedAccess(other)
	if _, ok := u.structure().AccessByToken(activity.HashToken("1")); ok {
		t.Error("a token that was taken away is still known")
	}
	want.Expires, want.Permissions, want.Tokens, want.DeviceName = nil, nil, nil, ""
	u.storedAccess(u.changeAccess(want))
}

func accessPermissionsSeq(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	a := u.access(richAccess("a"))
	first := a.PermissionsSeq
	u.channel("c")
	a.Name, a.Tokens = "renamed", tokens("another")
	a = u.changeAccess(a)
	if a.PermissionsSeq != first {
		t.Errorf("after a change of the name: %d, was %d", a.PermissionsSeq, first)
	}
	u.storedAccess(a)
	for _, permissions := range [][]activity.Permission{
		{{ChannelID: "*", Level: activity.Contribute}},
		{{ChannelID: "c", Level: activity.Contribute}},
		{{ChannelID: "c", Level: activity.Contribute, FolderPermissions: []activity.FolderPermission{}}},
		{{ChannelID: "c", Level: activity.Contribute, FolderPermissions: []activity.FolderPermission{{Level: activity.Read}}}},
		{},
	} {
		a.Permissions = permissions
		a = u.changeAccess(a)
		if a.PermissionsSeq != u.head() {
			t.Errorf("after a change to %+v: %d, head %d", permissions, a.PermissionsSeq, u.head())
		}
		u.storedAccess(a)
	}
	given := a
	given.PermissionsSeq = 0 // is the store's to keep
	if changed := u.changeAccess(given); changed.PermissionsSeq != a.PermissionsSeq {
		t.Errorf("given as 0: %d, was %d", changed.PermissionsSeq, a.PermissionsSeq)
	}
}

func accessTokens(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	a := u.access(activity.Access{ID: "a", Type: activity.AppAccess, Name: "a", Tokens: tokens("3", "1", "2")})
	u.storedAccess(a) // in the order given, the oldest first
	a.Tokens = tokens("1", "2", "4")
	a = u.changeAccess(a)
	u.storedAccess(a)
	b := u.access(activity.Access{ID: "b", Type: activity.AppAccess, Name: "b", Tokens: tokens("3")}) // free again
	u.storedAccess(b)
	u.do(func(tx storage.Tx) error { // within one unit
		if err := tx.DeleteAccess(t.Context(), "b"); err != nil {
			return err
		}
		return tx.CreateAccess(t.Context(), &activity.Access{ID: "b", Type: activity.AppAccess, Name: "b2", Tokens: tokens("3", "5")})
	})
	if got, ok := u.structure().AccessByToken(activity.HashToken("5")); !ok || got.Name != "b2" {
		t.Errorf("by the token there is %+v, %t", got, ok)
	}
}

func accessDeleted(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	a, b := u.access(richAccess("a")), u.access(activity.Access{ID: "b", Type: activity.SharedAccess, Name: "b", Tokens: tokens("2")})
	u.do(func(tx storage.Tx) error { return tx.DeleteAccess(t.Context(), "a") })
	st := u.structure()
	if _, ok := st.Access("a"); ok {
		t.Error("the access is still there")
	}
	for _, h := range a.Tokens {
		if _, ok := st.AccessByToken(h); ok {
			t.Error("its token is still there")
		}
	}
	u.storedAccess(b)
	u.fails(activity.CodeUnknownAccess, func(tx storage.Tx) error { return tx.DeleteAccess(t.Context(), "a") })
	u.storedAccess(u.access(richAccess("a"))) // its id, name and tokens are free
}

func accessTouched(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	a := u.access(richAccess("a"))
	head := u.head()
	u.Touch("a", 5)
	u.Touch("nope", 6)
	if u.head() != head {
		t.Error("a touch appends a change")
	}
	got, _ := u.structure().Access("a")
	if got.LastUsed != nil && *got.LastUsed != 5 { // may lag by a minute
		t.Errorf("used at %v", *got.LastUsed)
	}
	if got.LastUsed = nil; accessText(got) != accessText(a) {
		t.Errorf("touched it is %s, was %s", accessText(got), accessText(a))
	}
}
