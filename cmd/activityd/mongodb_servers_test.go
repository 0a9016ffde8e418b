package main_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/activityd/activityd/internal/servertest"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// testServers: two servers on one database are one service.
func testServers(t *testing.T, binary string) {
	uri, _ := mongotest.Database(t)
	a := serveOn(t, binary, uri, "--registration", "invite")
	b := serveOn(t, binary, uri, "--registration", "invite")

	// The newest link is good at the other server too.
	_, link, found := strings.Cut(b.Started, "/register?token=")
	link, _, _ = strings.Cut(link, "\n")
	if !found {
		t.Fatalf("no link for the first user in %q", b.Started)
	}
	first := `{"username": "alice", "password": "` + longPassword + `", "email": "alice@example.org", "invitation": "` + link + `"}`
	if made := ask(t, http.MethodPost, a.URL+"/users", "", first); made.status != http.StatusCreated {
		t.Fatalf("the first user: %d %s", made.status, made.body)
	}
	if again := ask(t, http.MethodPost, b.URL+"/users", "", strings.ReplaceAll(first, "alice", "mallory")); again.id() != "invalid-access-token" {
		t.Errorf("the link was taken again: %d %s", again.status, again.body)
	}

	// A session of the one is good at the other, until it is ended there.
	token := signIn(t, a.URL, "alice")
	socket := join(t, b.URL, "alice", token, 5)
	made := ask(t, http.MethodPost, b.URL+"/alice/channels", token, `{"id": "diary", "name": "Diary"}`)
	listed := ask(t, http.MethodGet, a.URL+"/alice/channels", token, "")
	if made.status != http.StatusCreated || !strings.Contains(listed.body, "Diary") {
		t.Errorf("made at one, %d %s; listed at the other, %d %s", made.status, made.body, listed.status, listed.body)
	}
	if _, err := socket.WaitFor(t.Context(), "channelsChanged"); err != nil {
		t.Error(err)
	}
	ask(t, http.MethodPost, a.URL+"/alice/diary/events", token, `{"type": "note/txt"}`)
	if _, err := socket.WaitFor(t.Context(), "eventsChanged"); err != nil {
		t.Errorf("of an event at the other server: %v", err)
	}
	if out := ask(t, http.MethodPost, a.URL+"/alice/auth/logout", token, ""); out.status != http.StatusOK {
		t.Errorf("sign out: %d %s", out.status, out.body)
	}
	eventually(t, "after signing out at the other server", http.StatusUnauthorized, func() answer {
		return ask(t, http.MethodGet, b.URL+"/alice/channels", token, "")
	})
	if err := socket.WaitAway(t.Context()); err != nil || !socket.Away() {
		t.Errorf("the socket was not sent away: %v", err)
	}
	byCommand(t, binary, uri, a, b)
	for _, s := range []*servertest.Server{a, b} {
		metrics := ask(t, http.MethodGet, s.Admin+"/metrics", "", "").body
		for _, line := range []string{"\nactivityd_store_feed_readers 1\n", "\nactivityd_store_group_units_count ", "\nactivityd_store_cache_requests_total{result=\"hit\"} "} {
			if _, value, _ := strings.Cut(metrics, line); value == "" || strings.HasPrefix(value, "0\n") {
				t.Errorf("%q is not in the metrics, or zero:\n%s", line, metrics)
			}
		}
	}
}

// byCommand: running servers see what commands do to users.
func byCommand(t *testing.T, binary, uri string, a, b *servertest.Server) {
	t.Helper()
	command := func(stdin string, args ...string) {
		t.Helper()
		if out, err := servertest.Run(t.Context(), binary, stdin, append([]string{"user"}, append(args, "--mongodb-uri", uri)...)...); err != nil {
			t.Fatalf("user %s: %v\n%s", args, err, out)
		}
	}
	command(longPassword, "add", "robert", "--email", "robert@example.org", "--password-stdin")
	token := signIn(t, a.URL, "robert")
	socket := join(t, b.URL, "robert", token, 1)
	command("", "delete", "robert", "--yes")
	if err := socket.WaitAway(t.Context()); err != nil || !socket.Away() {
		t.Errorf("the deleted user's socket was not sent away: %v", err)
	}
	for _, s := range []*servertest.Server{a, b} {
		eventually(t, "the deleted user", http.StatusNotFound, func() answer { return ask(t, http.MethodGet, s.URL+"/robert/channels", token, "") })
	}
}

// testSharedThrottle: what fails at one server counts at the other.
func testSharedThrottle(t *testing.T, binary string) {
	uri, _ := mongotest.Database(t)
	var servers [2]*servertest.Server
	for i := range servers {
		servers[i] = serveOn(t, binary, uri, "--registration", "open", "--login-rate", "3/1h")
	}
	register(t, servers[0].URL, "alice")
	attempt := func(server int, password string) answer {
		return ask(t, http.MethodPost, servers[server].URL+"/alice/auth/login", "", `{"username": "alice", "password": "`+password+`", "appId": "test"}`)
	}
	for i := range 3 {
		if got := attempt(i%2, "a wrong one"); got.id() != "invalid-credentials" {
			t.Errorf("attempt %d: %d %s", i, got.status, got.body)
		}
	}
	for i := range servers {
		if got := attempt(i, longPassword); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
			t.Errorf("server %d after three: %d %s", i, got.status, got.body)
		}
	}
}

// testFresh: servers that meet an empty database at once make it together.
func testFresh(t *testing.T, binary string) {
	uri, _ := mongotest.Database(t)
	servers := make([]*servertest.Server, 4)
	var all sync.WaitGroup
	for i := range servers {
		all.Go(func() { servers[i] = serveOn(t, binary, uri, "--registration", "open") })
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	token := register(t, servers[0].URL, "alice")
	for i, s := range servers {
		if got := ask(t, http.MethodGet, s.URL+"/alice/channels", token, ""); got.status != http.StatusOK {
			t.Errorf("server %d: %d %s", i, got.status, got.body)
		}
	}
}
