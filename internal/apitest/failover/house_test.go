package failover_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/servertest"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

const (
	servers = 3
	tenants = 4
	perUser = 8 // writers
)

// house is some activityd on one replica set, and all who use them.
type house struct {
	set         *mongotest.ReplicaSet
	binary, uri string
	places      []*place
	store       *mongo.Store // looks into the database, beside the servers
	rand        *rand.Rand   // of the test's own goroutine

	users     []*user
	writers   []*writer
	listeners []*listener
	readers   []*reader

	laps     *mongotest.Laps
	bare     *bare
	gate     sync.RWMutex // each write holds it for reading: who has it alone sees no write
	measures []measure
}

// place is where a server is, or was, or will be again.
type place struct {
	folder string
	server *servertest.Server // of the test's own goroutine

	mu  sync.Mutex
	url string // "" while there is none
}

func (p *place) at() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.url
}

func (p *place) moved(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.url = url
}

func (h *house) start(t testing.TB, p *place) {
	t.Helper()
	p.server = servertest.Start(t, h.binary, p.folder, "--registration", "open", "--mongodb-uri", h.uri)
	p.moved(p.server.URL)
}

// killServer ends an activityd with SIGKILL, and starts it again later, on
// another port.
func (h *house) killServer() mongotest.Fault {
	return mongotest.Fault{Name: "kill of activityd", Inflict: func(t testing.TB, _ *mongotest.ReplicaSet) func(testing.TB) {
		t.Helper()
		p := h.places[h.rand.IntN(len(h.places))]
		p.server.Kill()
		p.moved("")
		return func(t testing.TB) { t.Helper(); h.start(t, p) }
	}}
}

// open starts it all, with nobody at work yet.
func open(t *testing.T, seed uint64) *house {
	t.Helper()
	h := &house{binary: servertest.Build(t), laps: mongotest.NewLaps(tenants * perUser), rand: rand.New(rand.NewPCG(seed, 1))}
	h.set = mongotest.NewReplicaSet(t, mongotest.Options{Members: 3, Election: election})
	h.uri, _ = h.set.Database(t)
	h.bare = newBare(t, h.uri)
	for i := range servers {
		p := &place{folder: filepath.Join(t.TempDir(), fmt.Sprint("data", i))}
		h.start(t, p)
		h.places = append(h.places, p)
	}
	store, err := mongo.Open(t.Context(), mongo.Options{URI: h.uri})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	h.store = store
	for i := range tenants {
		h.addUser(t, i, seed)
	}
	return h
}

// follower is who is told of changes.
type follower interface {
	follow(ctx context.Context, t *testing.T)
	// behind tells what it was not yet told of the user's goal and of anything
	// later, "" for nothing.
	behind() string
	// missing tells what it was not told of the log, "" for nothing.
	missing() string
}

func (h *house) followers() (all []follower) {
	for _, l := range h.listeners {
		all = append(all, l)
	}
	for _, r := range h.readers {
		all = append(all, r)
	}
	return all
}

// settle lets the writers rest, and waits until every follower was told of the
// last that happened.
func (h *house) settle(t *testing.T) {
	t.Helper()
	h.gate.Lock()
	defer h.gate.Unlock()
	for _, u := range h.users {
		h.await(t, "the log is read", func(ctx context.Context) error {
			return until(ctx, func() string { return h.readLog(ctx, t, u) })
		})
	}
	for _, f := range h.followers() {
		h.await(t, "all are told while nobody writes", func(ctx context.Context) error { return until(ctx, f.missing) })
	}
}

// readLog reads what came to the user's log, and says why it cannot.
func (h *house) readLog(ctx context.Context, t *testing.T, u *user) string {
	t.Helper()
	const part = 5000
	for {
		var more []activity.Change
		err := h.store.Tenant(u.id).View(ctx, func(tx storage.Tx) error {
			var err error
			more, _, err = tx.Log(ctx, activity.Seq(len(u.log)), part)
			return err
		})
		if err != nil {
			return err.Error()
		}
		for _, c := range more {
			if c.Seq != activity.Seq(len(u.log)+1) {
				t.Errorf("the log of %s has %d in the place of %d", u.name, c.Seq, len(u.log)+1)
				return ""
			}
			u.log = append(u.log, c)
		}
		if len(more) < part {
			return ""
		}
	}
}
