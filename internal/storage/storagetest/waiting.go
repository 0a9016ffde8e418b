package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// patience is how long a case waits for what must come. It is no measure of
// speed: only a store that is broken needs all of it.
const patience = 50 * time.Second

// position gives the place in the feed after the newest change.
func position(t *testing.T, s storage.Store) storage.Position {
	t.Helper()
	p, err := s.Head(t.Context())
	if err != nil {
		t.Fatalf("head: %v", err)
	}
	return p
}

// follow reads the user's changes from the feed until enough says so.
func (u *tenant) follow(from storage.Position, enough func([]storage.Delivery) bool) []storage.Delivery {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(u.t.Context(), patience)
	defer cancel()
	var seen []storage.Delivery
	if enough(seen) {
		return seen
	}
	for d, err := range u.store.Changes(ctx, from) {
		if err != nil {
			u.t.Fatalf("feed after %d changes: %v", len(seen), err)
		}
		if d.Change.User != u.user.ID {
			continue
		}
		seen = append(seen, d)
		if enough(seen) {
			return seen
		}
	}
	u.t.Fatalf("the feed ended after %d changes", len(seen))
	return nil
}

// awaitMoves waits until the sweep has told of each of the events that a
// deletion moved, and gives what it told by event.
func (u *tenant) awaitMoves(from storage.Position, moved []activity.EventID) map[activity.EventID]activity.Change {
	u.t.Helper()
	wanted := map[string]bool{}
	for _, id := range moved {
		wanted[string(id)] = true
	}
	told := map[activity.EventID]activity.Change{}
	u.follow(from, func(seen []storage.Delivery) bool {
		if len(seen) > 0 {
			c := seen[len(seen)-1].Change
			if c.Kind == activity.EventKind && c.Action == activity.Updated && wanted[c.Item] {
				told[activity.EventID(c.Item)] = c
			}
		}
		return len(told) == len(wanted)
	})
	return told
}

// eventually asks until the answer is yes.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !ask() {
		select {
		case <-deadline.C:
			t.Fatalf("still not: %s", what)
		case <-again.C:
		}
	}
}
