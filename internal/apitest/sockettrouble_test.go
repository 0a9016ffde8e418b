package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/apitest/rawsocket"
)

// trouble does something to a listener at each tick, until it is over.
func (s *socketHistory) trouble(t *testing.T, ticks, over <-chan struct{}, peace bool) {
	t.Helper()
	stalled := map[*rawsocket.Client]bool{}
	resume := func() {
		for c := range stalled {
			c.Resume()
		}
		clear(stalled)
	}
	defer resume()
	for ticked := 1; ; ticked++ {
		select {
		case <-over:
			return
		case <-s.gone:
			return
		case <-ticks:
		}
		l := s.listeners[s.IntN(len(s.listeners))]
		k := l.current()
		switch n := s.IntN(10); {
		case n < 2, ticked%6 == 0:
			resume()
		case k == nil:
		case n < 6:
			k.socket.Stall()
			stalled[k.socket] = true
			s.ask(t, k.socket, 1+s.IntN(12))
		case n < 8:
			k.socket.Cut()
		case peace:
			s.regrant(t)
		}
	}
}

// ask lets a client ask for much without waiting for it.
func (s *socketHistory) ask(t *testing.T, c *rawsocket.Client, times int) {
	t.Helper()
	for range times {
		channel := s.IntN(historyChannels)
		read := commandOf(http.MethodGet, fmt.Sprintf("/c%d/events?%s", channel, allEvents), "")
		if _, err := read.send(c); err != nil {
			return // it has ended
		}
	}
}

// regrant changes the permissions of the one that they change of.
func (s *socketHistory) regrant(t *testing.T) {
	t.Helper()
	for _, l := range s.listeners {
		if l.name != regrantedName {
			continue
		}
		f := &follower{history: s.history, name: l.name, token: l.token, Rand: s.Rand}
		answer, err := f.changePermissions(t)
		if err != nil || answer.status != http.StatusOK {
			return // the folder is not there
		}
		var access struct{ Modified activity.Timestamp }
		if err := json.Unmarshal([]byte(answer.body), &access); err != nil || access.Modified == 0 {
			t.Errorf("%s: %v", answer, err)
		}
		l.permissions = append(l.permissions, f.permissions...)
		l.grants = append(l.grants, grant{from: access.Modified, permissions: f.permissions[0]})
	}
}

// doom makes a listener whose access will be revoked: one of each kind, round
// by round.
func (s *socketHistory) doom(t *testing.T, round int) *listener {
	t.Helper()
	if round%3 < 2 {
		all := []activity.Permission{{ChannelID: activity.AllChannels, Level: activity.Read}}
		return s.listener(t, doomedName, all, rawsocket.Options{Items: round%2 == 1})
	}
	var made struct{ Token string }
	s.must(t, "", http.MethodPost, "/alice/auth/login", `{"password": "`+password+`", "appId": "doomed"}`, &made)
	l := s.listener(t, doomedName, nil, rawsocket.Options{})
	l.token = made.Token
	return l
}

// revoke ends the access of the doomed listener: its socket ends, and no other
// is let in.
func (s *socketHistory) revoke(t *testing.T) {
	t.Helper()
	l := s.doomed[len(s.doomed)-1]
	if l.grants[0].permissions == nil {
		s.must(t, l.token, http.MethodPost, "/alice/auth/logout", "", nil)
	} else {
		var info struct{ ID string }
		s.must(t, l.token, http.MethodGet, "/alice/access-info", "", &info)
		s.must(t, s.owner, http.MethodDelete, "/alice/accesses/"+info.ID, "", nil)
	}
	var head struct{ Cursor activity.Cursor }
	s.must(t, s.owner, http.MethodGet, "/alice/changes", "", &head)
	l.ended = head.Cursor
	for c := range historyChannels { // what it must not hear of; one of them may not be there
		if _, err := s.call(s.owner, http.MethodPut, fmt.Sprintf("/alice/channels/c%d", c), fmt.Sprintf(`{"clientData": {"n": %d}}`, s.IntN(1000))); err != nil {
			t.Error(err)
		}
	}
	s.await(t, "the revoked access is refused, and its socket has ended", func() string {
		l.mu.Lock()
		defer l.mu.Unlock()
		if !l.refused {
			return fmt.Sprintf("%s, %s", l.name, l.options.Form)
		}
		return ""
	})
}

// await waits until nothing is left to wait for.
func (s *socketHistory) await(t *testing.T, what string, left func() string) {
	t.Helper()
	limit := time.Now().Add(socketPatience)
	for {
		missing := left()
		if missing == "" {
			return
		}
		if t.Failed() || time.Now().After(limit) {
			t.Errorf("%s: it did not come to that: %s", what, missing)
			return
		}
		pause(nil)
	}
}

// settle waits until everybody was told of everything, and sees what its access
// lists.
func (s *socketHistory) settle(t *testing.T) {
	t.Helper()
	for _, l := range s.listeners {
		s.await(t, l.name+" is connected and idle", func() string {
			if l.idle() {
				return ""
			}
			return "it is not"
		})
	}
	all := s.read(t)
	for _, l := range s.listeners {
		s.await(t, "told of the last changes", func() string { return l.untold(all) })
	}
	for _, l := range s.listeners {
		s.await(t, "the view is what the access lists", func() string {
			present, err := l.present()
			if err != nil {
				t.Fatal(err)
			}
			l.viewing.Lock()
			defer l.viewing.Unlock()
			if l.differ = differences(present, l.view); len(l.differ) > 0 {
				return fmt.Sprintf("%s, %s: %s, of all that it was told: %s", l.name, l.options.Form, l.differ, l.toldOf(present))
			}
			return ""
		})
	}
}

// toldOf gives what the listener was told of the channels in which its view is
// another than what is there.
func (l *listener) toldOf(present map[thing]map[string]any) (lines []string) {
	channels := map[string]bool{}
	wrong := map[thing]bool{}
	for at := range present {
		if asJSON(present[at]) != asJSON(l.view[at]) {
			wrong[at], channels[at.channel] = true, true
		}
	}
	for at := range l.view {
		if present[at] == nil {
			wrong[at], channels[at.channel] = true, true
		}
	}
	for _, c := range l.named[max(0, len(l.named)-400):] {
		if wrong[c.thing()] || c.Kind != activity.EventKind && channels[c.ChannelID] {
			lines = append(lines, fmt.Sprintf("%s %s %s/%s at %v: %s\n", c.Kind, c.Action, c.ChannelID, c.ID, c.Time, asJSON(c.Item)))
		}
	}
	return lines
}
