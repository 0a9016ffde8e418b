package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"iter"
	"strings"
)

// Sums are the counts and checksums of a user's records, kind by kind. A checksum
// is the SHA-256 of all records of the kind in the order in which they are
// exported, with every field to the bit.
type Sums struct {
	User, Channels, Folders, Accesses, Sessions, Profiles Sum
	Events, Tombstones                                    Sum
}

// Sum is of the records of one kind.
type Sum struct {
	Count int64
	Hash  string
}

// kinds gives the sums with their names.
func (s *Sums) kinds() []named {
	return []named{
		{"user", s.User}, {"channels", s.Channels}, {"folders", s.Folders}, {"accesses", s.Accesses}, {"sessions", s.Sessions},
		{"profiles", s.Profiles}, {"events", s.Events}, {"tombstones of events", s.Tombstones},
	}
}

type named struct {
	name string
	Sum
}

// differences tells what differs, "" for nothing.
func (s *Sums) differences(other *Sums) string {
	var all []string
	theirs := other.kinds()
	for i, mine := range s.kinds() {
		switch {
		case mine.Count != theirs[i].Count:
			all = append(all, fmt.Sprintf("%s (%d in the source, %d in the target)", mine.name, mine.Count, theirs[i].Count))
		case mine.Hash != theirs[i].Hash:
			all = append(all, fmt.Sprintf("%s (%d in both, not the same)", mine.name, mine.Count))
		}
	}
	return strings.Join(all, ", ")
}

// withoutEvents gives the sums of what an Account has: whoever changes an event
// changes the user's sequence number, which is in them.
func (s *Sums) withoutEvents() Sums {
	next := *s
	next.Events, next.Tombstones = Sum{}, Sum{}
	return next
}

// note gives the sums as a text; see parseNote.
func (s *Sums) note() (string, error) {
	b, err := json.Marshal(s)
	return string(b), err
}

func parseNote(note string) (s Sums, err error) {
	err = json.Unmarshal([]byte(note), &s)
	return s, err
}

// sumAccount gives the sums of an account, without events.
func sumAccount(a *Account) Sums {
	return Sums{
		User:     sumOf(1, func(b []byte, _ int) []byte { return appendUser(b, a) }),
		Channels: sumOf(len(a.Channels), func(b []byte, i int) []byte { return appendChannel(b, &a.Channels[i]) }),
		Folders:  sumOf(len(a.Folders), func(b []byte, i int) []byte { return appendFolder(b, &a.Folders[i]) }),
		Accesses: sumOf(len(a.Accesses), func(b []byte, i int) []byte { return appendAccess(b, &a.Accesses[i]) }),
		Sessions: sumOf(len(a.Sessions), func(b []byte, i int) []byte { return appendSession(b, &a.Sessions[i]) }),
		Profiles: sumOf(len(a.Profiles), func(b []byte, i int) []byte { return appendProfile(b, &a.Profiles[i]) }),
	}
}

func sumOf(n int, record func(b []byte, i int) []byte) Sum {
	s := newSumming()
	for i := range n {
		s.add(record(s.room(), i))
	}
	return s.sum()
}

// sumShared gives the checksum of what users have in common.
func sumShared(v *Shared) Sum {
	return sumOf(1, func(b []byte, _ int) []byte { return appendShared(b, v) })
}

// summing is a Sum that is being made.
type summing struct {
	hash  hash.Hash
	count int64
	bytes []byte
}

func newSumming() *summing { return &summing{hash: sha256.New()} }

// room gives where the next record may be appended.
func (s *summing) room() []byte { return s.bytes[:0] }

func (s *summing) add(record []byte) {
	s.bytes = record
	_, _ = s.hash.Write(record) // never fails, as its documentation says
	s.count++
}

func (s *summing) sum() Sum { return Sum{s.count, hex.EncodeToString(s.hash.Sum(nil))} }

// eventSums are those of events that are being read.
type eventSums struct{ live, deleted *summing }

func newEventSums() *eventSums { return &eventSums{newSumming(), newSumming()} }

// through gives the events on and sums them, each before it is given on.
func (s *eventSums) through(events iter.Seq2[*Event, error], each func()) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		for e, err := range events {
			if err == nil {
				s.add(e)
				each()
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (s *eventSums) add(e *Event) {
	of := s.live
	if e.Deleted != nil {
		of = s.deleted
	}
	of.add(appendEvent(of.room(), e))
}

// in puts the sums beside those of the account.
func (s *eventSums) in(sums Sums) *Sums {
	sums.Events, sums.Tombstones = s.live.sum(), s.deleted.sum()
	return &sums
}
