package storagetest

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func userCases() []testCase {
	return []testCase{
		{name: "created and found", check: userCreated},
		{name: "a name is taken once", check: userNameTaken},
		{name: "of many that want a name one gets it", check: userNameRace},
		{name: "updated", check: userUpdated},
		{name: "listed by name and counted", check: usersListed, alone: true},
		{name: "an unknown user has nothing", check: userUnknown},
		{name: "deleted", check: userDeleted},
		{name: "deleted ones are told in the feed", check: userDeletedIsTold},
		{name: "a deleted one's name is blocked", check: userNameBlocked},
		{name: "an invitation is taken with the user", check: userInvited},
		{name: "an invitation is kept when the user fails", check: userInvitationKept},
		{name: "an expired or unknown invitation", check: userInvitationBad},
		{name: "of many with one invitation one gets in", check: userInvitationRace},
	}
}

func userCreated(t *testing.T, s storage.Store) {
	u := newUser()
	u.Email, u.LanguageCode, u.DisplayName = "É\x00@日本", "pt-BR", "A\u0301 \x00 \U0001f600"
	u.Disabled = true
	if err := s.Users().CreateUser(t.Context(), &u, nil); err != nil {
		t.Fatal(err)
	}
	if u.Created <= 0 {
		t.Errorf("Created is %v", u.Created)
	}
	found, err := s.Users().UserByName(t.Context(), u.Username)
	if err != nil || found != u {
		t.Errorf("by name: %+v, %v; want %+v", found, err, u)
	}
	err = s.Tenant(u.ID).View(t.Context(), func(tx storage.Tx) error {
		found = tx.Structure().User()
		return nil
	})
	if err != nil || found != u {
		t.Errorf("in the structure: %+v, %v; want %+v", found, err, u)
	}
	_, err = s.Users().UserByName(t.Context(), "nobody-at-all")
	wantCode(t, err, activity.CodeUnknownUser)
}

func userNameTaken(t *testing.T, s storage.Store) {
	first := newTenant(t, s)
	second := newUser()
	second.Username = first.user.Username
	wantCode(t, s.Users().CreateUser(t.Context(), &second, nil), activity.CodeItemIDAlreadyExists)
	wantCode(t, s.Tenant(second.ID).View(t.Context(), nothing), activity.CodeUnknownUser)
	found, err := s.Users().UserByName(t.Context(), first.user.Username)
	if err != nil || found != first.user {
		t.Errorf("the first is now %+v, %v", found, err)
	}
}

func nothing(storage.Tx) error { return nil }

func userNameRace(t *testing.T, s storage.Store) {
	const racers = 16
	name := newUser().Username
	errs := atOnce(racers, func(int) error {
		u := newUser()
		u.Username = name
		return s.Users().CreateUser(t.Context(), &u, nil)
	})
	oneWins(t, errs, activity.CodeItemIDAlreadyExists)
}

// atOnce runs fn n times at the same time and gives the errors.
func atOnce(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	all.Wait()
	return errs
}

// oneWins fails the test unless one has no error and all others the code.
func oneWins(t *testing.T, errs []error, code activity.Code) {
	t.Helper()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !isCode(err, code):
			t.Errorf("a loser got %v, want %s", err, code)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d won", won, len(errs))
	}
}

func userUpdated(t *testing.T, s storage.Store) {
	u, other := newTenant(t, s), newTenant(t, s)
	want := u.user
	want.Email, want.LanguageCode, want.DisplayName = "new@example.com", "de", "Neu \x00"
	want.PasswordHash, want.Disabled = "$argon2id$new", true
	given := want
	given.Created = 7
	u.do(func(tx storage.Tx) error { return tx.UpdateUser(t.Context(), given) })
	if got := u.structure().User(); got != want {
		t.Errorf("in the structure: %+v, want %+v", got, want)
	}
	if got, err := s.Users().UserByName(t.Context(), want.Username); err != nil || got != want {
		t.Errorf("by name: %+v, %v; want %+v", got, err, want)
	}
	if got := other.structure().User(); got != other.user {
		t.Errorf("another user is now %+v", got)
	}
}

func usersListed(t *testing.T, s storage.Store) {
	list := func() (names []activity.Username) {
		for u, err := range s.Users().ListUsers(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, u.Username)
		}
		count, err := s.Users().CountUsers(t.Context())
		if err != nil || count != len(names) {
			t.Errorf("%d users are counted, %v; %d listed", count, err, len(names))
		}
		return names
	}
	if names := list(); len(names) != 0 {
		t.Errorf("an empty store has %v", names)
	}
	var want []activity.Username
	var last activity.UserID
	for range 12 {
		u := newTenant(t, s)
		want, last = append(want, u.user.Username), u.user.ID
	}
	gone := want[len(want)-1]
	slices.Sort(want)
	if names := list(); !slices.Equal(names, want) {
		t.Errorf("listed: %v, want %v", names, want)
	}
	if err := s.Users().DeleteUser(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	want = slices.DeleteFunc(want, func(n activity.Username) bool { return n == gone })
	if names := list(); !slices.Equal(names, want) {
		t.Errorf("after a deletion: %v, want %v", names, want)
	}
	for _, err := range s.Users().ListUsers(t.Context()) {
		if err != nil {
			t.Error(err)
		}
		break // a list that is left early leaves nothing behind
	}
}

func userUnknown(t *testing.T, s storage.Store) {
	ran := false
	fn := func(storage.Tx) error {
		ran = true
		return nil
	}
	nobody := s.Tenant(activity.UserID(newEventID()))
	wantCode(t, nobody.View(t.Context(), fn), activity.CodeUnknownUser)
	wantCode(t, nobody.Update(t.Context(), activity.Origin{}, fn), activity.CodeUnknownUser)
	if ran {
		t.Error("a unit of work of nobody ran")
	}
	events, err := collect(nobody.Events(t.Context(), everything("c")))
	if len(events) > 0 || !isCode(err, activity.CodeUnknownUser) {
		t.Errorf("nobody's events: %v, %v", events, err)
	}
	wantCode(t, s.Users().DeleteUser(t.Context(), activity.UserID(newEventID())), activity.CodeUnknownUser)
	nobody.Touch("some access", 1)
}

func userDeleted(t *testing.T, s storage.Store) {
	u, other := newTenant(t, s), newTenant(t, s)
	for _, tenant := range []*tenant{u, other} {
		tenant.channel("c")
		tenant.put(note("c", "", 1), note("c", "", 2))
	}
	if err := s.Users().DeleteUser(t.Context(), u.user.ID); err != nil {
		t.Fatal(err)
	}
	wantCode(t, u.View(t.Context(), nothing), activity.CodeUnknownUser)
	wantCode(t, u.Update(t.Context(), u.origin, nothing), activity.CodeUnknownUser)
	events, err := collect(u.Events(t.Context(), everything("c")))
	if len(events) > 0 || !isCode(err, activity.CodeUnknownUser) {
		t.Errorf("a deleted user's events: %v, %v", events, err)
	}
	_, err = s.Users().UserByName(t.Context(), u.user.Username)
	wantCode(t, err, activity.CodeUnknownUser)
	wantCode(t, s.Users().DeleteUser(t.Context(), u.user.ID), activity.CodeUnknownUser)
	if left := other.list(everything("c")); len(left) != 2 {
		t.Errorf("another user has %d events left", len(left))
	}
}

func userDeletedIsTold(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	from := position(t, s)
	if err := s.Users().DeleteUser(t.Context(), u.user.ID); err != nil {
		t.Fatal(err)
	}
	told := u.follow(from, func(seen []storage.Delivery) bool { return len(seen) == 1 })
	if c := told[0].Change; c.Kind != activity.UserKind || c.Action != activity.Deleted || c.Item != string(u.user.ID) {
		t.Errorf("the feed told %+v", c)
	}
}

func userNameBlocked(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	blocked := func(name activity.Username) bool {
		b, err := s.Users().NameBlocked(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if blocked(u.user.Username) {
		t.Error("a living user's name is blocked")
	}
	if err := s.Users().DeleteUser(t.Context(), u.user.ID); err != nil {
		t.Fatal(err)
	}
	if !blocked(u.user.Username) || blocked(newUser().Username) {
		t.Error("not the deleted user's name is blocked, or another")
	}
	again := newUser()
	again.Username = u.user.Username
	wantCode(t, s.Users().CreateUser(t.Context(), &again, nil), activity.CodeItemIDAlreadyExists)
}

// invitation puts a one-time token for a new user.
func invitation(t *testing.T, s storage.Store, expires activity.Timestamp) *activity.TokenHash {
	t.Helper()
	token := activity.HashToken(randomWord("token"))
	if err := s.Secrets().PutOneTimeToken(t.Context(), randomWord("purpose"), token, expires); err != nil {
		t.Fatal(err)
	}
	return &token
}

const farFuture = activity.Timestamp(1e11)

func hasToken(t *testing.T, s storage.Store, token activity.TokenHash) bool {
	t.Helper()
	has, err := s.Secrets().HasOneTimeToken(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return has
}

func userInvited(t *testing.T, s storage.Store) {
	token := invitation(t, s, farFuture)
	u, second := newUser(), newUser()
	if err := s.Users().CreateUser(t.Context(), &u, token); err != nil {
		t.Fatal(err)
	}
	if hasToken(t, s, *token) {
		t.Error("a taken invitation is still there")
	}
	wantCode(t, s.Users().CreateUser(t.Context(), &second, token), activity.CodeInvalidAccessToken)
	_, err := s.Users().UserByName(t.Context(), second.Username)
	wantCode(t, err, activity.CodeUnknownUser)
}

func userInvitationKept(t *testing.T, s storage.Store) {
	token := invitation(t, s, farFuture)
	u := newUser()
	u.Username = newTenant(t, s).user.Username
	wantCode(t, s.Users().CreateUser(t.Context(), &u, token), activity.CodeItemIDAlreadyExists)
	if !hasToken(t, s, *token) {
		t.Error("the invitation went with a user that was not made")
	}
}

func userInvitationBad(t *testing.T, s storage.Store) {
	unknown := activity.HashToken(randomWord("token"))
	for name, token := range map[string]*activity.TokenHash{"expired": invitation(t, s, 1), "unknown": &unknown} {
		u := newUser()
		if err := s.Users().CreateUser(t.Context(), &u, token); !isCode(err, activity.CodeInvalidAccessToken) {
			t.Errorf("%s: %v, want %s", name, err, activity.CodeInvalidAccessToken)
		}
		if _, err := s.Users().UserByName(t.Context(), u.Username); !errors.Is(err, activity.NewError(activity.CodeUnknownUser, "")) {
			t.Errorf("%s: the user is there, %v", name, err)
		}
	}
}

func userInvitationRace(t *testing.T, s storage.Store) {
	const racers = 16
	token := invitation(t, s, farFuture)
	errs := atOnce(racers, func(int) error {
		u := newUser()
		return s.Users().CreateUser(t.Context(), &u, token)
	})
	oneWins(t, errs, activity.CodeInvalidAccessToken)
}
