package auth_test

import (
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/activityd/activityd/internal/auth"
)

const (
	salt16 = "AAAAAAAAAAAAAAAAAAAAAA"
	key32  = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

// hostile lists hashes that must not be computed.
var hostile = []string{
	"x",
	"$",
	"$$$$$",
	"plain password",
	"$2b$12$abcdefghijklmnopqrstuv",
	"$argon2i$v=19$m=8,t=1,p=1$" + salt16 + "$" + key32,
	"$argon2id$v=16$m=8,t=1,p=1$" + salt16 + "$" + key32,
	"$argon2id$m=8,t=1,p=1$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=8,t=1$" + salt16 + "$" + key32,
	"$argon2id$v=19$t=1,m=8,p=1$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=+8,t=1,p=1$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=08,t=1,p=1$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=8,t=1,p=1,x=1$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=8,t=1,p=1 $" + salt16 + "$" + key32,
	"$argon2id$v=19$m=-8,t=1,p=1$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=7,t=1,p=1$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=8,t=0,p=1$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=8,t=1,p=0$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=8,t=1,p=256$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=65537,t=1,p=1$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=4294967295,t=1,p=1$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=4294967304,t=1,p=1$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=8,t=6,p=1$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=8,t=4294967295,p=1$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=40,t=1,p=5$" + salt16 + "$" + key32,
	"$argon2id$v=19$m=8,t=1,p=1$$" + key32,
	"$argon2id$v=19$m=8,t=1,p=1$" + salt16 + "$",
	"$argon2id$v=19$m=8,t=1,p=1$" + salt16 + "$AAAA",
	"$argon2id$v=19$m=8,t=1,p=1$" + salt16 + "==$" + key32,
	"$argon2id$v=19$m=8,t=1,p=1$" + salt16 + "$" + key32[:42] + "B", // stray bits
	"$argon2id$v=19$m=8,t=1,p=1$" + salt16 + "\n$" + key32,
	"$argon2id$v=19$m=8,t=1,p=1$" + salt16 + "$" + key32 + "$",
	"$argon2id$v=19$m=8,t=1,p=1$" + strings.Repeat("A", 1<<20) + "$" + key32,
}

func TestVerifyRefusesHostileHashes(t *testing.T) {
	var count counter
	p := newPasswords(t, auth.PasswordOptions{Cost: cheap, Derive: count.derive})
	for _, h := range hostile {
		ok, rehash, err := p.Verify(t.Context(), h, password)
		if ok || rehash || err == nil {
			t.Errorf("%.90q: Verify = %v, %v, %v; want an error", h, ok, rehash, err)
		}
		if err != nil && strings.Contains(err.Error(), key32[:8]) {
			t.Errorf("%.90q: the error quotes the hash: %v", h, err)
		}
	}
	if done := count.take(); len(done) != 0 {
		t.Errorf("did %v, want nothing", done)
	}
}

// FuzzVerify: no stored hash panics or makes work beyond the bounds.
func FuzzVerify(f *testing.F) {
	p := newPasswords(f, auth.PasswordOptions{
		Cost: cheap,
		Derive: func(password, salt []byte, passes, memory uint32, threads uint8, length uint32) []byte {
			if passes < 1 || passes > 5 || threads < 1 || threads > 4 || memory < 8*uint32(threads) || memory > 64*1024 || len(salt) > 48 || length > 64 {
				panic("a hash out of bounds is computed")
			}
			return argon2.IDKey(password, salt, 1, 8, 1, length) // fast
		},
	})
	for _, h := range hostile {
		f.Add(h)
	}
	f.Add(hash(f, p, password))
	f.Add("")
	f.Fuzz(func(t *testing.T, h string) {
		ok, rehash, err := p.Verify(t.Context(), h, password)
		if ok && err != nil || rehash && !ok {
			t.Errorf("%q: Verify = %v, %v, %v", h, ok, rehash, err)
		}
	})
}
