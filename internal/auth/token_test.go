package auth_test

import (
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
)

func TestNewToken(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		token := auth.NewToken()
		if seen[token] {
			t.Fatalf("%q twice", token)
		}
		seen[token] = true
		// 26 of 32 letters are 130 bits.
		if len(token) < 26 || strings.Trim(token, "abcdefghijklmnopqrstuvwxyz234567") != "" {
			t.Fatalf("%q has less than 128 bits or other characters", token)
		}
		if given, err := auth.ParseGivenToken(token); given != token || err != nil {
			t.Fatalf("ParseGivenToken(%q) = %q, %v", token, given, err)
		}
	}
}

func TestParseGivenToken(t *testing.T) {
	for _, c := range []struct{ given, want, fault string }{
		{"abcdefghijklmnop", "abcdefghijklmnop", ""},
		{"My Secret Token: 42!", "my-secret-token-42", ""},
		{"a.b.c.d.e.f.g.h.i", "a-b-c-d-e-f-g-h-i", ""},
		{"", "", "minLength"},
		{"abcdefghijklmno", "", "minLength"},
		{"!!!!!!!!!!!!!!!!!!!!!!!!", "", "minLength"},
		{"abcdefghijklmno            ", "", "minLength"},
		{"\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9", "", "minLength"},
		{strings.Repeat("a", 100), strings.Repeat("a", 100), ""},
		{strings.Repeat("a", 101), "", "maxLength"},
		{strings.Repeat("a", 1<<20), "", "maxLength"},
	} {
		got, err := auth.ParseGivenToken(c.given)
		if c.fault != "" {
			wantFault(t, err, "token", c.fault)
		} else if err != nil {
			t.Errorf("%q: %v", c.given, err)
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.given, got, c.want)
		}
	}
}

func FuzzParseGivenToken(f *testing.F) {
	f.Add("abcdefghijklmnop")
	f.Add("My Secret Token: 42!")
	f.Fuzz(func(t *testing.T, given string) {
		token, err := auth.ParseGivenToken(given)
		if err != nil {
			wantCode(t, err, activity.CodeInvalidParametersFormat)
			return
		}
		if again, err := auth.ParseGivenToken(token); again != token || err != nil || strings.Contains(token, ".") {
			t.Errorf("%q: %q is not its own slug: %q, %v", given, token, again, err)
		}
	})
}
