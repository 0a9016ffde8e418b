package storagetest

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func closingCases() []testCase {
	return []testCase{
		{name: "an open store is ready", check: readyWhileOpen},
		{name: "calls after Close fail", check: closedFails, alone: true},
		{name: "Close waits for running units", check: closeWaits, alone: true},
		{name: "Close while many write", check: closeUnderLoad, alone: true},
	}
}

func readyWhileOpen(t *testing.T, s storage.Store) {
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func closedFails(t *testing.T, s storage.Store) {
	u, _ := furnished(t, s)
	from := position(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	calls := tenantCalls(t, u, from)
	maps.Copy(calls, installationCalls(t, s, u.user))
	for name, call := range calls {
		if err := call(); !isCode(err, activity.CodeServiceUnavailable) {
			t.Errorf("%s: %v, want %s", name, err, activity.CodeServiceUnavailable)
		}
	}
	u.Touch("a", 1)
}

// tenantCalls gives every call that concerns a tenant or the feed.
func tenantCalls(t *testing.T, u *tenant, from storage.Position) map[string]func() error {
	t.Helper()
	ctx, s := t.Context(), u.store
	return map[string]func() error{
		"Update": func() error { return u.Update(ctx, u.origin, nothing) },
		"View":   func() error { return u.View(ctx, nothing) },
		"Events": func() error {
			_, err := collect(u.Events(ctx, everything("old")))
			return err
		},
		"Head": func() error {
			_, err := s.Head(ctx)
			return err
		},
		"Ready": func() error { return s.Ready(ctx) },
		"Changes": func() (last error) {
			for _, err := range s.Changes(ctx, from) {
				last = err
			}
			return last
		},
	}
}

// installationCalls gives every call of Users and Secrets.
func installationCalls(t *testing.T, s storage.Store, user activity.User) map[string]func() error {
	t.Helper()
	ctx, fresh, token := t.Context(), newUser(), activity.HashToken("t")
	return map[string]func() error{
		"CreateUser": func() error { return s.Users().CreateUser(ctx, &fresh, nil) },
		"DeleteUser": func() error { return s.Users().DeleteUser(ctx, user.ID) },
		"UserByName": func() error {
			_, err := s.Users().UserByName(ctx, user.Username)
			return err
		},
		"ListUsers": func() (last error) {
			for _, err := range s.Users().ListUsers(ctx) {
				last = err
			}
			return last
		},
		"CountUsers": func() error {
			_, err := s.Users().CountUsers(ctx)
			return err
		},
		"NameBlocked": func() error {
			_, err := s.Users().NameBlocked(ctx, user.Username)
			return err
		},
		"PutOneTimeToken": func() error { return s.Secrets().PutOneTimeToken(ctx, "p", token, farFuture) },
		"HasOneTimeToken": func() error {
			_, err := s.Secrets().HasOneTimeToken(ctx, token)
			return err
		},
		"CountAttempt": func() error {
			_, _, err := s.Secrets().CountAttempt(ctx, "k", time.Hour)
			return err
		},
		"ForgetAttempts": func() error { return s.Secrets().ForgetAttempts(ctx, "k") },
		"SigningKeys": func() error {
			_, err := s.Secrets().SigningKeys(ctx, func() storage.SigningKey { return storage.SigningKey{ID: "k"} })
			return err
		},
	}
}

func closeWaits(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	begun, goOn := make(chan struct{}), make(chan struct{})
	closed := make(chan error, 1)
	updated := make(chan error, 1)
	go func() {
		updated <- u.Update(t.Context(), u.origin, func(tx storage.Tx) error {
			close(begun)
			<-goOn
			return tx.PutProfile(t.Context(), "public", counter(1))
		})
	}()
	<-begun
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		t.Errorf("Close returned %v while a unit ran", err)
		closed <- nil
	case <-time.After(20 * time.Millisecond): // long enough to see a Close that does not wait, most times
	}
	close(goOn)
	if err := <-updated; err != nil {
		t.Errorf("the running unit failed: %v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
}

// closeUnderLoad: each unit either succeeds or is told that the store is away.
func closeUnderLoad(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	errs := atOnce(workers, func(i int) error {
		if i == workers/2 {
			return s.Close()
		}
		for range 20 {
			err := u.Update(t.Context(), u.origin, func(tx storage.Tx) error { return tx.PutProfile(t.Context(), "public", counter(i)) })
			if err != nil && !isCode(err, activity.CodeServiceUnavailable) {
				return err
			}
			if err := u.View(t.Context(), nothing); err != nil && !isCode(err, activity.CodeServiceUnavailable) {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}
