package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/activityd/activityd/internal/activity"
)

// RetryAfter is the data of every CodeTooManyRequests of this package. The REST
// adapter makes the header Retry-After of it.
type RetryAfter struct {
	Seconds int `json:"retryAfter"` // until another try may succeed, at least 1
}

func tooMany(message string, seconds int) error {
	return activity.NewError(activity.CodeTooManyRequests, "%s", message).With(RetryAfter{Seconds: seconds})
}

// Attempts counts in windows, on all servers together. storage.Secrets is one,
// and says what its methods do.
type Attempts interface {
	CountAttempt(ctx context.Context, key string, window time.Duration) (count int, ends activity.Timestamp, err error)
	ForgetAttempts(ctx context.Context, key string) error
}

// addressFactor is how many times the limit one address has for all users
// together: a household or an office signs in from one.
const addressFactor = 10

// Throttle bounds how often a sign-in may be tried: Limit times in a Window for
// one user from one address, and ten times that from one address for all users.
// Nothing is counted for a user alone, so attempts from elsewhere never lock
// anyone out. An IPv6 address stands for its /64, an IPv4-mapped one is the
// IPv4 address, and all unknown ones (the zero Addr) are one.
//
// The counters' keys hold names and addresses as hashes only, which hide them
// from a passing look at the store, not from one who tries all addresses.
// Its methods may be called at the same time.
type Throttle struct {
	Attempts Attempts
	Limit    int           // at least 1; less lets nobody in
	Window   time.Duration // from the first attempt on
	Now      func() time.Time
}

// Attempt counts an attempt and fails with CodeTooManyRequests and RetryAfter
// where it is one too many. It must come before the password is looked at, and
// for names that nobody has too; what it refuses counts for the address.
// Case does not matter in the name. A failure of the store is passed on: the
// sign-in must fail then.
func (t *Throttle) Attempt(ctx context.Context, username string, addr netip.Addr) error {
	if err := t.count(ctx, addressKey(addr), addressFactor*t.Limit); err != nil {
		return err
	}
	return t.count(ctx, pairKey(username, addr), t.Limit)
}

// Succeeded forgets the attempts of the user from the address, when the
// password was right. Those of the address stay, else who has an account could
// try the passwords of others without end.
func (t *Throttle) Succeeded(ctx context.Context, username string, addr netip.Addr) error {
	if err := t.Attempts.ForgetAttempts(ctx, pairKey(username, addr)); err != nil {
		return fmt.Errorf("auth: forget sign-in attempts: %w", err)
	}
	return nil
}

func (t *Throttle) count(ctx context.Context, key string, limit int) error {
	count, ends, err := t.Attempts.CountAttempt(ctx, key, t.Window)
	if err != nil {
		return fmt.Errorf("auth: count a sign-in attempt: %w", err)
	}
	if count <= limit {
		return nil
	}
	// The store's clock may differ from ours: no more than the window.
	left := min(ends.Time().Sub(t.Now()), t.Window).Seconds()
	return tooMany("Too many sign-ins were tried: wait the seconds in data.retryAfter, then try again.",
		max(1, int(math.Ceil(left))))
}

func addressKey(addr netip.Addr) string { return attemptKey("address", network(addr), "") }

func pairKey(username string, addr netip.Addr) string {
	return attemptKey("pair", network(addr), strings.ToLower(username))
}

// attemptKey hashes the parts; only the last may hold any byte.
func attemptKey(kind, network, username string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + network + "\x00" + username))
	return "login:" + hex.EncodeToString(sum[:])
}

// network gives what counts as one address.
func network(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	prefix, _ := addr.Prefix(bits) // fails for wrong bits only; the zero Addr has a zero Prefix
	return prefix.String()
}
