package main

import (
	"fmt"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

const (
	layoutRows     = 200_000
	layoutChannels = 200
	layoutGroup    = 64
)

const eventColumns = `channel_key INTEGER NOT NULL, id TEXT NOT NULL,
	time REAL NOT NULL, modified REAL NOT NULL, body TEXT NOT NULL`

const eventIndexes = `
CREATE INDEX events_time ON events (channel_key, time, id);
CREATE INDEX events_modified ON events (channel_key, modified);`

// layouts compares the events table without rowid to one with.
func layouts(dir string) error {
	tables := []struct{ name, ddl string }{
		{"without rowid", "CREATE TABLE events (" + eventColumns +
			", PRIMARY KEY (channel_key, id)) STRICT, WITHOUT ROWID;" + eventIndexes},
		{"rowid", "CREATE TABLE events (" + eventColumns + ") STRICT;" +
			"CREATE UNIQUE INDEX events_key ON events (channel_key, id);" + eventIndexes},
	}
	fmt.Printf("\n%-14s %5s %-8s %10s %10s %8s %10s %10s\n",
		"layout", "page", "ids", "us/row", "us CPU/row", "MiB", "newest, us", "page, us")
	for _, ordered := range []bool{false, true} {
		for _, size := range []int{4096, 8192} {
			for _, t := range tables {
				if err := layout(dir, t.name, t.ddl, size, ordered); err != nil {
					return fmt.Errorf("%s, %d: %w", t.name, size, err)
				}
			}
		}
	}
	return nil
}

func layout(dir, name, ddl string, pageSize int, ordered bool) error {
	file := filepath.Join(dir, fmt.Sprintf("%s-%d-%t.db", name, pageSize, ordered))
	conn, err := sqlite.OpenConn(file, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		return err
	}
	for _, p := range pragmas(true, pageSize) {
		if err := sqlitex.ExecuteTransient(conn, p, nil); err != nil {
			return err
		}
	}
	if err := sqlitex.ExecuteScript(conn, ddl, nil); err != nil {
		return err
	}
	z := &zombie{conn: conn, held: true, stmts: map[string]*sqlite.Stmt{}}
	src := newSource(layoutChannels, ordered)
	took, err := measure(func() error {
		for range layoutRows / layoutGroup {
			if err := insertOnly(z, src.group(layoutGroup)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	newest, page, err := layoutReads(z)
	if err != nil {
		return err
	}
	if err := z.close(); err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	wall, cpu := took.perRow(layoutRows)
	ids := "random"
	if ordered {
		ids = "ordered"
	}
	fmt.Printf("%-14s %5d %-8s %10.1f %10.1f %8.1f %10.0f %10.0f\n",
		name, pageSize, ids, wall, cpu, float64(info.Size())/(1<<20), newest, page)
	return nil
}

func insertOnly(z *zombie, group []event) error {
	if err := z.run("BEGIN IMMEDIATE", nil); err != nil {
		return err
	}
	for _, e := range group {
		if err := z.run(insertEvent, func(s *sqlite.Stmt) {
			s.BindInt64(1, e.channel)
			s.BindText(2, e.id)
			s.BindFloat(3, e.time)
			s.BindFloat(4, e.time)
			s.BindText(5, e.body)
		}); err != nil {
			return err
		}
	}
	return z.run("COMMIT", nil)
}

// layoutReads returns the time of the newest 20 and of up to 1000 by key, in
// microseconds. Each channel is read once: pages that the cache lost count.
func layoutReads(z *zombie) (newest, page float64, err error) {
	took, err := measure(func() error {
		for c := range int64(layoutChannels) {
			if _, _, err := z.newest(c+1, 20); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	newest, _ = took.perRow(layoutChannels)
	took, err = measure(func() error {
		for c := range int64(layoutChannels) {
			if _, _, err := z.page(c+1, "c", 1000); err != nil {
				return err
			}
		}
		return nil
	})
	page, _ = took.perRow(layoutChannels)
	return newest, page, err
}
