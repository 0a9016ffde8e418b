package main_test

import (
	"testing"

	"zombiezen.com/go/sqlite"
)

// BenchmarkPrepare shows whether a statement from the cache of Conn.Prepare,
// whose bindings are cleared, is planned again: SQLite 3.54 does that.
func BenchmarkPrepare(b *testing.B) {
	conn, err := sqlite.OpenConn(":memory:")
	if err != nil {
		b.Fatal(err)
	}
	const ddl = `CREATE TABLE e (c INTEGER, id TEXT, time REAL, PRIMARY KEY (c, id)) STRICT, WITHOUT ROWID`
	for _, sql := range []string{ddl, `CREATE INDEX i ON e (c, time, id)`, `INSERT INTO e VALUES (2, 'a', 1)`} {
		s, _, err := conn.PrepareTransient(sql)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Step(); err != nil {
			b.Fatal(err)
		}
		if err := s.Finalize(); err != nil {
			b.Fatal(err)
		}
	}
	queries := map[string]string{
		"point":    `SELECT time FROM e WHERE c = ? AND id = ?`,
		"order by": `SELECT time FROM e WHERE c = ? AND id >= ? ORDER BY time DESC LIMIT 20`,
	}
	for name, query := range queries {
		for _, held := range []bool{false, true} {
			mode := "/Prepare"
			if held {
				mode = "/held"
			}
			b.Run(name+mode, func(b *testing.B) {
				s := conn.Prep(query)
				for b.Loop() {
					if held {
						if err := s.Reset(); err != nil {
							b.Fatal(err)
						}
					} else {
						s = conn.Prep(query)
					}
					s.BindInt64(1, 2)
					s.BindText(2, "a")
					if ok, err := s.Step(); err != nil || !ok {
						b.Fatal(ok, err)
					}
				}
			})
		}
	}
}
