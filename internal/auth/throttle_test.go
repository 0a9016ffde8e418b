package auth_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
)

// attempts counts as storage.Secrets says, on the test's clock.
type attempts struct {
	now  time.Time
	fail error
	keys map[string]*window
}

type window struct {
	count int
	ends  time.Time
}

func (a *attempts) CountAttempt(_ context.Context, key string, length time.Duration) (int, activity.Timestamp, error) {
	w, ok := a.keys[key]
	if !ok || !a.now.Before(w.ends) {
		w = &window{ends: a.now.Add(length)}
		a.keys[key] = w
	}
	w.count++
	return w.count, activity.TimestampOf(w.ends), a.fail
}

func (a *attempts) ForgetAttempts(_ context.Context, key string) error {
	delete(a.keys, key)
	return a.fail
}

// newThrottle allows three attempts in ten minutes.
func newThrottle() (*auth.Throttle, *attempts) {
	a := &attempts{now: now.Time(), keys: map[string]*window{}}
	return &auth.Throttle{Attempts: a, Limit: 3, Window: 10 * time.Minute, Now: func() time.Time { return a.now }}, a
}

const (
	home = "192.0.2.1"
	away = "198.51.100.7"
)

func attempt(t *testing.T, throttle *auth.Throttle, user, addr string) error {
	t.Helper()
	return throttle.Attempt(t.Context(), user, netip.MustParseAddr(addr))
}

// try makes n attempts that must be let through.
func try(t *testing.T, throttle *auth.Throttle, user, addr string, n int) {
	t.Helper()
	for i := range n {
		if err := attempt(t, throttle, user, addr); err != nil {
			t.Fatalf("attempt %d of %q from %s: %v", i+1, user, addr, err)
		}
	}
}

// refused makes an attempt that must be refused and gives the seconds to wait.
func refused(t *testing.T, throttle *auth.Throttle, user, addr string) int {
	t.Helper()
	e := wantCode(t, attempt(t, throttle, user, addr), activity.CodeTooManyRequests)
	data, ok := e.Data.(auth.RetryAfter)
	if !ok {
		t.Fatalf("data %v", e.Data)
	}
	return data.Seconds
}

func TestThrottleBoundsThePair(t *testing.T) {
	throttle, clock := newThrottle()
	try(t, throttle, "alice", home, 3)
	clock.now = clock.now.Add(90*time.Second + 300*time.Millisecond)
	if s := refused(t, throttle, "alice", home); s != 510 { // 509.7 rounded up
		t.Errorf("wait %d s, want 510", s)
	}
	try(t, throttle, "alice", away, 3) // who attacks from elsewhere locks nobody out
	try(t, throttle, "somebody", home, 3)
	refused(t, throttle, "ALICE", home)
	clock.now = clock.now.Add(509 * time.Second)
	if s := refused(t, throttle, "alice", home); s != 1 {
		t.Errorf("wait %d s, want 1", s)
	}
	clock.now = clock.now.Add(time.Second)
	try(t, throttle, "alice", home, 3) // refused attempts did not make it longer
}

func TestThrottleBoundsTheAddress(t *testing.T) {
	throttle, _ := newThrottle()
	for i := range 30 {
		try(t, throttle, "user-"+string(rune('a'+i)), home, 1)
	}
	refused(t, throttle, "somebody", home)
	try(t, throttle, "somebody", away, 1)
}

func TestThrottleForgetsThePairOnly(t *testing.T) {
	throttle, _ := newThrottle()
	for i := range 10 {
		try(t, throttle, "mallory", home, 3)
		addr := netip.MustParseAddr(home)
		if err := throttle.Succeeded(t.Context(), "Mallory", addr); err != nil {
			t.Fatalf("success %d: %v", i, err)
		}
	}
	refused(t, throttle, "alice", home) // the address has used up its 30
}

func TestThrottleAddresses(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
		{"2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true},
		{"2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"fe80::1%eth0", "fe80::1", true},
		{"::1", "127.0.0.1", false},
	} {
		throttle, _ := newThrottle()
		try(t, throttle, "alice", c.a, 3)
		if err := attempt(t, throttle, "alice", c.b); (err != nil) != c.same {
			t.Errorf("%s and %s: %v, want the same %v", c.a, c.b, err, c.same)
		}
	}
	throttle, _ := newThrottle()
	for range 3 {
		if err := throttle.Attempt(t.Context(), "alice", netip.Addr{}); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, throttle.Attempt(t.Context(), "alice", netip.Addr{}), activity.CodeTooManyRequests)
}

func TestThrottleKeysHoldNoNames(t *testing.T) {
	throttle, a := newThrottle()
	try(t, throttle, "alice", home, 1)
	try(t, throttle, strings.Repeat("x", 100_000), home, 1)
	try(t, throttle, "\x00alice", home, 1)
	if len(a.keys) != 4 { // one address, three pairs
		t.Errorf("%d keys, want 4", len(a.keys))
	}
	for key := range a.keys {
		if len(key) > 80 || strings.Contains(key, "alice") || strings.Contains(key, home) {
			t.Errorf("key %q", key)
		}
	}
}

func TestThrottleRefusesWhenTheStoreFails(t *testing.T) {
	throttle, a := newThrottle()
	a.fail = activity.NewError(activity.CodeServiceUnavailable, "The store is away.")
	for _, err := range []error{
		attempt(t, throttle, "alice", home),
		throttle.Succeeded(t.Context(), "alice", netip.MustParseAddr(home)),
	} {
		if !errors.Is(err, a.fail) {
			t.Errorf("error %v", err)
		}
	}
}

func TestThrottleTrustsNoStoreClock(t *testing.T) {
	for _, c := range []struct {
		store time.Duration // ahead of ours
		want  int
	}{{time.Hour, 600}, {-time.Hour, 1}} {
		throttle, a := newThrottle()
		throttle.Now = func() time.Time { return a.now.Add(-c.store) }
		try(t, throttle, "alice", home, 3)
		if s := refused(t, throttle, "alice", home); s != c.want {
			t.Errorf("a clock %v ahead: wait %d s, want %d", c.store, s, c.want)
		}
	}
}
