// Package transfer moves all that a store keeps to another store: the records
// that have the same form everywhere, the copying, which can be interrupted and
// goes on where it was, and the comparison of both sides.
//
// The history of changes is not moved: the target has an epoch of its own, so
// that every old cursor and position is answered as expired. Counters of attempts
// stay behind too; they end within minutes.
//
// It imports activity and storage; the stores import it, never the other way.
package transfer

import (
	"cmp"
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// Shared is what the users of an installation have in common.
type Shared struct {
	Key         []byte // of keyed hashes, which are void without it
	SigningKeys []storage.SigningKey
	Tokens      []OneTimeToken
	Blocked     []BlockedName
}

// OneTimeToken is a token that has not been taken.
type OneTimeToken struct {
	Purpose string
	Token   activity.TokenHash
	Expires activity.Timestamp
}

// BlockedName is the name of a deleted user, as a hash with the key.
type BlockedName struct {
	Name  []byte
	Until activity.Timestamp
}

// Account is a user with all but the events.
type Account struct {
	User     activity.User
	Seq      activity.Seq       // of the last change
	Modified activity.Timestamp // of the last change: later ones are after it
	Channels []activity.Channel // by id, as all that follows
	Folders  []activity.Folder
	Accesses []activity.Access
	Sessions []activity.Session
	Profiles []Profile
}

// Profile is a profile's object by its name.
type Profile struct {
	Name   string
	Object activity.Object
}

// NewAccount makes the account of a structure.
func NewAccount(s *storage.Structure, seq activity.Seq, modified activity.Timestamp, profiles []Profile) *Account {
	a := &Account{User: s.User(), Seq: seq, Modified: modified, Channels: s.Channels(), Accesses: s.Accesses(), Sessions: s.Sessions(), Profiles: profiles}
	for _, c := range a.Channels {
		tree := s.Tree(c.ID)
		for _, root := range tree.Children("") {
			for id := range tree.Below(root) {
				f, _ := tree.Folder(id)
				a.Folders = append(a.Folders, f)
			}
		}
	}
	slices.SortFunc(a.Channels, func(x, y activity.Channel) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(a.Folders, func(x, y activity.Folder) int {
		return cmp.Or(cmp.Compare(x.ChannelID, y.ChannelID), cmp.Compare(x.ID, y.ID))
	})
	slices.SortFunc(a.Accesses, func(x, y activity.Access) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(a.Sessions, func(x, y activity.Session) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(a.Profiles, func(x, y Profile) int { return cmp.Compare(x.Name, y.Name) })
	return a
}

// Event is an event or the tombstone of one. Of a tombstone it has the ids, Time,
// Created, Modified, Deleted and Chain, and nothing else.
type Event struct {
	activity.Event
	Chain   activity.Chain   // where a deleted event was; nil for all others
	Request *storage.Request // that created it, for Replay; nil for none
}

// Moves numbers the moves of events whose folder was merged into its parent and
// that no sweep has reached yet: in the target they have been moved, each by a
// change of its own, in the order in which they are exported.
type Moves struct {
	Seq      activity.Seq
	Modified activity.Timestamp
}

// Next gives the move that comes next.
func (m Moves) Next() Moves { return Moves{m.Seq + 1, m.Modified.After(m.Modified)} }

// Skip gives what there is after n moves.
func (m Moves) Skip(n int) Moves {
	for range n {
		m = m.Next()
	}
	return m
}
