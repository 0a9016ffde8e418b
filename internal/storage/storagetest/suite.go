// Package storagetest is the contract of storage.Store as tests: every store
// must pass every case. It owns no store; the stores import it.
//
// Below it stand the reference models: model of what a tenant holds, scopemodel
// of what an access may see.
package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/storage"
)

// Options are what a case may ask of a store. Zero values are the store's own
// defaults.
type Options struct {
	Clock func() time.Time

	// Watch is called as an update begins to wait for its turn, and what it gives
	// when it is done: with how many units were in its group, 0 where it never
	// ran, and its error.
	Watch func(ctx context.Context) func(units int, err error)
}

// Run holds a store to the contract. open gives an empty store and registers
// its own cleanup, which must put up with a store that is closed already.
// There is no skip. Cases run at the same time on one store, each with users of
// its own; those that count or close have a store to themselves.
func Run(t *testing.T, open func(*testing.T, Options) storage.Store) {
	shared := open(t, Options{})
	for _, noun := range nouns() {
		t.Run(noun.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range noun.cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					switch {
					case c.opens != nil:
						c.opens(t, func(o Options) storage.Store { return open(t, o) })
					case c.alone:
						c.check(t, open(t, Options{}))
					default:
						c.check(t, shared)
					}
				})
			}
		})
	}
}

// testCase is one behaviour that the contract promises.
type testCase struct {
	name  string
	check func(*testing.T, storage.Store)
	alone bool                                          // needs a store that nobody else uses
	opens func(*testing.T, func(Options) storage.Store) // instead of check: one with options
}

type noun struct {
	name  string
	cases []testCase
}

func nouns() []noun {
	return []noun{
		{"users", userCases()},
		{"secrets", secretCases()},
		{"units", unitCases()},
		{"many units", eachCases()},
		{"concurrency", concurrencyCases()},
		{"tenants", tenantCases()},
		{"channels", channelCases()},
		{"folders", folderCases()},
		{"folder deletions", folderDeletionCases()},
		{"events", eventCases()},
		{"values", valueCases()},
		{"replay", replayCases()},
		{"lists", listCases()},
		{"pages", pageCases()},
		{"tombstones", tombstoneCases()},
		{"periods", periodCases()},
		{"accesses", accessCases()},
		{"sessions", sessionCases()},
		{"profiles", profileCases()},
		{"change log", changeLogCases()},
		{"changes", changeCases()},
		{"feed", feedCases()},
		{"statistics", statsCases()},
		{"closing", closingCases()},
		{"random operations", randomCases()},
		{"scopes", scopeCases()},
	}
}
