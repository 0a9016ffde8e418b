package auth

import (
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Cost is what one argon2id hash takes.
type Cost struct {
	Memory  uint32 // KiB, 8 per thread to 65536 (64 MiB)
	Passes  uint32 // over the memory, 1 to 5
	Threads uint8  // 1 to 4
}

// DefaultCost is 19 MiB in two passes by one thread.
func DefaultCost() Cost { return Cost{Memory: 19 * 1024, Passes: 2, Threads: 1} }

// The most that a stored hash may ask for: room for the common
// recommendations, and no more, so that a hash which somebody smuggled into
// the store cannot take the server's memory or minutes of its time.
const (
	maxMemory  = 64 * 1024 // KiB
	maxPasses  = 5
	maxThreads = 4
)

const (
	errPHCForm   = constError("not an argon2id hash in PHC form")
	errPHCBounds = constError("argon2id parameters out of bounds")
)

func (c Cost) check() error {
	if c.Threads < 1 || c.Threads > maxThreads || c.Passes < 1 || c.Passes > maxPasses ||
		c.Memory < 8*uint32(c.Threads) || c.Memory > maxMemory {
		return errPHCBounds
	}
	return nil
}

// phc is a hash in PHC form: $argon2id$v=19$m=…,t=…,p=…$salt$key.
type phc struct {
	cost      Cost
	salt, key []byte
}

// Bounds of the parts of a stored hash, in bytes.
const (
	minSalt, maxSalt = 8, 48
	minKey, maxKey   = 16, 64
	maxPHC           = 256 // of the whole text
)

func (h phc) String() string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, h.cost.Memory, h.cost.Passes, h.cost.Threads, encode(h.salt), encode(h.key))
}

// parsePHC reads what String writes, and nothing that it would write otherwise.
func parsePHC(s string) (phc, error) {
	parts := strings.Split(s[:min(len(s), maxPHC+1)], "$")
	if len(s) > maxPHC || len(parts) != 6 {
		return phc{}, errPHCForm
	}
	var h phc
	_, costErr := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.cost.Memory, &h.cost.Passes, &h.cost.Threads)
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	h.salt, h.key = salt, key
	if costErr != nil || saltErr != nil || keyErr != nil || h.String() != s {
		return phc{}, errPHCForm
	}
	if len(salt) < minSalt || len(salt) > maxSalt || len(key) < minKey || len(key) > maxKey {
		return phc{}, errPHCBounds
	}
	return h, h.cost.check()
}
