package realtime_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/realtime/realtimetest"
)

// refusedWith fails the test unless err says in the protocol's way that the
// client was refused with the error of that id.
func refusedWith(t *testing.T, err error, id string) {
	t.Helper()
	var refusal *realtimetest.Refusal
	var refused *realtimetest.Refused
	switch {
	case errors.As(err, &refusal):
		if refusal.ID() != id {
			t.Errorf("refused with %s, want %s", refusal.JSON, id)
		}
	case errors.As(err, &refused):
		if !strings.Contains(refused.Body, `{"id":"`+id+`","message":"`) {
			t.Errorf("refused with %d %s, want %s", refused.Status, refused.Body, id)
		}
	default:
		t.Errorf("%v, want a refusal with %s", err, id)
	}
}

// TestToken: where the token stands, which of several counts, and that one that
// is there but bad never falls back to another.
func TestToken(t *testing.T) {
	h := open(t)
	good := h.addUser("alice")
	_, app := h.access("alice", good, `{"type": "app", "name": "an app", "permissions": [{"channelId": "*", "level": "read"}]}`)
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("somebody:"+good))
	const bad = "nobody-has-this-token"
	const none, wrong, format, structure = "missing-access-token", "invalid-access-token", "invalid-parameters-format", "invalid-request-structure"
	all, before5, only5 := []int{1, 3, 4, 5}, []int{3, 4}, []int{5}
	for _, one := range []struct {
		name      string
		protocols []int
		url, ns   string // queries
		auth      string
		header    string
		id        string // of the refusal
	}{
		{"in the url", all, "auth=" + good, "", "", "", ""},
		{"an access's in the url", all, "auth=" + app, "", "", "", ""},
		{"none at all", all, "", "", "", "", none},
		{"a bad one in the url", all, "auth=" + bad, "", "", "", wrong},
		{"an empty one in the url", all, "auth=", "", "", "", none},
		{"in the header", all, "", "", "", good, ""},
		{"in the header, Bearer", all, "", "", "", "Bearer " + good, ""},
		{"in the header, Basic", all, "", "", "", basic, ""},
		{"a bad one in the header", all, "", "", "", "Bearer " + bad, wrong},
		{"the url's before the header's", all, "auth=" + good, "", "", "Bearer " + bad, ""},
		{"a bad one in the url before the header's", all, "auth=" + bad, "", "", good, wrong},

		{"in the namespace", before5, "", "auth=" + good, "", "", ""},
		{"the namespace's before the url's", before5, "auth=" + bad, "auth=" + good, "", "", ""},
		{"a bad one in the namespace", before5, "auth=" + good, "auth=" + bad, "", "", wrong},
		{"an empty one in the namespace", before5, "auth=" + good, "auth=", "", "", ""},
		{"another query in the namespace", before5, "auth=" + good, "resource=/alice", "", "", ""},
		{"only auth in a query", before5, "token=" + good, "token=" + good, "", "", none},

		{"auth", only5, "", "", `{"auth": "` + good + `"}`, "", ""},
		{"token", only5, "", "", `{"token": "` + good + `"}`, "", ""},
		{"accessToken", only5, "", "", `{"accessToken": "` + good + `"}`, "", ""},
		{"auth before token", only5, "", "", `{"token": "` + bad + `", "auth": "` + good + `"}`, "", ""},
		{"an empty auth", only5, "", "", `{"auth": "", "token": null, "accessToken": "` + good + `"}`, "", ""},
		{"the payload's before the url's", only5, "auth=" + bad, "", `{"token": "` + good + `"}`, "", ""},
		{"a bad one in the payload", only5, "auth=" + good, "", `{"token": "` + bad + `"}`, good, wrong},
		{"null", only5, "auth=" + good, "", `{"token": null}`, "", ""},
		{"an empty payload", only5, "auth=" + good, "", `{}`, "", ""},
		{"escapes", only5, "", "", `{"\u0061uth": "` + strings.ReplaceAll(good, ".", `\u002e`) + `"}`, "", ""},
		{"other members", only5, "", "", `{"auth": "` + good + `", "device": {"auth": 5}}`, "", ""},
		{"a number", only5, "auth=" + good, "", `{"auth": 5}`, "", format},
		{"an object", only5, "auth=" + good, "", `{"token": {"a": 1}}`, "", format},
		{"true", only5, "auth=" + good, "", `{"accessToken": true}`, "", format},
		{"twice", only5, "", "", `{"auth": "` + good + `", "auth": "` + good + `"}`, "", structure},

		{"own", all, "own=false&auth=" + good, "", "", "", ""},
		{"another own", []int{3, 4, 5}, "own=maybe&auth=" + good, "", "", "", format},
		{"another own in the namespace", before5, "auth=" + good, "own=0", "", "", format},
		{"another changes", []int{3, 4, 5}, "changes=all&auth=" + good, "", "", "", format},
		{"own in auth", only5, "auth=" + good, "", `{"own": false, "changes": "items"}`, "", ""},
		{"own as text", only5, "auth=" + good, "", `{"own": "false"}`, "", ""},
		{"own as a number", only5, "auth=" + good, "", `{"own": 0}`, "", format},
		{"changes as a bool", only5, "auth=" + good, "", `{"changes": true}`, "", format},
	} {
		for _, protocol := range one.protocols {
			t.Run(fmt.Sprintf("%s, protocol %d", one.name, protocol), func(t *testing.T) {
				c := client{protocol: protocol, query: one.url, auth: one.auth, namespace: "/alice"}
				if protocol == 1 { // on the bare domain it says whom it is about
					c.query = strings.TrimPrefix(one.url+"&resource=/alice", "&")
				}
				if one.ns != "" {
					c.namespace += "?" + one.ns
				}
				if one.header != "" {
					c.header = http.Header{"Authorization": {one.header}}
				}
				_, s, err := h.try(c)
				switch {
				case one.id != "":
					refusedWith(t, err, one.id)
				case err != nil:
					t.Errorf("not connected: %v", err)
				default:
					h.command(s, "accessInfo.get", "")
				}
			})
		}
	}
}

// TestRefusal: each generation gets the whole error object in its own form.
func TestRefusal(t *testing.T) {
	h := open(t)
	h.addUser("alice")
	for protocol, want := range map[int]string{
		3: `{"id":"invalid-access-token","message":"`,
		4: `{"id":"invalid-access-token","message":"`,
		5: `{"message":"This access token lets nobody in: sign in again, or ask for a new one.","data":{"id":"invalid-access-token","message":"`,
	} {
		_, _, err := h.try(client{protocol: protocol, query: "auth=bad-bad-bad-bad-bad"})
		var refusal *realtimetest.Refusal
		if !errors.As(err, &refusal) || !strings.HasPrefix(refusal.JSON, want) {
			t.Errorf("protocol %d: %v", protocol, err)
		}
	}
	_, _, err := h.try(client{protocol: 1, query: "auth=bad-bad-bad-bad-bad&resource=/alice"})
	var refused *realtimetest.Refused
	if !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
		t.Errorf("protocol 1: %v", err)
	}
	// A namespace of protocol 1 can be refused without a reason only.
	var refusal *realtimetest.Refusal
	if _, _, err = h.try(client{protocol: 1, query: "auth=bad-bad-bad-bad-bad"}); !errors.As(err, &refusal) {
		t.Errorf("protocol 1, later: %v", err)
	}
	if log := h.log.String(); strings.Contains(log, "bad-bad") || strings.Contains(log, "alice") || !strings.Contains(log, `"code":"invalid-access-token"`) {
		t.Errorf("the log is\n%s", log)
	}
}
