package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

const (
	channels = 40
	bodySize = 300
	cacheKiB = 64 << 10
)

// schema is the write path of the store reduced to what costs: an event row
// with two secondary indexes, a change row, and one sequence row per user.
const schema = `
CREATE TABLE events (
	channel_key INTEGER NOT NULL,
	id TEXT NOT NULL,
	time REAL NOT NULL,
	modified REAL NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (channel_key, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_time ON events (channel_key, time, id);
CREATE INDEX events_modified ON events (channel_key, modified);
CREATE TABLE changes (
	user_key INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	channel_key INTEGER NOT NULL,
	item TEXT NOT NULL,
	time REAL NOT NULL,
	PRIMARY KEY (user_key, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE sequences (user_key INTEGER PRIMARY KEY, seq INTEGER NOT NULL) STRICT;
INSERT INTO sequences VALUES (1, 0);
`

const (
	insertEvent  = `INSERT INTO events (channel_key, id, time, modified, body) VALUES (?, ?, ?, ?, ?)`
	insertChange = `INSERT INTO changes (user_key, seq, channel_key, item, time) VALUES (1, ?, ?, ?, ?)`
	updateSeq    = `UPDATE sequences SET seq = ? WHERE user_key = 1`
	selectNewest = `SELECT id, time, body FROM events WHERE channel_key = ? ORDER BY time DESC, id DESC LIMIT ?`
	selectPage   = `SELECT id, time, body FROM events WHERE channel_key = ? AND id > ? ORDER BY id LIMIT ?`
	selectFacts  = `SELECT sqlite_version()`
)

// pragmas returns the settings of a connection, one statement each. The page
// size and the journal mode are properties of the file: writer only.
func pragmas(writer bool, pageSize int) []string {
	list := []string{fmt.Sprintf("PRAGMA cache_size = -%d", cacheKiB)}
	if writer {
		list = append(list,
			fmt.Sprintf("PRAGMA page_size = %d", pageSize),
			"PRAGMA journal_mode = WAL",
			"PRAGMA synchronous = FULL")
	}
	return list
}

// event is one create as the store sees it.
type event struct {
	channel int64
	id      string
	seq     int64
	time    float64 // seconds since the epoch, rising
	body    string
}

// source makes the same events for every binding.
type source struct {
	rng      *rand.Rand
	channels int64
	ordered  bool // ids rise with time instead of being random
	seq      int64
	body     string
}

func newSource(channels int64, ordered bool) *source {
	return &source{
		rng:      rand.New(rand.NewPCG(1, 2)),
		channels: channels,
		ordered:  ordered,
		body:     strings.Repeat("x", bodySize),
	}
}

func (s *source) next() event {
	s.seq++
	const day = 1.7e9
	id := fmt.Sprintf("c%08x%016x", s.rng.Uint32(), s.rng.Uint64())
	if s.ordered {
		id = fmt.Sprintf("c%08x%016x", s.seq, s.rng.Uint64())
	}
	return event{
		channel: s.rng.Int64N(s.channels) + 1,
		id:      id,
		seq:     s.seq,
		time:    day + float64(s.seq)/1000,
		body:    s.body,
	}
}

func (s *source) group(n int) []event {
	g := make([]event, n)
	for i := range g {
		g[i] = s.next()
	}
	return g
}
