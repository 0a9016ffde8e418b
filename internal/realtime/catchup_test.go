package realtime_test

import (
	"crypto/rand"
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

// lossy is a diary whose feed loses its place while the function runs.
type lossy struct {
	diary
	slow     *slowStore
	doctored *doctored
}

func openLossy(t *testing.T, changes ...func(*built)) lossy {
	t.Helper()
	var l lossy
	l.diary = openDiary(t, append([]func(*built){slow(&l.slow), doctor(&l.doctored)}, changes...)...)
	return l
}

// lose has the feed lose all that is written meanwhile.
func (l lossy) lose(meanwhile func()) {
	l.t.Helper()
	l.slow.breakFeed(errors.New("the disk is away"), errors.New("still away"))
	meanwhile()
	l.slow.breakFeed(nil, storage.ErrPositionLost)
	l.slow.mendWhenAsked()
}

// caughtUp waits until all were told what the feed lost.
func (l lossy) caughtUp() {
	l.t.Helper()
	deadline := time.After(realtimetest.Limit)
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for !strings.Contains(l.log.String(), "all sockets were told") {
		select {
		case <-again.C:
		case <-deadline:
			l.t.Fatal("nobody was told what the feed lost")
		}
	}
}

// mark makes a change that every socket hears of that may see the channel work.
func (l lossy) mark() {
	l.t.Helper()
	l.do(http.MethodPost, "/work/folders", `{"name": "`+rand.Text()+`"}`)
}

// until gives what a socket hears before the mark.
func (l lossy) until(s *realtimetest.Socket) (heard []realtimetest.Event) {
	l.t.Helper()
	for {
		e, err := s.Wait(l.t.Context(), func(realtimetest.Event) bool { return true })
		if err != nil {
			l.t.Fatalf("%v, after %s", err, names(heard))
		}
		if e.Name == "foldersChanged" && channelOf(e) == "work" {
			return heard
		}
		heard = append(heard, e)
	}
}

// itemsIn gives the ids of what a socket was told of.
func itemsIn(t *testing.T, heard []realtimetest.Event) (ids []string) {
	t.Helper()
	for _, e := range heard {
		for _, i := range itemsOf(t, e) {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

// TestFeedLost: when the feed cannot go on from where it was, each socket is told
// what it missed, in order and once, as the feed would have told it.
func TestFeedLost(t *testing.T) {
	l := openLossy(t)
	_, guest := l.access("alice", l.token, `{"type": "app", "name": "guest", "permissions": [{"channelId": "work", "level": "read"}]}`)
	id, dies := l.access("alice", l.token, `{"type": "app", "name": "dies", "permissions": [{"channelId": "work", "level": "read"}]}`)
	owner, visitor := l.connect(client{query: "changes=items&auth=" + l.token}), l.connect(client{protocol: 1, query: "auth=" + guest})
	revoked := l.connect(client{query: "auth=" + dies})
	want := []string{l.event("null")}
	l.wait(owner, "eventsChanged", "diary")
	want = want[:0]
	l.lose(func() {
		for range 3 {
			want = append(want, l.event("null"))
		}
		l.do(http.MethodPut, "/profile/private", `{"a": 1}`) // which nobody hears of
		l.do(http.MethodDelete, "/accesses/"+id, "")
		want = append(want, l.event(`"mid"`))
	})
	sentAway(t, revoked)
	want = append(want, l.event("null"))
	l.mark()
	if got := itemsIn(t, l.until(owner)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the owner was told of %v, want %v", got, want)
	}
	if got := l.until(visitor); len(got) != 0 {
		t.Errorf("the visitor was told %s", names(got))
	}
	if log := l.log.String(); strings.Count(log, "the feed of changes has stopped") != 1 || strings.Count(log, "the feed of changes goes on") != 1 ||
		strings.Count(log, `"behind":1,"everything":0,"closed":0`) != 1 {
		t.Errorf("the log is\n%s", log)
	}
}

// TestFeedLostAndRepeats: what the feed repeats, from a position before what was
// told, nobody hears again.
func TestFeedLostAndRepeats(t *testing.T) {
	l := openLossy(t)
	before, err := l.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	owner := l.connect(client{query: "changes=items&auth=" + l.token})
	var want []string
	first := l.event("null")
	if got := itemsOf(t, l.wait(owner, "eventsChanged", "diary")); len(got) != 1 || got[0].ID != first {
		t.Fatalf("told of %v", got)
	}
	l.doctored.set(func(s *doctored) { s.head = before })
	l.lose(func() { want = append(want, l.event("null"), l.event("null")) })
	want = append(want, l.event("null"))
	l.mark()
	if got := itemsIn(t, l.until(owner)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("told of %v, want %v", got, want)
	}
}

// everything are all notifications that a socket of a diary's owner can get.
func everything() map[string]bool {
	return map[string]bool{"channelsChanged": true, "foldersChanged diary": true, "eventsChanged diary": true, "foldersChanged work": true, "eventsChanged work": true}
}

// heard fails the test unless exactly those notifications come, without items.
func heard(t *testing.T, s *realtimetest.Socket, want map[string]bool) {
	t.Helper()
	got := map[string]bool{}
	for range want {
		e, err := s.Wait(t.Context(), func(realtimetest.Event) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		name := names([]realtimetest.Event{e})
		if !want[name] || got[name] || len(e.Args) != 1 {
			t.Errorf("heard %s", e)
		}
		got[name] = true
	}
}

// TestFeedLostWithTheHistory: whose history does not tell what was missed is told
// that all may have changed, once, and then goes on.
func TestFeedLostWithTheHistory(t *testing.T) {
	pruned := func(user activity.UserID, changes []activity.Change, oldest activity.Seq) ([]activity.Change, activity.Seq) {
		if len(changes) == 0 {
			return changes, oldest
		}
		return changes[1:], changes[0].Seq
	}
	for name, hide := range map[string]func(*doctored){
		"pruned": func(s *doctored) { s.log = pruned },
		"a gap": func(s *doctored) {
			s.log = func(_ activity.UserID, changes []activity.Change, oldest activity.Seq) ([]activity.Change, activity.Seq) {
				return changes[1:], oldest
			}
		},
		"another history": func(s *doctored) {
			s.logHead = func(epoch string, head activity.Seq) (string, activity.Seq) { return "of a backup", head }
		},
		"a history that went back": func(s *doctored) {
			s.logHead = func(epoch string, head activity.Seq) (string, activity.Seq) { return epoch, head - 5 }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := openLossy(t)
			_, guest := l.access("alice", l.token, `{"type": "app", "name": "guest", "permissions": [{"channelId": "work", "level": "read"}]}`)
			owner, visitor := l.connect(client{query: "changes=items&auth=" + l.token}), l.connect(client{protocol: 1, query: "auth=" + guest})
			l.lose(func() {
				l.event("null")
				l.event("null")
				l.doctored.set(hide)
			})
			heard(t, owner, everything())
			heard(t, visitor, map[string]bool{"channelsChanged": true, "foldersChanged work": true, "eventsChanged work": true})
			l.doctored.set(func(s *doctored) { s.log, s.logHead = nil, nil })
			if name == "a history that went back" {
				return
			}
			id := l.event("null")
			if got := itemsOf(t, l.wait(owner, "eventsChanged", "diary")); len(got) != 1 || got[0].ID != id {
				t.Errorf("afterwards it is told of %v", got)
			}
			if log := l.log.String(); !strings.Contains(log, `"everything":1`) {
				t.Errorf("the log is\n%s", log)
			}
		})
	}
}

// TestFeedLostRights: of what was missed nobody is told what the access may not
// see any more, though it might when that was made.
func TestFeedLostRights(t *testing.T) {
	l := openLossy(t)
	id, token := l.access("alice", l.token, `{"type": "app", "name": "changes", "permissions": [{"channelId": "diary", "level": "read"}]}`)
	s := l.connect(client{query: "changes=items&auth=" + token})
	l.lose(func() {
		l.event("null")
		l.do(http.MethodPut, "/accesses/"+id, `{"permissions": [{"channelId": "work", "level": "read"}]}`)
		l.event("null")
		l.do(http.MethodPost, "/work/events", `{"type": "note/txt"}`)
	})
	heard(t, s, map[string]bool{"channelsChanged": true, "foldersChanged work": true, "eventsChanged work": true})
	l.mark()
	if got := l.until(s); len(got) != 0 {
		t.Errorf("afterwards it heard %s", names(got))
	}
}

// TestFeedLostByMany: everybody is caught up with, however often the store fails;
// who cannot be is not left in silence, and nobody else suffers.
func TestFeedLostByMany(t *testing.T) {
	const users = 40
	l := openLossy(t)
	var sockets []*realtimetest.Socket
	var tokens []string
	for i := range users {
		name := fmt.Sprintf("user-%02d", i)
		token := l.addUser(name)
		l.must(name, token, http.MethodPost, "/channels", `{"id": "diary", "name": "Diary"}`, nil)
		sockets = append(sockets, l.connect(client{query: "changes=items&auth=" + token, namespace: "/" + name}))
		tokens = append(tokens, token)
	}
	broken, _, err := l.try(client{query: "auth=" + l.token})
	if err != nil {
		t.Fatal(err)
	}
	alice, err := l.store.Users().UserByName(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	l.lose(func() {
		for i, token := range tokens {
			var made struct{ ID string }
			l.must(fmt.Sprintf("user-%02d", i), token, http.MethodPost, "/diary/events", `{"type": "note/txt"}`, &made)
			want = append(want, made.ID)
		}
		tries := map[activity.UserID]int{}
		l.doctored.set(func(s *doctored) {
			s.view = func(user activity.UserID) error {
				tries[user]++
				switch {
				case user == alice.ID:
					return errors.New("it is not as it was stored")
				case tries[user] < 3:
					return activity.NewError(activity.CodeServiceUnavailable, "away")
				}
				return nil
			}
		})
	})
	<-broken.Done()
	for i, s := range sockets {
		if got := itemsOf(t, l.wait(s, "eventsChanged", "diary")); len(got) != 1 || got[0].ID != want[i] {
			t.Errorf("user %d was told of %v", i, got)
		}
	}
}

// TestFeedLostInPart: where telling what was missed fails on the way, it goes on
// from there, for those who were told as for those who were not.
func TestFeedLostInPart(t *testing.T) {
	l := openLossy(t)
	_, token := l.access("alice", l.token, `{"type": "app", "name": "a", "permissions": [`+
		`{"channelId": "diary", "folderPermissions": [{"folderId": "mid", "level": "read"}]}, {"channelId": "work", "level": "read"}]}`)
	owner := l.connect(client{query: "changes=items&auth=" + l.token})
	guest := l.connect(client{query: "changes=items&auth=" + token})
	reads := 0
	l.lose(func() {
		l.event(`"mid"`)
		l.folder("low-2", `"mid"`) // for which the guest's sight reads the tree
		l.event(`"mid"`)
		l.doctored.set(func(s *doctored) {
			s.view = func(activity.UserID) error {
				if reads++; reads == 3 { // after the snapshot and the history
					return activity.NewError(activity.CodeServiceUnavailable, "away")
				}
				return nil
			}
		})
	})
	l.caughtUp()
	l.mark()
	for name, s := range map[string]*realtimetest.Socket{"owner": owner, "guest": guest} {
		if got := itemsIn(t, l.until(s)); len(got) != 3 {
			t.Errorf("the %s was told of %v", name, got)
		}
	}
}

// TestFeedLostWithTheUser: the sockets of a user who went meanwhile are sent away.
func TestFeedLostWithTheUser(t *testing.T) {
	l := openLossy(t)
	owner := l.connect(client{query: "auth=" + l.token})
	l.lose(func() {
		u, err := l.store.Users().UserByName(t.Context(), "alice")
		if err == nil {
			err = l.store.Users().DeleteUser(t.Context(), u.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	sentAway(t, owner)
}

// TestFeedLostLong: a long time is caught up with in parts.
func TestFeedLostLong(t *testing.T) {
	const n = 1200
	l := openLossy(t)
	owner := l.connect(client{query: "auth=" + l.token})
	l.lose(func() {
		l.update("alice", func(tx storage.Tx) error {
			for i := range n {
				e := activity.Event{ID: activity.EventID(fmt.Sprintf("00000000-0000-7000-8000-%012x", i)), ChannelID: "diary", Type: activity.Type{Class: "note", Format: "txt"}}
				if err := tx.CreateEvent(t.Context(), &e, nil); err != nil {
					return err
				}
			}
			return tx.CreateFolder(t.Context(), &activity.Folder{ID: "last", ChannelID: "work", Name: "last"})
		})
	})
	all := l.until(owner)
	if len(all) == 0 {
		t.Error("it heard of no event")
	}
	for _, e := range all {
		if e.Name != "eventsChanged" || channelOf(e) != "diary" {
			t.Errorf("it heard %s", e)
		}
	}
}

// TestFeedGap: where the feed leaves out what it should tell, the next change
// shows it, and all is told in order.
func TestFeedGap(t *testing.T) {
	l := openLossy(t)
	owner := l.connect(client{query: "changes=items&auth=" + l.token})
	dropped := map[string]bool{}
	l.doctored.set(func(s *doctored) {
		s.drop = func(c activity.Change) bool {
			return c.Kind == activity.EventKind && len(dropped) < 3 && mark(dropped, c.Item)
		}
	})
	var want []string
	for range 4 {
		want = append(want, l.event("null"))
	}
	l.mark()
	if got := itemsIn(t, l.until(owner)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("told of %v, want %v", got, want)
	}
	l.doctored.set(func(s *doctored) { s.reads = 0 })
	l.do(http.MethodPut, "/profile/private", `{"a": 1}`)
	l.event("null")
	l.mark()
	l.until(owner)
	l.doctored.set(func(s *doctored) {
		if s.reads != 0 {
			t.Errorf("it read %d times where nothing was missing", s.reads)
		}
	})
}

// mark notes a key, and gives true.
func mark(keys map[string]bool, key string) bool {
	keys[key] = true
	return true
}
