package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"runtime"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/activityd/activityd/internal/activity"
)

// Lengths of what Hash makes, in bytes.
const (
	saltLength = 16
	keyLength  = 32
)

// waitingPerRunning bounds the queue by default: at some 30 ms for a hash, who
// comes last waits about a second.
const waitingPerRunning = 32

// Passwords hashes and verifies passwords with argon2id. A hash takes memory
// and time by intent, so a bounded number runs at once, a bounded number waits,
// and the rest is turned away with CodeTooManyRequests. Its methods may be
// called at the same time.
//
// A password is the bytes that were given: it is not trimmed, folded or
// normalised. Clients whose keyboards give the same letter in several Unicode
// forms must normalise before they send.
type Passwords struct {
	cost    Cost
	derive  Derive
	queue   chan struct{} // holds one of each that runs or waits
	running chan struct{}
}

// PasswordOptions are the parameters of Passwords. The zero value is what the
// service runs with.
type PasswordOptions struct {
	Cost    Cost   // of new hashes; zero for DefaultCost
	Running int    // hashes at once; 0 for GOMAXPROCS
	Waiting int    // hashes that wait for their turn; 0 for 32 per running one
	Derive  Derive // nil for argon2.IDKey
}

// Derive is the signature of argon2.IDKey. Tests put another in its place to
// count or hold the computations.
type Derive func(password, salt []byte, passes, memory uint32, threads uint8, keyLength uint32) []byte

// NewPasswords makes a Passwords. It fails for a cost out of bounds and for
// negative numbers.
func NewPasswords(o PasswordOptions) (*Passwords, error) {
	if o.Cost == (Cost{}) {
		o.Cost = DefaultCost()
	}
	if o.Running == 0 {
		o.Running = runtime.GOMAXPROCS(0)
	}
	if o.Waiting == 0 {
		o.Waiting = waitingPerRunning * o.Running
	}
	if o.Derive == nil {
		o.Derive = argon2.IDKey
	}
	if err := o.Cost.check(); err != nil {
		return nil, fmt.Errorf("auth: password options: %w", err)
	}
	if o.Running < 0 || o.Waiting < 0 {
		return nil, errors.New("auth: password options: a negative number of hashes")
	}
	return &Passwords{
		cost:    o.Cost,
		derive:  o.Derive,
		queue:   make(chan struct{}, o.Running+o.Waiting),
		running: make(chan struct{}, o.Running),
	}, nil
}

// CheckPassword says what is wrong with the length of a new password; nil for
// nothing. The caller adds the path.
func CheckPassword(password string) *activity.Fault {
	switch n := utf8.RuneCountInString(password); {
	case n < activity.MinPasswordLength:
		return activity.NewFault("minLength", "A password has at least %d characters.", activity.MinPasswordLength)
	case n > activity.MaxPasswordLength:
		return activity.NewFault("maxLength", "A password has at most %d characters.", activity.MaxPasswordLength)
	}
	return nil
}

// Hash gives the hash of a new password in PHC form. It fails with
// CodeInvalidParametersFormat (path "password") where CheckPassword finds a
// fault, with CodeTooManyRequests, and with the context's error when it ends
// before the turn came.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if fault := CheckPassword(password); fault != nil {
		fault.Path = "password"
		return "", activity.FaultsError([]activity.Fault{*fault})
	}
	salt := randomBytes(saltLength)
	key, err := p.compute(ctx, p.cost, password, salt, keyLength)
	if err != nil {
		return "", err
	}
	return phc{cost: p.cost, salt: salt, key: key}.String(), nil
}

// Verify reports whether the hash is that of the password, in constant time,
// and whether it is due for a new one because its cost is not today's (asked
// when ok, while the password is at hand). It looks at no length: what Hash
// refuses matches no hash. The hash "" is nobody's, see VerifyNobody. It fails
// for a hash that cannot be read or that would cost more than the bounds of
// Cost, and as Hash does while waiting.
func (p *Passwords) Verify(ctx context.Context, hash, password string) (ok, rehash bool, err error) {
	if hash == "" {
		return false, false, p.VerifyNobody(ctx, password)
	}
	stored, err := parsePHC(hash)
	if err != nil {
		return false, false, fmt.Errorf("auth: read a password hash: %w", err)
	}
	key, err := p.compute(ctx, stored.cost, password, stored.salt, uint32(len(stored.key)))
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(key, stored.key) == 1
	rehash = stored.cost != p.cost || len(stored.salt) != saltLength || len(stored.key) != keyLength
	return ok, ok && rehash, nil
}

// VerifyNobody does the work of Verify for a user who does not exist or may not
// sign in, so that neither answer nor time tells. The answer is always no; it
// fails only as Hash does while waiting.
func (p *Passwords) VerifyNobody(ctx context.Context, password string) error {
	_, err := p.compute(ctx, p.cost, password, make([]byte, saltLength), keyLength)
	return err
}

// compute waits for its turn and derives a key. Once begun it is not stopped.
func (p *Passwords) compute(ctx context.Context, c Cost, password string, salt []byte, length uint32) ([]byte, error) {
	select {
	case p.queue <- struct{}{}:
		defer func() { <-p.queue }()
	default:
		return nil, tooMany("Too many sign-ins are under way: wait the seconds in data.retryAfter, then try again.", 1)
	}
	select {
	case p.running <- struct{}{}:
		defer func() { <-p.running }()
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("auth: wait to hash a password: %w", err)
	}
	return p.derive([]byte(password), salt, c.Passes, c.Memory, c.Threads, length), nil
}
