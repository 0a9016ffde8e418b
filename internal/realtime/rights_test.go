package realtime_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/realtime/realtimetest"
	"github.com/activityd/activityd/internal/storage"
)

// update writes what no method of the API does.
func (h *house) update(user string, fn func(tx storage.Tx) error) {
	h.t.Helper()
	u, err := h.store.Users().UserByName(h.t.Context(), activity.Username(user))
	if err == nil {
		err = h.store.Tenant(u.ID).Update(h.t.Context(), activity.Origin{}, fn)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// sentAway fails the test unless the socket is sent away, in the protocol's own
// words.
func sentAway(t *testing.T, s *realtimetest.Socket) {
	t.Helper()
	if err := s.WaitAway(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !s.Away() {
		t.Error("the connection ended without a word")
	}
}

// TestRightsDie: each way in which a credential can end ends its sockets, of
// every generation, and commands that wait; nobody else's.
func TestRightsDie(t *testing.T) {
	ctx := t.Context()
	app := func(h *house, owner string) (id, token string) {
		return h.access("alice", owner, `{"type": "app", "name": "dies", "permissions": [{"channelId": "*", "level": "manage"}]}`)
	}
	for name, one := range map[string]struct {
		// prepare gives the token that dies, and what kills it.
		prepare func(h *house, owner string) (token string, kill func())
		id      string // of the refusal afterwards; "" for invalid-access-token
		all     bool   // the owner's dies too
	}{
		"an access is deleted": {prepare: func(h *house, owner string) (string, func()) {
			id, token := app(h, owner)
			return token, func() { h.must("alice", owner, http.MethodDelete, "/accesses/"+id, "", nil) }
		}},
		"a token falls out": {prepare: func(h *house, owner string) (string, func()) {
			id, token := app(h, owner)
			return token, func() {
				h.update("alice", func(tx storage.Tx) error {
					a, _ := tx.Structure().Access(activity.AccessID(id))
					a.Tokens = []activity.TokenHash{activity.HashToken("another-token-altogether")}
					return tx.UpdateAccess(ctx, &a)
				})
			}
		}},
		"an access gets an end": {prepare: func(h *house, owner string) (string, func()) {
			id, token := app(h, owner)
			return token, func() {
				h.update("alice", func(tx storage.Tx) error {
					a, _ := tx.Structure().Access(activity.AccessID(id))
					end := a.Created
					a.Expires = &end
					return tx.UpdateAccess(ctx, &a)
				})
			}
		}},
		"a session logs out": {prepare: func(h *house, _ string) (string, func()) {
			token := h.login("alice")
			return token, func() { h.must("alice", token, http.MethodPost, "/auth/logout", "", nil) }
		}},
		"a session is ended": {prepare: func(h *house, owner string) (string, func()) {
			token := h.login("alice")
			var all []struct {
				ID      string
				Current bool
			}
			h.must("alice", token, http.MethodGet, "/admin/sessions", "", &all)
			return token, func() {
				for _, s := range all {
					if s.Current {
						h.must("alice", owner, http.MethodDelete, "/admin/sessions/"+s.ID, "", nil)
					}
				}
			}
		}},
		"another password": {prepare: func(h *house, owner string) (string, func()) {
			return h.login("alice"), func() {
				h.must("alice", owner, http.MethodPost, "/admin/change-password", `{"oldPassword": "`+password+`", "newPassword": "another one"}`, nil)
			}
		}},
		"a disabled user": {all: true, prepare: func(h *house, owner string) (string, func()) {
			return h.login("alice"), func() {
				h.update("alice", func(tx storage.Tx) error {
					u := tx.Structure().User()
					u.Disabled = true
					return tx.UpdateUser(ctx, u)
				})
			}
		}},
		"a deleted user": {all: true, id: "unknown-user", prepare: func(h *house, owner string) (string, func()) {
			return h.login("alice"), func() {
				u, err := h.store.Users().UserByName(ctx, "alice")
				if err == nil {
					err = h.store.Users().DeleteUser(ctx, u.ID)
				}
				if err != nil {
					h.t.Fatal(err)
				}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachProtocol(t, func(t *testing.T, protocol int) {
				var store *slowStore
				h := open(t, slow(&store))
				owner := h.addUser("alice")
				h.must("alice", owner, http.MethodPost, "/channels", `{"id": "diary", "name": "Diary"}`, nil)
				token, kill := one.prepare(h, owner)
				h.addUser("bobby")
				bystander := h.connect(client{query: "auth=" + h.login("bobby"), namespace: "/bobby"})
				watcher := h.connect(client{query: "auth=" + owner})
				c := client{protocol: protocol, host: "alice." + domain, query: "auth=" + token}
				s := h.connect(c)
				idle := h.connect(c)

				store.holdSockets()
				defer store.release()
				running, err := s.Start("diary.events.create", `{"type": "note/txt"}`)
				if err != nil {
					t.Fatal(err)
				}
				<-store.waits
				waiting, err := s.Start("diary.events.create", `{"type": "note/txt"}`)
				if err != nil {
					t.Fatal(err)
				}
				kill()
				sentAway(t, idle)
				if _, err := realtimetest.Result(answerOf(t, waiting)); err == nil || !strings.Contains(err.Error(), "invalid-access-token") {
					t.Errorf("the command that waited: %v", err)
				}
				store.release()
				sentAway(t, s)
				_ = running // it may have been answered or not

				want := one.id
				if want == "" {
					want = "invalid-access-token"
				}
				_, _, err = h.try(c)
				refusedWith(t, err, want)
				if one.all {
					sentAway(t, watcher)
				} else {
					h.command(watcher, "channels.get", "")
				}
				h.command(bystander, "channels.get", "")
			})
		})
	}
}

func answerOf(t *testing.T, answer <-chan []json.RawMessage) []json.RawMessage {
	t.Helper()
	select {
	case args := <-answer:
		return args
	case <-time.After(realtimetest.Limit):
		t.Fatal("no answer")
		return nil
	}
}

// TestExpiry: a credential that ends by itself ends its sockets, by one that
// was there from the beginning and by one that came or moved later.
func TestExpiry(t *testing.T) {
	h := open(t)
	owner := h.addUser("alice")
	in := func(d time.Duration) string {
		return string(activity.TimestampOf(time.Now().Add(d)).AppendJSON(nil))
	}
	access := func(name, more string) (id, token string) {
		return h.access("alice", owner, `{"type": "app", "name": "`+name+`"`+more+`, "permissions": [{"channelId": "*", "level": "read"}]}`)
	}
	_, first := access("first", `, "expires": `+in(3*time.Second))
	movedID, moved := access("moved", `, "expires": `+in(time.Hour))
	laterID, later := access("later", "")
	longerID, longer := access("longer", `, "expires": `+in(3*time.Second))
	sockets := map[string]*realtimetest.Socket{}
	for name, token := range map[string]string{"first": first, "moved": moved, "later": later, "longer": longer, "owner": owner} {
		sockets[name] = h.connect(client{query: "auth=" + token})
	}
	h.must("alice", owner, http.MethodPut, "/accesses/"+longerID, `{"expires": `+in(time.Hour)+`}`, nil)
	h.must("alice", owner, http.MethodPut, "/accesses/"+movedID, `{"expires": `+in(2*time.Second)+`}`, nil)
	h.must("alice", owner, http.MethodPut, "/accesses/"+laterID, `{"expires": `+in(time.Second)+`}`, nil)
	for _, name := range []string{"later", "moved", "first"} {
		sentAway(t, sockets[name])
	}
	h.command(sockets["longer"], "channels.get", "")
	h.command(sockets["owner"], "channels.get", "")
}

// TestSessionExpiry: the same for a sign-in.
func TestSessionExpiry(t *testing.T) {
	h := open(t, func(b *built) { b.service.SessionLifetime = 2 * time.Second })
	token := h.addUser("alice")
	s := h.connect(client{query: "auth=" + token})
	sentAway(t, s)
	_, _, err := h.try(client{query: "auth=" + token})
	refusedWith(t, err, "invalid-access-token")
}

// TestOtherPermissions: an access that may other things than before hears at
// once that anything may have changed, and then what it may hear now.
func TestOtherPermissions(t *testing.T) {
	d := openDiary(t)
	id, token := d.access("alice", d.token, `{"type": "app", "name": "changes", "permissions": [{"channelId": "work", "level": "read"}]}`)
	eachProtocol(t, func(t *testing.T, protocol int) {
		d.do(http.MethodPut, "/accesses/"+id, `{"permissions": [{"channelId": "work", "level": "read"}]}`)
		s := d.connect(client{protocol: protocol, query: "changes=items&auth=" + token})
		d.do(http.MethodPut, "/accesses/"+id, `{"name": "renamed `+fmt.Sprint(protocol)+`"}`) // nothing to hear of
		d.do(http.MethodPut, "/accesses/"+id, `{"permissions": [{"channelId": "diary", "folderPermissions": [{"folderId": "mid", "level": "read"}]}]}`)
		for _, event := range []string{"channelsChanged", "foldersChanged", "eventsChanged"} {
			e, err := s.WaitFor(t.Context(), event)
			if err != nil || len(e.Args) != 1 || channelOf(e) == "work" || event != "channelsChanged" && channelOf(e) != "diary" {
				t.Errorf("%s, %v", e, err)
			}
		}
		d.event(`"top"`)
		d.do(http.MethodPost, "/work/events", `{"type": "note/txt"}`)
		d.event(`"mid"`)
		e, err := s.Wait(t.Context(), func(realtimetest.Event) bool { return true })
		if err != nil || e.Name != "eventsChanged" || channelOf(e) != "diary" || len(itemsOf(t, e)) != 1 {
			t.Errorf("%s, %v", e, err)
		}
		if got := d.command(s, "channels.get", ""); !strings.Contains(got, `"id":"diary"`) || strings.Contains(got, `"id":"work"`) {
			t.Errorf("it sees %s", got)
		}
	})
}

// TestLastAnswer: who ends the own access by a socket is told that it worked
// before the socket ends.
func TestLastAnswer(t *testing.T) {
	h := open(t)
	owner := h.addUser("alice")
	for n := range 10 {
		eachProtocol(t, func(t *testing.T, protocol int) {
			id, token := h.access("alice", owner, fmt.Sprintf(`{"type": "personal", "name": "%d of %d"}`, n, protocol))
			s := h.connect(client{protocol: protocol, query: "auth=" + token})
			h.command(s, "accesses.delete", `{"id": "`+id+`"}`)
			sentAway(t, s)
		})
	}
}

// TestRevokedAtOnce: on the server that revoked it, a credential is dead with
// the next command, whether the feed has told or not.
func TestRevokedAtOnce(t *testing.T) {
	var store *slowStore
	h := open(t, slow(&store))
	owner := h.addUser("alice")
	id, token := h.access("alice", owner, `{"type": "app", "name": "dies", "permissions": [{"channelId": "*", "level": "read"}]}`)
	s := h.connect(client{query: "auth=" + token})
	store.breakFeed(errors.New("the feed is away"), errors.New("still away"))
	h.must("alice", owner, http.MethodDelete, "/accesses/"+id, "", nil)
	if _, err := s.Command(t.Context(), "channels.get", ""); err == nil || !strings.Contains(err.Error(), "invalid-access-token") {
		t.Errorf("the command: %v", err)
	}
	sentAway(t, s)
	store.mend()
}
