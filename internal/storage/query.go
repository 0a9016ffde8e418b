package storage

import "github.com/activityd/activityd/internal/activity"

// EventQuery selects the events of one channel and their order. Its zero value,
// with a channel and a scope, is all events outside the trash, newest first.
type EventQuery struct {
	Channel activity.ChannelID
	Scope   activity.Scope // what is not in it is not there

	From, To *activity.Timestamp // bounds of the event's time, inclusive; nil for none
	Folders  *FolderFilter       // nil for all
	Tags     []string            // all of them
	Types    []TypeFilter        // any of them; empty for all
	Running  bool                // running periods only
	State    State

	ModifiedSince *activity.Timestamp // exclusive
	// Deletions adds the tombstones of events deleted, alone or with a folder,
	// since ModifiedSince (which must be set). Scope and Folders judge them by
	// where they were then; they pass every other filter, stand where their
	// time puts them, and After may name one.
	Deletions bool

	Ascending bool              // by time, equal times by id, both in that direction
	Skip      int               // matches to leave out
	After     *activity.EventID // begin behind that event: an unknown one is ErrUnknownAfter
	Limit     int               // 0 for none
}

// ErrUnknownAfter is what a list ends with when EventQuery.After names no
// event that the scope includes.
const ErrUnknownAfter = constError("storage: no such event to begin after")

// FolderFilter selects by folder.
type FolderFilter struct {
	Folders  []activity.FolderID // with all below them; unknown ones select nothing
	NoFolder bool                // events without a folder too
}

// TypeFilter selects by type; the format "*" stands for every one.
type TypeFilter activity.Type

// State selects by whether an item is in the trash.
type State string

// The states. The zero State is DefaultState.
const (
	DefaultState State = "default" // outside the trash
	TrashedState State = "trashed" // in it
	AllState     State = "all"
)

// Includes reports whether an item is listed in the state.
func (s State) Includes(trashed bool) bool {
	return s == AllState || trashed == (s == TrashedState)
}
