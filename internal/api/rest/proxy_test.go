package rest_test

import (
	"net/http"
	"net/netip"
	"testing"
)

func TestClientBehindProxies(t *testing.T) {
	trusted := func(s *setup) {
		s.proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	}
	for name, one := range map[string]struct {
		peer, remote string
		forwarded    []string
	}{
		"no proxy":             {"203.0.113.9:1", "203.0.113.9", nil},
		"not trusted":          {"203.0.113.9:1", "203.0.113.9", []string{"1.2.3.4"}},
		"trusted":              {"10.0.0.1:1", "1.2.3.4", []string{"1.2.3.4"}},
		"trusted, mapped":      {"[::ffff:10.0.0.1]:1", "1.2.3.4", []string{"::ffff:1.2.3.4"}},
		"trusted, v6":          {"[fd00::1]:1", "2001:db8::1", []string{"2001:db8::1"}},
		"with a port":          {"10.0.0.1:1", "1.2.3.4", []string{"1.2.3.4:5678"}},
		"with brackets":        {"10.0.0.1:1", "2001:db8::1", []string{"[2001:db8::1]"}},
		"brackets and port":    {"10.0.0.1:1", "2001:db8::1", []string{"[2001:db8::1]:99"}},
		"forged part":          {"10.0.0.1:1", "1.2.3.4", []string{"9.9.9.9, 1.2.3.4"}},
		"forged header":        {"10.0.0.1:1", "1.2.3.4", []string{"9.9.9.9", "1.2.3.4"}},
		"two proxies":          {"10.0.0.1:1", "1.2.3.4", []string{"9.9.9.9, 1.2.3.4, 10.0.0.2"}},
		"only proxies":         {"10.0.0.1:1", "10.0.0.3", []string{"10.0.0.3, 10.0.0.2"}},
		"nonsense":             {"10.0.0.1:1", "10.0.0.1", []string{"nonsense"}},
		"nonsense on the left": {"10.0.0.1:1", "10.0.0.2", []string{"unknown, 10.0.0.2"}},
		"empty":                {"10.0.0.1:1", "10.0.0.1", []string{" , "}},
		"no IP":                {"@", "", []string{"1.2.3.4"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, trusted)
			r := request(http.MethodGet, "/", "")
			r.RemoteAddr = one.peer
			r.Header["X-Forwarded-For"] = one.forwarded
			want(t, f.do(t, r), http.StatusOK, "")
			if got := f.log.lines(t)[0]["remote"]; got != one.remote {
				t.Errorf("remote %v, want %s", got, one.remote)
			}
		})
	}
}

func TestForwardedHost(t *testing.T) {
	f := newFixture(t, func(s *setup) { s.proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	for _, one := range []struct {
		peer, host, forwarded string
		status                int
		id                    string
	}{
		{"10.0.0.1:1", "internal:3000", "alice.example.org", 200, ""},
		{"10.0.0.1:1", "internal:3000", "elsewhere.net, alice.example.org", 200, ""},
		{"10.0.0.1:1", "internal:3000", "alice.example.org, elsewhere.net", 421, "unknown-resource"},
		{"10.0.0.1:1", "internal:3000", "", 421, "unknown-resource"},
		{"10.0.0.1:1", "alice.example.org", "", 200, ""},
		{"203.0.113.9:1", "internal:3000", "alice.example.org", 421, "unknown-resource"},
		{"203.0.113.9:1", "alice.example.org", "elsewhere.net", 200, ""},
	} {
		r := request(http.MethodGet, "/", "", host(one.host), header("X-Forwarded-Host", one.forwarded))
		r.RemoteAddr = one.peer
		want(t, f.do(t, r), one.status, one.id)
	}
}
