package rest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestHostNamesUser(t *testing.T) {
	f := newFixture(t)
	for _, one := range []struct{ host, target, username string }{
		{"alice.example.org", "/", "alice"},
		{"alice.example.org:3000", "/", "alice"},
		{"alice.example.org:", "/", "alice"},
		{"ALICE.Example.ORG", "/", "alice"},
		{"alice.example.org.", "/", "alice"},
		{"alice.example.org.:443", "/", "alice"},
		{"bobby.example.org", "/", "bobby"},
		{"example.org", "/alice", "alice"},
		{"example.org", "/alice/", "alice"},
		{"EXAMPLE.org.:8080", "/ALICE", "alice"},
		{"example.org", "/%61lice", "alice"},
		{"127.0.0.1", "/alice", "alice"},
		{"127.0.0.1:3000", "/bobby/", "bobby"},
		{"[::1]", "/alice", "alice"},
		{"[::1]:3000", "/alice", "alice"},
		{"[2001:DB8::1]:3000", "/alice", "alice"},
	} {
		body := want(t, f.do(t, request(http.MethodGet, one.target, "", host(one.host))), http.StatusOK, "")
		var root struct{ Username string }
		if err := json.Unmarshal(body, &root); err != nil || root.Username != one.username {
			t.Errorf("%s%s: %s, want %s", one.host, one.target, body, one.username)
		}
	}
}

func TestHostNamesNobody(t *testing.T) {
	f := newFixture(t)
	for _, one := range []struct {
		host, target string
		status       int
		id           string
	}{
		{"", "/", 421, "unknown-resource"},
		{".", "/", 421, "unknown-resource"},
		{":80", "/", 421, "unknown-resource"},
		{".example.org", "/", 421, "unknown-resource"},
		{"localhost", "/", 421, "unknown-resource"},
		{"alice.localhost", "/", 421, "unknown-resource"},
		{"example.com", "/", 421, "unknown-resource"},
		{"example.org.evil.com", "/", 421, "unknown-resource"},
		{"evilexample.org", "/", 421, "unknown-resource"},
		{"a.alice.example.org", "/", 421, "unknown-resource"},
		{"alice..example.org", "/", 421, "unknown-resource"},
		{"alice.example.org..", "/", 421, "unknown-resource"},
		{"user@alice.example.org", "/", 421, "unknown-resource"},
		{"user:pass@alice.example.org", "/", 421, "unknown-resource"},
		{"alice@example.org", "/", 421, "unknown-resource"},
		{"alice\x00.example.org", "/", 421, "unknown-resource"},
		{"alice.example.org\x00", "/", 421, "unknown-resource"},
		{"alice.example.org/x", "/", 421, "unknown-resource"},
		{"alice.example.org, bobby.example.org", "/", 421, "unknown-resource"},
		{"al%69ce.example.org", "/", 421, "unknown-resource"},
		{"alic\u00e9.example.org", "/", 421, "unknown-resource"},
		{"alice.example.org:http", "/", 421, "unknown-resource"},
		{"alice.example.org:99999", "/", 421, "unknown-resource"},
		{"alice.example.org:80:80", "/", 421, "unknown-resource"},
		{"::1", "/", 421, "unknown-resource"},
		{"[::1", "/", 421, "unknown-resource"},
		{"[::1]x", "/", 421, "unknown-resource"},
		{"[fe80::1%eth0]", "/", 421, "unknown-resource"},
		{"[fe80::1%25eth0]", "/", 421, "unknown-resource"},
		{"[127.0.0.1]", "/", 421, "unknown-resource"},
		{"[alice.example.org]", "/", 421, "unknown-resource"},
		{"127.1", "/", 421, "unknown-resource"},
		{"2130706433", "/", 421, "unknown-resource"},
		{strings.Repeat("a", 300) + ".example.org", "/", 421, "unknown-resource"},
		{"al_ice.example.org", "/", 404, "unknown-user"},
		{"abc.example.org", "/", 404, "unknown-user"},
		{"-alice.example.org", "/", 404, "unknown-user"},
		{strings.Repeat("a", 22) + ".example.org", "/", 404, "unknown-user"},
		{"nobody.example.org", "/", 404, "unknown-user"},
		{"admin.example.org", "/", 404, "unknown-user"},
		{"example.org", "/nobody", 404, "unknown-user"},
		{"example.org", "/nobody/channels", 404, "unknown-user"},
		{"example.org", "/abc", 404, "unknown-resource"},
		{"example.org", "/al_ice", 404, "unknown-resource"},
		{"example.org", "/admin/channels", 404, "unknown-resource"},
		{"example.org", "/channels", 404, "unknown-resource"},
		{"example.org", "/", 404, "unknown-resource"},
		{"alice.example.org", "/bobby", 404, "unknown-resource"},
		{"alice.example.org", "/alice/channels", 404, "unknown-resource"},
		{"alice.example.org", "/users/bobby/check", 404, "unknown-resource"},
	} {
		t.Run(one.host+one.target, func(t *testing.T) {
			want(t, f.do(t, request(http.MethodGet, one.target, "", host(one.host))), one.status, one.id)
		})
	}
}

func TestTokenOfAnotherUser(t *testing.T) {
	f := newFixture(t)
	for _, r := range []*http.Request{
		request(http.MethodGet, "/channels", "", header("Authorization", bobbyToken)),
		request(http.MethodGet, "/alice/channels", "", host(domain), header("Authorization", bobbyToken)),
	} {
		want(t, f.do(t, r), http.StatusUnauthorized, "invalid-access-token")
	}
	want(t, f.do(t, request(http.MethodGet, "/bobby/channels", "", host(domain), header("Authorization", bobbyToken))), http.StatusOK, "")
}

func FuzzHost(f *testing.F) {
	for _, seed := range []string{"alice.example.org", "example.org:80", "[::1]:3000", "bobby.example.org.", "a.alice.example.org", "[", "x@", ":", "\x00"} {
		f.Add(seed)
	}
	fix := newFixture(f)
	f.Fuzz(func(t *testing.T, name string) {
		res := fix.do(t, request(http.MethodGet, "/", "", host(name)))
		switch res.StatusCode {
		case http.StatusNotFound, http.StatusMisdirectedRequest:
			return
		case http.StatusOK:
		default:
			t.Fatalf("%q: %d", name, res.StatusCode)
		}
		var root struct{ Username string }
		if err := json.NewDecoder(res.Body).Decode(&root); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(strings.ToLower(name), root.Username+"."+domain) {
			t.Fatalf("%q is taken for %s's", name, root.Username)
		}
	})
}
