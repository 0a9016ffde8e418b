package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/realtime/realtimetest"
	"github.com/activityd/activityd/internal/storage"
)

// TestArmed: what was committed after the client knew that it was connected is
// always told, whatever else is written at the same time.
func TestArmed(t *testing.T) {
	d := openDiary(t)
	stop := make(chan struct{})
	var writers sync.WaitGroup
	defer writers.Wait()
	defer close(stop)
	other := d.connect(client{query: "own=false&auth=" + d.token})
	writers.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := other.Command(t.Context(), "work.events.create", `{"type": "note/txt"}`); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	for n := range 60 {
		protocol := protocols()[n%4]
		conn, s, err := d.try(client{protocol: protocol, polling: n%8 > 5, query: "auth=" + d.token})
		if err != nil {
			t.Fatal(err)
		}
		if n%2 == 0 {
			d.event("null")
			d.wait(s, "eventsChanged", "diary")
		} else {
			d.do(http.MethodPut, "/channels/diary", fmt.Sprintf(`{"clientData": {"n": %d}}`, n))
			d.wait(s, "channelsChanged", "")
		}
		conn.Close()
	}
}

// TestArmedRights: the same for what an access may.
func TestArmedRights(t *testing.T) {
	d := openDiary(t)
	for n := range 30 {
		id, token := d.access("alice", d.token, fmt.Sprintf(`{"type": "app", "name": "%d", "permissions": [{"channelId": "work", "level": "read"}]}`, n))
		s := d.connect(client{protocol: protocols()[n%4], query: "auth=" + token})
		if n%2 == 0 {
			d.do(http.MethodPut, "/accesses/"+id, `{"permissions": [{"channelId": "diary", "level": "read"}]}`)
			d.wait(s, "eventsChanged", "diary")
		}
		d.do(http.MethodDelete, "/accesses/"+id, "")
		sentAway(t, s)
	}
}

// holdArming has the next socket that connects wait between the reading of its
// rights and its being armed, until the function that it gives is called.
func (s *doctored) holdArming() (held <-chan struct{}, release func()) {
	waits, free := make(chan struct{}), make(chan struct{})
	reads := 0
	s.set(func(s *doctored) {
		s.viewed = func(ctx context.Context, _ activity.UserID) {
			s.mu.Lock()
			if !isFollowers(ctx) {
				reads++
			}
			holds := reads == 2 // after the look at the token
			if holds {
				s.viewed = nil
			}
			s.mu.Unlock()
			if holds {
				close(waits)
				<-free
			}
		}
	})
	return waits, func() { close(free) }
}

// TestArmedMeanwhile: what the follower comes by after a socket's rights were read
// and before it is armed, or what it loses then, makes it read them again. One
// that may nothing any more takes up no place.
func TestArmedMeanwhile(t *testing.T) {
	for name, loses := range map[string]bool{"comes by": false, "loses": true} {
		t.Run(name, func(t *testing.T) {
			l := openLossy(t, func(b *built) { b.door.MaxSocketsPerUser = 1 })
			l.addUser("bobby")
			_, bobbys := l.access("bobby", l.login("bobby"), `{"type": "personal", "name": "sees"}`)
			id, token := l.access("alice", l.token, `{"type": "app", "name": "dies", "permissions": [{"channelId": "work", "level": "read"}]}`)
			witness := l.connect(client{query: "auth=" + bobbys, namespace: "/bobby"})
			conn, err := l.dial(client{})
			if err != nil {
				t.Fatal(err)
			}
			held, release := l.doctored.holdArming()
			result := make(chan error, 1)
			go func() {
				_, err := conn.Connect(t.Context(), "/alice", `{"auth": "`+token+`"}`)
				result <- err
			}()
			<-held
			remove := func() { l.do(http.MethodDelete, "/accesses/"+id, "") }
			if loses {
				l.lose(remove)
				l.caughtUp()
			} else {
				remove()
				l.command(witness, "channels.create", `{"name": "later"}`)
				l.wait(witness, "channelsChanged", "") // and so the follower has come by
			}
			release()
			refusedWith(t, <-result, "invalid-access-token")
			l.connect(client{query: "auth=" + l.token})
		})
	}
}

// TestFeedBroken: a feed that breaks goes on from where it was.
func TestFeedBroken(t *testing.T) {
	var store *slowStore
	d := openDiary(t, slow(&store))
	s := d.connect(client{query: "changes=items&auth=" + d.token})
	store.breakFeed(errors.New("the disk is away"), errors.New("still away"))
	for range 3 {
		d.event("null")
	}
	late := d.connect(client{query: "auth=" + d.token}) // it can connect meanwhile
	d.do(http.MethodPut, "/channels/diary", `{"clientData": {"late": true}}`)
	store.mend()
	got := 0
	for got < 3 {
		got += len(itemsOf(t, d.wait(s, "eventsChanged", "diary")))
	}
	d.wait(s, "channelsChanged", "")
	d.wait(late, "channelsChanged", "")
}

// TestNotFollowing: nobody is let in while changes could escape.
func TestNotFollowing(t *testing.T) {
	var store *slowStore
	h := open(t, slow(&store), func(b *built) { b.store.(*slowStore).fails = errors.New("away") })
	token := h.addUser("alice")
	conn, err := h.dial(client{})
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() {
		_, err := conn.Connect(t.Context(), "/alice", `{"auth": "`+token+`"}`)
		result <- err
	}()
	store.mend()
	if err := <-result; err != nil {
		t.Errorf("in the end: %v", err)
	}
}

// TestNotOurFault: who cannot be let in now for a reason that will pass loses
// the connection, and so comes back by itself; a refusal would be final.
func TestNotOurFault(t *testing.T) {
	eachProtocol(t, func(t *testing.T, protocol int) {
		h := open(t, func(b *built) { b.store = awayStore{b.store} })
		conn, err := h.dial(client{protocol: protocol, query: "auth=any-token-whatsoever"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = conn.Connect(t.Context(), "/alice", "")
		var refusal *realtimetest.Refusal
		if err == nil || errors.As(err, &refusal) {
			t.Errorf("connect: %v", err)
		}
		<-conn.Done()
		// A handshake of protocol 1 fails with a status after which it is tried again.
		if protocol == 1 {
			_, err := h.dial(client{protocol: 1, query: "auth=any-token-whatsoever&resource=/alice"})
			var refused *realtimetest.Refused
			if !errors.As(err, &refused) || refused.Status != http.StatusInternalServerError {
				t.Errorf("the handshake: %v", err)
			}
		}
	})
}

// awayStore is a store that cannot find users.
type awayStore struct{ storage.Store }

func (s awayStore) Users() storage.Users { return awayUsers{s.Store.Users()} }

type awayUsers struct{ storage.Users }

func (awayUsers) UserByName(context.Context, activity.Username) (activity.User, error) {
	return activity.User{}, activity.NewError(activity.CodeServiceUnavailable, "away")
}

// TestPanicOfTheFollower: a mistake of ours in telling one user costs that
// user's connections, and nobody else's.
func TestPanicOfTheFollower(t *testing.T) {
	var store *slowStore
	d := openDiary(t, slow(&store))
	d.addUser("bobby")
	_, token := d.access("alice", d.token, `{"type": "app", "name": "a", "permissions": [{"channelId": "diary", "folderPermissions": [{"folderId": "mid", "level": "read"}]}]}`)
	conn, _, err := d.try(client{query: "auth=" + token})
	if err != nil {
		t.Fatal(err)
	}
	bobby := d.connect(client{query: "auth=" + d.login("bobby"), namespace: "/bobby"})
	store.panicOnView(true)
	d.command(bobby, "channels.create", `{"id": "his", "name": "His"}`)
	d.do(http.MethodPost, "/diary/folders", `{"name": "new", "parentId": "mid"}`)
	<-conn.Done()
	store.panicOnView(false)
	d.command(bobby, "channels.delete", `{"id": "his"}`)
	d.wait(bobby, "channelsChanged", "")
	d.wait(bobby, "channelsChanged", "")
	if log := d.log.String(); !strings.Contains(log, "slowStore panics") {
		t.Errorf("the log is\n%s", log)
	}
	d.connect(client{query: "auth=" + token})
}
