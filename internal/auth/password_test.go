package auth_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/argon2"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
)

const password = "correct horse"

var cheap = auth.Cost{Memory: 8, Passes: 1, Threads: 1}

// work is the parameters of one computation.
type work struct {
	salt, key      int
	passes, memory uint32
	threads        uint8
}

// counter derives as the service does and notes the work.
type counter struct {
	mu   sync.Mutex
	done []work
}

func (c *counter) derive(password, salt []byte, passes, memory uint32, threads uint8, length uint32) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = append(c.done, work{len(salt), int(length), passes, memory, threads})
	return argon2.IDKey(password, salt, passes, memory, threads, length)
}

// take gives the work since the last call.
func (c *counter) take() []work {
	c.mu.Lock()
	defer c.mu.Unlock()
	done := c.done
	c.done = nil
	return done
}

func newPasswords(t testing.TB, o auth.PasswordOptions) *auth.Passwords {
	t.Helper()
	p, err := auth.NewPasswords(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func hash(t testing.TB, p *auth.Passwords, password string) string {
	t.Helper()
	h, err := p.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHashHasTheServiceCost(t *testing.T) {
	p := newPasswords(t, auth.PasswordOptions{})
	h := hash(t, p, password)
	if want := "$argon2id$v=19$m=19456,t=2,p=1$"; !strings.HasPrefix(h, want) {
		t.Errorf("hash %q, want it to begin with %q", h, want)
	}
	parts := strings.Split(h, "$")
	if len(parts[4]) != 22 || len(parts[5]) != 43 { // 16 and 32 bytes
		t.Errorf("hash %q: salt or key of a wrong length", h)
	}
	ok, rehash, err := p.Verify(t.Context(), h, password)
	if !ok || rehash || err != nil {
		t.Errorf("Verify = %v, %v, %v; want true, false, nil", ok, rehash, err)
	}
}

func TestVerify(t *testing.T) {
	p := newPasswords(t, auth.PasswordOptions{Cost: cheap})
	h := hash(t, p, "caf\u00e9 con leche")
	if h == hash(t, p, "caf\u00e9 con leche") {
		t.Error("two hashes of one password are equal: no salt")
	}
	for _, c := range []struct {
		name, hash, password string
		want                 bool
	}{
		{"the password", h, "caf\u00e9 con leche", true},
		{"another", h, "caf\u00e9 con lecho", false},
		{"other bytes of the same letters", h, "cafe\u0301 con leche", false},
		{"with a space more", h, "caf\u00e9 con leche ", false},
		{"other case", h, "Caf\u00e9 con leche", false},
		{"empty", h, "", false},
		{"far too long", h, strings.Repeat("x", 100_000), false},
		{"nobody's hash", "", "caf\u00e9 con leche", false},
	} {
		ok, rehash, err := p.Verify(t.Context(), c.hash, c.password)
		if ok != c.want || rehash || err != nil {
			t.Errorf("%s: Verify = %v, %v, %v; want %v, false, nil", c.name, ok, rehash, err, c.want)
		}
	}
}

func TestVerifyAsksForRehash(t *testing.T) {
	old := hash(t, newPasswords(t, auth.PasswordOptions{Cost: cheap}), password)
	for _, now := range []auth.Cost{{Memory: 16, Passes: 1, Threads: 1}, {Memory: 8, Passes: 2, Threads: 1}, {Memory: 16, Passes: 1, Threads: 2}} {
		p := newPasswords(t, auth.PasswordOptions{Cost: now})
		if ok, rehash, err := p.Verify(t.Context(), old, password); !ok || !rehash || err != nil {
			t.Errorf("%+v: Verify = %v, %v, %v; want true, true, nil", now, ok, rehash, err)
		}
		if ok, rehash, err := p.Verify(t.Context(), old, "wrong password"); ok || rehash || err != nil {
			t.Errorf("%+v: Verify of a wrong one = %v, %v, %v; want false, false, nil", now, ok, rehash, err)
		}
	}
}

func TestUnknownUserCostsTheSameWork(t *testing.T) {
	var count counter
	p := newPasswords(t, auth.PasswordOptions{Derive: count.derive})
	h := hash(t, p, password)
	made := count.take()
	if want := []work{{16, 32, 2, 19456, 1}}; !slices.Equal(made, want) {
		t.Fatalf("Hash did %v, want %v", made, want)
	}
	for name, verify := range map[string]func() error{
		"wrong password": func() error { _, _, err := p.Verify(t.Context(), h, "wrong password"); return err },
		"right password": func() error { _, _, err := p.Verify(t.Context(), h, password); return err },
		"short password": func() error { _, _, err := p.Verify(t.Context(), h, ""); return err },
		"no hash":        func() error { _, _, err := p.Verify(t.Context(), "", password); return err },
		"nobody":         func() error { return p.VerifyNobody(t.Context(), password) },
		"nobody, short":  func() error { return p.VerifyNobody(t.Context(), "") },
	} {
		if err := verify(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if done := count.take(); !slices.Equal(done, made) {
			t.Errorf("%s: did %v, want %v", name, done, made)
		}
	}
}

func TestPasswordLength(t *testing.T) {
	var count counter
	p := newPasswords(t, auth.PasswordOptions{Cost: cheap, Derive: count.derive})
	for _, c := range []struct{ password, code string }{
		{"", "minLength"},
		{"1234567", "minLength"},
		{"\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9", "minLength"}, // 14 bytes
		{"12345678", ""},
		{strings.Repeat("\U0001F600", 256), ""}, // 1024 bytes
		{strings.Repeat("x", 257), "maxLength"},
	} {
		h, err := p.Hash(t.Context(), c.password)
		done := len(count.take())
		if c.code != "" {
			wantFault(t, err, "password", c.code)
			if done != 0 || auth.CheckPassword(c.password).Code != c.code {
				t.Errorf("%q: hashed or not found by CheckPassword", c.password)
			}
			continue
		}
		if ok, _, verr := p.Verify(t.Context(), h, c.password); err != nil || verr != nil || !ok {
			t.Errorf("%q: Hash %v, Verify %v, %v", c.password, err, ok, verr)
		}
		if auth.CheckPassword(c.password) != nil {
			t.Errorf("%q: CheckPassword finds a fault", c.password)
		}
		count.take()
	}
}

func TestNewPasswordsRefuses(t *testing.T) {
	for _, o := range []auth.PasswordOptions{
		{Running: -1}, {Waiting: -1},
		{Cost: auth.Cost{Memory: 7, Passes: 1, Threads: 1}},
		{Cost: auth.Cost{Memory: 8, Passes: 0, Threads: 1}},
		{Cost: auth.Cost{Memory: 8, Passes: 1, Threads: 0}},
		{Cost: auth.Cost{Memory: 64*1024 + 1, Passes: 1, Threads: 1}},
	} {
		if _, err := auth.NewPasswords(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

// TestPasswordsAreBounded holds the computations: two run, three wait, and one
// more is turned away at once; who gives up while waiting makes room.
func TestPasswordsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var count counter
		gate := make(chan struct{})
		p := newPasswords(t, auth.PasswordOptions{
			Cost: cheap, Running: 2, Waiting: 3,
			Derive: func(password, salt []byte, passes, memory uint32, threads uint8, length uint32) []byte {
				key := count.derive(password, salt, passes, memory, threads, length)
				<-gate
				return key
			},
		})
		results := make(chan error, 6)
		start := func(ctx context.Context) {
			go func() { results <- p.VerifyNobody(ctx, password) }()
			synctest.Wait()
		}
		impatient, giveUp := context.WithCancel(t.Context())
		for range 4 {
			start(t.Context())
		}
		start(impatient)
		if begun := len(count.take()); begun != 2 {
			t.Errorf("%d computations run, want 2", begun)
		}
		e := wantCode(t, p.VerifyNobody(t.Context(), password), activity.CodeTooManyRequests)
		if e.Data != (auth.RetryAfter{Seconds: 1}) {
			t.Errorf("data %v", e.Data)
		}
		giveUp()
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up got %v", err)
		}
		start(t.Context()) // in the place that came free
		close(gate)
		for range 5 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if err := p.VerifyNobody(impatient, password); !errors.Is(err, context.Canceled) {
			t.Errorf("with an ended context: %v", err)
		}
		if begun := len(count.take()); begun != 3 {
			t.Errorf("%d more computations ran, want 3", begun)
		}
	})
}
