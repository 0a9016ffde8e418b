package realtime_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/realtime/realtimetest"
)

func TestHosts(t *testing.T) {
	h := open(t)
	alice, bobby := h.addUser("alice"), h.addUser("bobby")
	const unknown = "unknown-user"
	for _, one := range []struct {
		host, namespace, token, id string
	}{
		{"alice." + domain, "/alice", alice, ""},
		{"alice." + domain + ":443", "/alice", alice, ""},
		{"ALICE." + domain + ".", "/alice", alice, ""},
		{domain, "/alice", alice, ""},
		{domain, "/Alice", alice, ""},
		{domain, "/alice/", alice, ""},
		{domain, "/any/where/alice", alice, ""},
		{"127.0.0.1", "/alice", alice, ""},
		{"127.0.0.1:3000", "/bobby", bobby, ""},
		{"[::1]:3000", "/alice", alice, ""},
		{"alice." + domain, "/bobby", bobby, unknown},
		{"alice." + domain, "/bobby", alice, unknown},
		{domain, "/bobby", alice, "invalid-access-token"},
		{domain, "/nobody", alice, unknown},
		{domain, "/abc", alice, unknown},
		{domain, "/admin", alice, unknown},
		{domain, "/alice//", alice, "Invalid namespace"},
		{"no_user." + domain, "/alice", alice, unknown},
		{"carol." + domain, "/carol", alice, unknown},
	} {
		eachProtocol(t, func(t *testing.T, protocol int) {
			if protocol == 1 && one.id != "" && (one.host == domain || one.token == bobby) {
				return // judged by the handshake: see TestOldHosts
			}
			c := client{protocol: protocol, host: one.host, namespace: one.namespace, query: "auth=" + one.token}
			_, s, err := h.try(c)
			var refusal *realtimetest.Refusal
			switch {
			case one.id == "" && err != nil:
				t.Errorf("%+v: %v", one, err)
			case one.id == "":
				if got := h.command(s, "accessInfo.get", ""); !strings.Contains(got, `"type":"personal"`) {
					t.Errorf("%+v: %s", one, got)
				}
			case protocol == 1 && errors.As(err, &refusal): // without a reason
			case one.id == "Invalid namespace":
				if !errors.As(err, &refusal) || !strings.Contains(refusal.JSON, one.id) {
					t.Errorf("%+v: %v", one, err)
				}
			default:
				refusedWith(t, err, one.id)
			}
		})
	}
}

// TestOldHosts: a client of protocol 1 is told at its handshake why it is
// refused, where it can be told by then.
func TestOldHosts(t *testing.T) {
	h := open(t)
	alice := h.addUser("alice")
	for _, one := range []struct{ host, query, id string }{
		{domain, "auth=" + alice + "&resource=/alice", ""},
		{domain, "auth=" + alice + "&resource=%2Falice%2F", ""},
		{domain, "auth=" + alice, ""},
		{domain, "auth=" + alice + "&resource=/nobody", "unknown-user"},
		{domain, "auth=bad&resource=/alice", "invalid-access-token"},
		{domain, "resource=/alice", "missing-access-token"},
		{domain, "", "missing-access-token"},
		{"alice." + domain, "auth=" + alice + "&resource=/nobody", ""}, // means nothing there
		{"alice." + domain, "auth=bad", "invalid-access-token"},
		{"nobody." + domain, "auth=" + alice, "unknown-user"},
		{"no_user." + domain, "auth=" + alice, "unknown-user"},
	} {
		_, err := h.dial(client{protocol: 1, host: one.host, query: one.query})
		if one.id == "" && err != nil {
			t.Errorf("%+v: %v", one, err)
		}
		if one.id != "" {
			refusedWith(t, err, one.id)
		}
	}
}

func TestElsewhere(t *testing.T) {
	h := open(t)
	token := h.addUser("alice")
	eachProtocol(t, func(t *testing.T, protocol int) {
		for _, host := range []string{"elsewhere.net", "a.b." + domain, "localhost"} {
			_, err := h.dial(client{protocol: protocol, host: host, query: "auth=" + token})
			var refused *realtimetest.Refused
			if !errors.As(err, &refused) || refused.Status != http.StatusMisdirectedRequest || !strings.Contains(refused.Body, "unknown-resource") {
				t.Errorf("%s: %v", host, err)
			}
		}
	})
}

// TestRoot: the root namespace has nothing.
func TestRoot(t *testing.T) {
	h := open(t)
	h.addUser("alice")
	for protocol, want := range map[int]string{5: `{"message":"Invalid namespace"}`} {
		conn, err := h.dial(client{protocol: protocol})
		if err != nil {
			t.Fatal(err)
		}
		_, err = conn.Connect(t.Context(), "/", "")
		var refusal *realtimetest.Refusal
		if !errors.As(err, &refusal) || refusal.JSON != want {
			t.Errorf("protocol %d: %v", protocol, err)
		}
	}
}

// TestSeveralUsers: on the bare domain one connection has several users, each
// with a token of its own, who hear of their own only.
func TestSeveralUsers(t *testing.T) {
	h := open(t)
	tokens := map[string]string{"alice": h.addUser("alice"), "bobby": h.addUser("bobby"), "carol": h.addUser("carol")}
	for _, protocol := range []int{3, 4, 5} {
		t.Run(fmt.Sprint("protocol ", protocol), func(t *testing.T) {
			conn, err := h.dial(client{protocol: protocol})
			if err != nil {
				t.Fatal(err)
			}
			sockets := map[string]*realtimetest.Socket{}
			for name, token := range tokens {
				namespace, auth := "/"+name, ""
				if protocol == 5 {
					auth = `{"token": "` + token + `"}`
				} else {
					namespace += "?auth=" + token
				}
				if sockets[name], err = conn.Connect(t.Context(), namespace, auth); err != nil {
					t.Fatal(err)
				}
			}
			for name, s := range sockets {
				id := fmt.Sprintf("%s-%d", name, protocol)
				h.command(s, "channels.create", `{"id": "`+id+`", "name": "`+id+`"}`)
				h.wait(s, "channelsChanged", "")
				if got := h.command(s, "channels.get", ""); !strings.Contains(got, `"id":"`+id+`"`) || strings.Count(got, fmt.Sprintf(`-%d","name"`, protocol)) != 1 {
					t.Errorf("%s sees %s", name, got)
				}
			}
			if err := sockets["bobby"].Leave(); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"alice", "carol"} {
				if left := names(sockets[name].Take()); left != "" {
					t.Errorf("%s heard %s", name, left)
				}
				h.command(sockets[name], "channels.get", "")
			}
		})
	}
}

// TestProxies: a proxy that is trusted says which Host was asked for, and from
// where.
func TestProxies(t *testing.T) {
	h := open(t, func(b *built) { b.door.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	token := h.addUser("alice")
	header := http.Header{"X-Forwarded-Host": {"alice." + domain}, "X-Forwarded-For": {"192.0.2.9, 198.51.100.7"}}
	eachProtocol(t, func(t *testing.T, protocol int) {
		c := client{protocol: protocol, host: "inside:3000", query: "auth=" + token, header: header}
		h.command(h.connect(c), "accessInfo.get", "")
		c.namespace = "/bobby"
		if _, _, err := h.try(c); err == nil {
			t.Error("another user was served on alice's address")
		}
	})
	if !strings.Contains(h.log.String(), `"remote":"198.51.100.7"`) {
		t.Error("the log does not have the client's address")
	}

	strict := open(t)
	strict.addUser("alice")
	if _, err := strict.dial(client{host: "inside:3000", header: header}); err == nil {
		t.Error("a proxy that is not trusted was believed")
	}
}
