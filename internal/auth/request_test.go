package auth_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/auth"
)

func basic(credentials string) string {
	return base64.StdEncoding.EncodeToString([]byte(credentials))
}

func TestTokenFromRequest(t *testing.T) {
	for _, c := range []struct{ name, header, query, want string }{
		{"nothing", "", "", ""},
		{"header", "token", "", "token"},
		{"header with space around", "  token\t", "", "token"},
		{"bearer", "Bearer token", "", "token"},
		{"bearer in any case", "bEARER token", "", "token"},
		{"bearer with more space", "Bearer \t  token ", "", "token"},
		{"bearer without token", "Bearer", "", ""},
		{"bearer with two words", "Bearer a b", "", "a b"},
		{"bearer as part of a word", "Bearertoken", "", "Bearertoken"},
		{"bearer twice", "Bearer Bearer token", "", "Bearer token"},
		{"basic", "Basic " + basic("user:token"), "", "token"},
		{"basic in any case", "basic " + basic("user:token"), "", "token"},
		{"basic without user", "Basic " + basic(":token"), "", "token"},
		{"basic with a colon in the password", "Basic " + basic("user:a:b"), "", "a:b"},
		{"basic with an empty password", "Basic " + basic("user:"), "", ""},
		{"basic without credentials", "Basic", "", ""},
		{"basic without colon", "Basic " + basic("token"), "", "Basic " + basic("token")},
		{"basic broken", "Basic !!!", "", "Basic !!!"},
		{"unknown scheme", "Digest username=x", "", "Digest username=x"},
		{"query", "", "auth=token", "token"},
		{"query, escaped", "", "auth=a%2Eb", "a.b"},
		{"query, empty", "", "auth=", ""},
		{"query twice", "", "auth=first&auth=second", "first"},
		{"query in other case", "", "Auth=token", ""},
		{"header before query", "token", "auth=other", "token"},
		{"bearer before query", "Bearer token", "auth=other", "token"},
		{"basic before query", "Basic " + basic("user:token"), "auth=other", "token"},
		{"blank header and query", "  ", "auth=token", "token"},
		{"broken header and query", "Basic !!!", "auth=token", "Basic !!!"},
		{"empty bearer and query", "Bearer ", "auth=token", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{}
			if c.header != "" {
				h.Set("Authorization", c.header)
			}
			query, err := url.ParseQuery(c.query)
			if err != nil {
				t.Fatal(err)
			}
			if got := auth.TokenFromRequest(h, query); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if got := auth.TokenFromRequest(nil, nil); got != "" {
		t.Errorf("without header and query: %q", got)
	}
	if got := auth.TokenFromRequest(http.Header{"Authorization": {"first", "second"}}, nil); got != "first" {
		t.Errorf("of two headers: %q", got)
	}
}

func FuzzTokenFromRequest(f *testing.F) {
	for _, header := range []string{"", "token", "Bearer token", "Basic " + basic("user:token"), "Basic !!!", "Digest a b"} {
		f.Add(header, "other")
	}
	f.Fuzz(func(t *testing.T, header, query string) {
		got := auth.TokenFromRequest(http.Header{"Authorization": {header}}, url.Values{"auth": {query}})
		if blank := strings.TrimSpace(header) == ""; blank && got != query {
			t.Errorf("%q: %q, want the query's %q", header, got, query)
		}
		if len(got) > max(len(header), len(query)) {
			t.Errorf("%q: %q is longer than what was sent", header, got)
		}
		again := auth.TokenFromRequest(http.Header{"Authorization": {"Bearer x" + header}}, nil)
		if want := strings.TrimSpace("x" + header); again != want {
			t.Errorf("as bearer: %q, want %q", again, want)
		}
	})
}
