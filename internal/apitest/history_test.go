package apitest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/apitest/stores"
	"github.com/activityd/activityd/internal/servertest"
)

// TestHistory writes with 8 clients and follows /changes with 5, while the
// server, or one of those that there are, is killed again and again. In the end
// each follower's view, made from changes alone, is what its access lists; it was
// told every change that it may know of, and nothing else.
func TestHistory(t *testing.T) {
	binary := servertest.Build(t)
	stores.Each(t, func(t *testing.T, kind stores.Kind) { testHistory(t, kind, binary) })
}

func testHistory(t *testing.T, kind stores.Kind, binary string) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w := newHistory(t, kind, binary, seed)
	w.owner = w.register(t)
	w.fill(t)
	writers, followers := w.clients(t)
	for range historyRounds {
		killed := w.round(t, writers, followers)
		w.start(t, killed)
	}
	for _, f := range followers {
		f.settle(t)
		f.checkSight(t, followers[0].view)
		t.Logf("%s: %d pages, %d changes, %d times anew, %d items", f.name, f.pages, f.told, f.anew, len(f.view))
	}
	w.stop(t)
	w.check(t, writers, followers)
}

// history is an account on real servers that come and go, as the clients of one
// of them have it.
type history struct {
	*realm
	at int // the server
}

// realm is the account.
type realm struct {
	binary  string
	place   stores.Place
	seed    uint64
	servers []*servertest.Server
	owner   string // the token
	written atomic.Int64

	mu     sync.Mutex
	events []where // that were sent
}

// newHistory starts one server, or two where the store bears them.
func newHistory(t *testing.T, kind stores.Kind, binary string, seed uint64) *history {
	t.Helper()
	h := &history{realm: &realm{binary: binary, place: kind.New(t), seed: seed}}
	h.servers = make([]*servertest.Server, h.place.Servers(2))
	for i := range h.servers {
		h.start(t, i)
	}
	return h
}

// from gives the history as the nth client has it.
func (h *history) from(n int) *history { return &history{realm: h.realm, at: n % len(h.servers)} }

// server gives the one that is asked.
func (h *history) server() *servertest.Server { return h.servers[h.at] }

// where names an event or a folder.
type where struct{ channel, id string }

func (r *realm) start(t *testing.T, server int) {
	t.Helper()
	flags := append([]string{"--registration", "open"}, r.place.Flags()...)
	r.servers[server] = servertest.Start(t, r.binary, r.place.Dir, flags...)
}

// stop shuts all servers down.
func (r *realm) stop(t *testing.T) {
	t.Helper()
	for _, s := range r.servers {
		if err := s.Stop(); err != nil {
			t.Errorf("a server did not shut down: %v", err)
		}
	}
}

var errServerGone = errors.New("the server is gone")

// call sends a request to the user's root. It fails with errServerGone when
// there is no answer, or one that says to come again.
func (h *history) call(token, verb, path, body string) (reply, error) {
	answer, err := h.ask(token, verb, path, body)
	if err == nil && answer.status == http.StatusServiceUnavailable {
		err = errServerGone
	}
	return answer, err
}

// ask sends a request. It fails with errServerGone when there is no answer.
func (h *history) ask(token, verb, path, body string) (reply, error) {
	req, err := http.NewRequest(verb, h.server().URL+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Authorization", token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{}, errServerGone
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{}, errServerGone
	}
	return replyOf(res.StatusCode, res.Header, string(text)), nil
}

// must sends a request that succeeds.
func (h *history) must(t *testing.T, token, verb, path, body string, into any) {
	t.Helper()
	a, err := h.call(token, verb, path, body)
	if err != nil || a.status >= http.StatusBadRequest {
		t.Fatalf("%s %s: %s, %v", verb, path, a, err)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		t.Fatalf("%s %s: %s, %v", verb, path, a, err)
	}
}

func (h *history) register(t *testing.T) (token string) {
	t.Helper()
	var made struct{ Token string }
	h.must(t, "", http.MethodPost, "/users", `{"username": "alice", "password": "`+password+`", "email": "alice@example.org"}`, &made)
	return made.Token
}

// fill makes the channels and the first folders.
func (h *history) fill(t *testing.T) {
	t.Helper()
	for c := range historyChannels {
		h.must(t, h.owner, http.MethodPost, "/alice/channels", fmt.Sprintf(`{"id": "c%d", "name": "Channel %d"}`, c, c), nil)
		for f := range historyFolders {
			h.must(t, h.owner, http.MethodPost, fmt.Sprintf("/alice/c%d/folders", c), fmt.Sprintf(`{"id": "f%d", "name": "F%d"}`, f, f), nil)
		}
	}
}

const (
	historyChannels = 3
	historyFolders  = 8
)

// clients makes the accesses of the writers and followers.
func (h *history) clients(t *testing.T) ([]*historyWriter, []*follower) {
	t.Helper()
	token := func(name string, permissions []activity.Permission) string {
		var made struct{ Token string }
		h.must(t, h.owner, http.MethodPost, "/alice/accesses", fmt.Sprintf(`{"name": %q, "permissions": %s}`, name, permissionsJSON(permissions)), &made)
		return made.Token
	}
	in := func(channel activity.ChannelID, level activity.Level, folders ...activity.FolderID) activity.Permission {
		p := activity.Permission{ChannelID: channel, Level: level}
		for _, f := range folders {
			p.FolderPermissions = append(p.FolderPermissions, activity.FolderPermission{FolderID: f, Level: level})
		}
		return p
	}
	at := [...]string{"c0 c1 c2", "c0 c1 c2", "c0 c1 c2", "c0", "c1", "c0 c1 c2", "c0", "c0 c2"}
	var writers []*historyWriter
	for i, permissions := range [][]activity.Permission{
		nil, nil, nil, {in("c0", activity.Contribute)}, {in("c1", activity.Manage)}, {in("*", activity.Manage)},
		{in("c0", activity.Manage, "f0", "f1")}, {in("c2", activity.Contribute, "f2", "f3"), in("c0", activity.Contribute, "")},
	} {
		w := &historyWriter{history: h.from(i), token: h.owner, Rand: rand.New(rand.NewPCG(h.seed, uint64(i))), channels: strings.Fields(at[i])}
		if permissions != nil {
			w.token = token(fmt.Sprint("writer ", i), permissions)
		}
		writers = append(writers, w)
	}
	followers := []*follower{{name: "personal", token: h.owner}}
	for name, permissions := range map[string][]activity.Permission{
		"some folders": {in("c0", activity.Contribute, "f0", "f1", "f5"), in("c1", activity.Contribute, "f2", "")},
		"one channel":  {in("c1", activity.Read)},
		"all":          {in("*", activity.Read)},
		"changing":     {in("c0", activity.Read, "f1")},
	} {
		followers = append(followers, &follower{name: name, token: token(name, permissions), permissions: [][]activity.Permission{permissions}})
	}
	for i, f := range followers {
		f.history, f.Rand = h.from(i), rand.New(rand.NewPCG(h.seed, uint64(100+i)))
		f.changing, f.changesSelf = f.name == "changing", f.name == "changing"
		if err := f.readAll(); err != nil {
			t.Fatal(err)
		}
	}
	return writers, followers
}

// round lets all work until a server is killed, at a random number of
// acknowledged writes, and a while longer at the others. It gives which it was.
func (h *history) round(t *testing.T, writers []*historyWriter, followers []*follower) (killed int) {
	t.Helper()
	r := rand.New(rand.NewPCG(h.seed, uint64(h.written.Load())))
	killed = r.IntN(len(h.servers))
	killAt := h.written.Load() + 400 + r.Int64N(800)
	endAt := killAt + 50 + r.Int64N(300)
	var writing, following sync.WaitGroup
	for _, w := range writers {
		writing.Go(func() {
			for h.written.Load() < endAt && w.write(t) {
				if h.written.Add(1) == killAt {
					h.servers[killed].Kill()
				}
			}
		})
	}
	over := make(chan struct{})
	for _, f := range followers {
		following.Go(func() {
			for f.follow(t) == nil {
				select {
				case <-over:
					return
				default:
				}
			}
		})
	}
	writing.Wait()
	h.servers[killed].Kill()
	close(over)
	following.Wait()
	return killed
}
