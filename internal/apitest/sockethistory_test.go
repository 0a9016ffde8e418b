package apitest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/apitest/rawsocket"
	"github.com/activityd/activityd/internal/apitest/stores"
	"github.com/activityd/activityd/internal/servertest"
	"github.com/activityd/activityd/internal/storage"
)

// TestSocketHistory writes by REST, in batches and over sockets, and listens
// with sockets of all generations, while sockets are cut and stalled, accesses
// are changed and revoked, and the server, or one of those that there are, is
// ended again and again. Whoever is
// connected is told of the last change that it may see, and of nothing that it
// may not; and who asks when it is told, and only then, always comes to see
// what its access lists.
func TestSocketHistory(t *testing.T) {
	binary := servertest.Build(t)
	stores.Each(t, func(t *testing.T, kind stores.Kind) { testSocketHistory(t, kind, binary) })
}

func testSocketHistory(t *testing.T, kind stores.Kind, binary string) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := &socketHistory{history: newHistory(t, kind, binary, seed), Rand: rand.New(rand.NewPCG(seed, 7))}
	s.owner = s.register(t)
	s.fill(t)
	s.people(t)
	for round := range socketRounds {
		ended := s.round(t, round)
		if t.Failed() {
			t.FailNow()
		}
		s.start(t, ended)
	}
	s.listening(t, func() { s.settle(t) })
	s.stop(t)
	all := s.read(t)
	for _, l := range slices.Concat(s.listeners, s.doomed) {
		l.judge(t, all)
	}
	followers := make([]*follower, len(s.listeners))
	for i, l := range s.listeners {
		followers[i] = l.follower
		l.checkSight(t, s.listeners[0].view)
	}
	s.check(t, s.writers, followers)
}

// socketHistory is a history with sockets.
type socketHistory struct {
	*history
	*rand.Rand
	epoch     string
	user      activity.UserID
	listeners []*listener
	doomed    []*listener // whose accesses were revoked; the last one's may not be yet
	writers   []*historyWriter
	made      int // sockets' forms given out

	gone chan struct{} // closed when the server that is written to has ended
}

// seq gives the number in a cursor of the account.
func (s *socketHistory) seq(c activity.Cursor) activity.Seq {
	n, ok := c.Seq(s.epoch, s.user)
	if !ok {
		return -1
	}
	return n
}

// people makes the accesses of writers and listeners.
func (s *socketHistory) people(t *testing.T) {
	t.Helper()
	s.identify(t)
	in := func(channel activity.ChannelID, folders ...activity.FolderID) activity.Permission {
		p := activity.Permission{ChannelID: channel, Level: activity.Contribute}
		for _, f := range folders {
			p.FolderPermissions = append(p.FolderPermissions, activity.FolderPermission{FolderID: f, Level: activity.Contribute})
		}
		return p
	}
	s.listener(t, "personal", nil, rawsocket.Options{})
	writes := []*listener{
		s.listener(t, "personal, not its own", nil, rawsocket.Options{NotOwn: true}),
		s.listener(t, "all", []activity.Permission{in("*")}, rawsocket.Options{}),
		s.listener(t, "items, not its own", []activity.Permission{in("c0"), in("c1", "f1", "f2")}, rawsocket.Options{NotOwn: true, Items: true, Small: true}),
	}
	s.listener(t, "some folders", []activity.Permission{in("c0", "f0", "f1", "f5"), in("c1", "f2", "")}, rawsocket.Options{Items: true, ByURL: true})
	s.listener(t, "one channel", []activity.Permission{{ChannelID: "c1", Level: activity.Read}}, rawsocket.Options{Items: true, Small: true})
	s.listener(t, "without folder", []activity.Permission{in("c2", ""), in("c0", "f7")}, rawsocket.Options{ByURL: true, Small: true})
	s.listener(t, regrantedName, []activity.Permission{in("c0", "f1")}, rawsocket.Options{Items: true}).changing = true
	at := [][]string{{"c0", "c1", "c2"}, {"c0", "c1", "c2"}, {"c0", "c0", "c1"}}
	for i := range 6 {
		w := &historyWriter{history: s.from(i), token: s.owner, Rand: rand.New(rand.NewPCG(s.seed, uint64(i))), channels: at[i%3]}
		switch {
		case i < 2: // by REST
		case i == 2:
			w.door = w.byBatch
		default:
			writes[i-3].writeBy(t, w)
		}
		s.writers = append(s.writers, w)
	}
}

// identify finds whose history it is.
func (s *socketHistory) identify(t *testing.T) {
	t.Helper()
	s.inStore(t, func(ctx context.Context, user activity.UserID, tx storage.Tx) error {
		var err error
		s.user = user
		s.epoch, _, err = tx.LogHead(ctx)
		return err
	})
}

const (
	doomedName    = "doomed"
	regrantedName = "regranted"
)

// listener makes an access, nil for the owner's, and who listens with it.
func (s *socketHistory) listener(t *testing.T, name string, permissions []activity.Permission, o rawsocket.Options) *listener {
	t.Helper()
	forms := rawsocket.Forms()
	o.Form = forms[(s.made+int(s.seed%uint64(len(forms))))%len(forms)]
	s.made++
	f := &follower{history: s.from(s.made), Rand: rand.New(rand.NewPCG(s.seed, uint64(100+s.made))), name: name, token: s.owner}
	l := &listener{follower: f, world: s, options: o, marked: make(chan struct{}, 1)}
	if permissions != nil {
		var made struct{ Token string }
		kind := [...]string{"shared", "app"}[s.made%2]
		body := fmt.Sprintf(`{"type": %q, "name": "%s %d", "permissions": %s}`, kind, name, s.made, permissionsJSON(permissions))
		s.must(t, s.owner, http.MethodPost, "/alice/accesses", body, &made)
		f.token, f.permissions = made.Token, [][]activity.Permission{permissions}
	}
	l.grants = []grant{{permissions: permissions}}
	f.page = func(query url.Values) (reply, error) { return l.changesPage(t, query) }
	if err := f.readAll(); err != nil {
		t.Fatal(err)
	}
	if name != doomedName {
		s.listeners = append(s.listeners, l)
	}
	return l
}

// listening lets all listen while act runs.
func (s *socketHistory) listening(t *testing.T, act func()) {
	t.Helper()
	over := make(chan struct{})
	var all sync.WaitGroup
	for _, l := range slices.Concat(s.listeners, s.doomed) {
		if l.over = over; !l.refused {
			all.Go(func() { l.listen(t) })
		}
	}
	act()
	close(over)
	all.Wait()
	for _, l := range slices.Concat(s.listeners, s.doomed) {
		if k := l.current(); k != nil {
			k.socket.Cut()
		}
	}
}

// How many writes there are until all is looked at, and until the server ends.
const (
	writesInPeace = 250
	writesInWar   = 120
)

// round gives the server that it ended.
func (s *socketHistory) round(t *testing.T, number int) (ended int) {
	t.Helper()
	ended = s.IntN(len(s.servers))
	s.doomed = append(s.doomed, s.doom(t, number))
	s.listening(t, func() {
		s.write(t, writesInPeace, true, nil)
		if t.Failed() {
			return
		}
		s.revoke(t)
		s.settle(t)
		end := s.servers[ended].Kill
		if number%2 == 1 {
			end = func() {
				if err := s.servers[ended].Stop(); err != nil {
					t.Errorf("the server did not shut down: %v", err)
				}
			}
		}
		s.write(t, writesInWar, false, end)
	})
	s.servers[ended].Kill()
	return ended
}

// write lets all write so many times, amid trouble, then runs end while they
// go on, and lets them a while longer where there is another server.
func (s *socketHistory) write(t *testing.T, times int64, peace bool, end func()) {
	t.Helper()
	target := s.written.Load() + times
	ticks, over := make(chan struct{}, 1), make(chan struct{})
	s.gone = make(chan struct{})
	var all sync.WaitGroup
	for _, w := range s.writers {
		all.Go(func() {
			for w.write(t) {
				n := s.written.Add(1)
				if n%15 == 0 {
					select {
					case ticks <- struct{}{}:
					default:
					}
				}
				switch {
				case n == target:
					close(over)
				case n > target && end == nil, n > target+writesInWar/2:
					return
				}
			}
		})
	}
	all.Go(func() { s.trouble(t, ticks, over, peace) })
	select {
	case <-over:
		if end != nil {
			end()
			close(s.gone)
		}
	case <-time.After(10 * socketPatience):
		t.Errorf("%d writes of %d", s.written.Load(), target)
		for _, server := range s.servers {
			server.Kill()
		}
		close(s.gone)
	}
	all.Wait()
}
