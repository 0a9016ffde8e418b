// Package storagetest is the contract of storage.Store as tests: every store
// must pass every case. It owns no store; the stores import it.
//
// Below it stand the reference models: model of what a tenant holds, scopemodel
// of what an access may see.
package storagetest

import (
	"testing"

	"github.com/activityd/activityd/internal/storage"
)

// Run holds a store to the contract. open gives an empty store and registers
// its own cleanup, which must put up with a store that is closed already.
// There is no skip. Cases run at the same time on one store, each with users of
// its own; those that count or close have a store to themselves.
func Run(t *testing.T, open func(*testing.T) storage.Store) {
	shared := open(t)
	for _, noun := range nouns() {
		t.Run(noun.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range noun.cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					if c.alone {
						c.check(t, open(t))
						return
					}
					c.check(t, shared)
				})
			}
		})
	}
}

// testCase is one behaviour that the contract promises.
type testCase struct {
	name  string
	check func(*testing.T, storage.Store)
	alone bool // needs a store that nobody else uses
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
		{"closing", closingCases()},
		{"random operations", randomCases()},
		{"scopes", scopeCases()},
	}
}
