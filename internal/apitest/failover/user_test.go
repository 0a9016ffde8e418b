package failover_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/apitest/rawsocket"
	"github.com/activityd/activityd/internal/storage"
)

// user is an account with the channels c0 and c1, the second with the folders
// f0 and f1.
type user struct {
	name  string
	id    activity.UserID
	epoch string
	owner *client
	home  int          // the place where most of its requests go, as balancers do
	goal  activity.Seq // what followers are to be told of

	log []activity.Change // as far as it was read
}

// seq gives the number in a cursor of the account, -1 for none.
func (u *user) seq(c activity.Cursor) activity.Seq {
	n, ok := c.Seq(u.epoch, u.id)
	if !ok {
		return -1
	}
	return n
}

// head asks for the newest change.
func (u *user) head(t *testing.T, h *house) activity.Seq {
	t.Helper()
	var page struct{ Cursor activity.Cursor }
	u.owner.must(t, http.MethodGet, "/changes", "", &page)
	return u.seq(page.Cursor)
}

// An access of each kind: those of all, those of one folder.
const (
	everywhere = `[{"channelId": "*", "level": "contribute"}]`
	oneFolder  = `[{"channelId": "c1", "level": "read", "folderPermissions": [{"folderId": "f0", "level": "contribute"}]}]`
)

func (h *house) addUser(t *testing.T, number int, seed uint64) {
	t.Helper()
	u := &user{name: fmt.Sprintf("tenant%d", number), home: number % servers}
	anybody := newClient(t, h, u, "", number)
	var made struct{ Token string }
	anybody.mustAt(t, http.MethodPost, "/users", fmt.Sprintf(`{"username": %q, "password": "a good password", "email": "%s@example.org"}`, u.name, u.name), &made)
	u.owner = newClient(t, h, u, made.Token, number)
	for _, c := range []string{"c0", "c1"} {
		u.owner.must(t, http.MethodPost, "/channels", fmt.Sprintf(`{"id": %q, "name": %q}`, c, c), nil)
	}
	for _, f := range []string{"f0", "f1"} {
		u.owner.must(t, http.MethodPost, "/c1/folders", fmt.Sprintf(`{"id": %q, "name": %q}`, f, f), nil)
	}
	access := func(kind, permissions string) string {
		t.Helper()
		var made struct{ Token string }
		u.owner.must(t, http.MethodPost, "/accesses", fmt.Sprintf(`{"type": %q, "name": %q, "permissions": %s}`, kind, kind, permissions), &made)
		return made.Token
	}
	all, folder := access("app", everywhere), access("shared", oneFolder)
	h.identify(t, u)
	h.users = append(h.users, u)
	for i, token := range []string{made.Token, made.Token, made.Token, all, all, all, folder, folder} {
		n := len(h.writers)
		w := &writer{client: newClient(t, h, u, token, number), number: n, Rand: rand.New(rand.NewPCG(seed, uint64(100+n))), limited: i >= 6, ledger: map[string]*record{}}
		h.writers = append(h.writers, w)
	}
	h.addFollowers(t, u, number, map[bool]string{false: all, true: folder})
}

// addFollowers adds two sockets and a reader, with the token of the access to
// everything, and with that of the one which is limited.
func (h *house) addFollowers(t *testing.T, u *user, number int, tokens map[bool]string) {
	t.Helper()
	forms, n := rawsocket.Forms(), len(h.listeners)
	odd := number%2 == 1
	h.listeners = append(h.listeners,
		&listener{sight: sight{odd}, client: newClient(t, h, u, tokens[odd], n), form: forms[n%len(forms)], items: true},
		&listener{client: newClient(t, h, u, u.owner.token, n+1), form: forms[(n+1)%len(forms)], items: odd})
	r := &reader{sight: sight{!odd}, client: newClient(t, h, u, tokens[!odd], number), view: map[string]string{}}
	var page struct{ Cursor activity.Cursor }
	r.must(t, http.MethodGet, "/changes", "", &page)
	r.cursor = page.Cursor
	r.seen.Store(int64(u.seq(page.Cursor)))
	h.readers = append(h.readers, r)
}

// identify finds whose history it is.
func (h *house) identify(t *testing.T, u *user) {
	t.Helper()
	known, err := h.store.Users().UserByName(t.Context(), activity.Username(u.name))
	if err != nil {
		t.Fatal(err)
	}
	u.id = known.ID
	err = h.store.Tenant(u.id).View(t.Context(), func(tx storage.Tx) error {
		var err error
		u.epoch, _, err = tx.LogHead(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
