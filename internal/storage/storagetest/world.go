package storagetest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/storagetest/model"
)

// Names by which a world's secrets are found.
const (
	worldDeleted = "gone-for-good"
	worldToken   = "one-time token"
)

// FillWorld puts into a store, which must be empty, something of all that a store
// keeps: users with random items, odd values, deletions and merges, and what the
// users share.
func FillWorld(t *testing.T, s storage.Store, seed uint64) {
	t.Helper()
	t.Logf("world of seed %d", seed)
	for i := range 3 {
		w := &walk{tenant: newTenant(t, s), r: rand.New(rand.NewPCG(seed, uint64(i))), m: &model.Tenant{}}
		for range 40 {
			w.events = append(w.events, newEventID())
		}
		for range 60 {
			if w.r.IntN(9) == 0 {
				w.mergeFolder()
			} else {
				w.unit()
			}
		}
	}
	newTenant(t, s) // who has nothing
	fillOdd(t, s)
	fillShared(t, s)
}

// fillOdd makes a user whose every field has something, and odd things at that.
func fillOdd(t *testing.T, s storage.Store) {
	t.Helper()
	u := inFolder(t, s)
	u.user.Email, u.user.LanguageCode, u.user.DisplayName, u.user.PasswordHash, u.user.Disabled = oddText, oddText, oddText, oddText, true
	u.do(func(tx storage.Tx) error { return tx.UpdateUser(t.Context(), u.user) })
	for i, f := range oddNumbers() {
		e := rich()
		e.ID, e.Time = newEventID(), activity.Timestamp(f)
		r := storage.Request{Access: oddText, Hash: [32]byte{byte(i), 31: 7}, Time: e.Time, Stopped: newEventID()}
		e, _ = u.putRequested(e, r)
		if i%2 == 0 {
			e.Trashed, e.FolderID, e.ModifiedBy = true, "", "another"
			e = u.change(e)
		}
		if i%5 == 0 {
			u.remove(e)
		}
		u.put(period("c", e.Time, activity.Seconds(math.Abs(f))))
	}
	exact := period("c", 0.1, activity.Seconds(0.2))
	exact.EndAt(0.3)
	u.put(exact, period("c", 5, activity.Running))
	a := richAccess("odd")
	a.Permissions = append(a.Permissions, activity.Permission{ChannelID: "none", FolderPermissions: []activity.FolderPermission{}})
	u.do(func(tx storage.Tx) error { return tx.CreateAccess(t.Context(), &a) })
	u.Touch("odd", 1e9+0.5)
	u.session(activity.Session{ID: "s-" + oddText, AppID: oddText, UserAgent: oddText, Expires: farFuture})
	u.session(activity.Session{ID: "s2", Expires: farFuture + 0.25})
	for _, name := range worldProfiles() {
		u.putProfile(name, activity.Object(oddObject))
	}
	u.deleteFolder("f", false)
}

func worldProfiles() []string { return []string{"public", "private", "app:" + oddText} }

// fillShared makes what the users share.
func fillShared(t *testing.T, s storage.Store) {
	t.Helper()
	u := newUser()
	u.Username = worldDeleted
	if err := s.Users().CreateUser(t.Context(), &u, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Users().DeleteUser(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	key := storage.SigningKey{ID: randomWord("k"), Secret: []byte(randomWord("secret")), Created: activity.TimestampOf(time.Now())}
	if _, err := s.Secrets().SigningKeys(t.Context(), func() storage.SigningKey { return key }); err != nil {
		t.Fatal(err)
	}
	if err := s.Secrets().PutOneTimeToken(t.Context(), "purpose", activity.HashToken(worldToken), farFuture); err != nil {
		t.Fatal(err)
	}
}

// WorldContents gives what can be read of a world, a line for each thing, whatever
// the store; but for changes and their epoch.
func WorldContents(t *testing.T, s storage.Store) []string {
	t.Helper()
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for user, err := range s.Users().ListUsers(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		add("user %+v", user)
		u := &tenant{Tenant: s.Tenant(user.ID), t: t, store: s, user: user}
		add("seq %d", u.head())
		u.structureLines(add)
		for _, c := range u.structure().Channels() {
			u.channelLines(c.ID, add)
		}
	}
	keys, err := s.Secrets().SigningKeys(t.Context(), func() storage.SigningKey { return storage.SigningKey{ID: "was not there"} })
	if err != nil {
		t.Fatal(err)
	}
	add("keys %v", keys)
	has, err := s.Secrets().HasOneTimeToken(t.Context(), activity.HashToken(worldToken))
	add("one-time token %t, %v", has, err)
	blocked, err := s.Users().NameBlocked(t.Context(), worldDeleted)
	add("blocked %t, %v", blocked, err)
	return lines
}

func (u *tenant) structureLines(add func(string, ...any)) {
	u.t.Helper()
	s := u.structure()
	for _, c := range s.Channels() {
		add("%s", channelText(c))
		tree := s.Tree(c.ID)
		for _, root := range tree.Children("") {
			for id := range tree.Below(root) {
				f, _ := tree.Folder(id)
				add("%s %s", folderText(f), chainText(tree.Chain(id)))
			}
		}
	}
	for _, a := range s.Accesses() {
		used := activity.Timestamp(math.Inf(-1))
		if a.LastUsed != nil {
			used = *a.LastUsed
		}
		add("%s, used %v", accessText(a), used)
	}
	for _, v := range s.Sessions() {
		add("session %+v", v)
	}
	for _, name := range worldProfiles() {
		add("profile %q %s", name, objectText(u.profile(name)))
	}
}

func (u *tenant) channelLines(channel activity.ChannelID, add func(string, ...any)) {
	u.t.Helper()
	q := everything(channel)
	q.ModifiedSince, q.Deletions, q.Ascending = new(activity.Timestamp), true, true
	*q.ModifiedSince = activity.Timestamp(math.Inf(-1))
	for _, e := range u.list(q) {
		r, ok := u.replay(channel, e.ID)
		add("%s, request %t %+v", text(e), ok, r)
	}
	for id := range u.structure().Tree(channel).Below("") {
		u.scopeLines(channel, id, add)
	}
	u.read(func(tx storage.Tx) error {
		for p, err := range tx.Periods(u.t.Context(), channel, activity.Timestamp(math.Inf(-1))) {
			if err != nil {
				return err
			}
			add("period %+v", p)
		}
		counts, err := tx.TimeCounts(u.t.Context(), channel, -1e6, 1e6)
		add("time %v", counts)
		return err
	})
}

// scopeLines gives what may be seen in a folder alone: tombstones too.
func (u *tenant) scopeLines(channel activity.ChannelID, folder activity.FolderID, add func(string, ...any)) {
	u.t.Helper()
	q := everything(channel)
	q.Scope = inOnly(folder)
	q.ModifiedSince, q.Deletions = new(activity.Timestamp), true
	events := ids(u.list(q))
	slices.Sort(events)
	add("in %s of %s %v", folder, channel, events)
}
