package main_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"
	"zombiezen.com/go/sqlite/sqlitex"
)

// The facts that the store relies on. A test that fails after an upgrade says
// which of its assumptions no longer holds.

// open returns a connection to a new file on which the statements were run.
func open(t *testing.T, statements ...string) *sqlite.Conn {
	t.Helper()
	conn, err := sqlite.OpenConn(filepath.Join(t.TempDir(), "facts.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, sql := range statements {
		if err := sqlitex.ExecuteTransient(conn, sql, nil); err != nil {
			t.Fatal(err)
		}
	}
	return conn
}

// step runs one statement that returns no row.
func step(t *testing.T, s *sqlite.Stmt) {
	t.Helper()
	if _, err := s.Step(); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
}

// text returns the columns of the first row as text.
func text(t *testing.T, conn *sqlite.Conn, sql string) []string {
	t.Helper()
	s := conn.Prep(sql)
	row, err := s.Step()
	if err != nil || !row {
		t.Fatalf("%s: row %t, %v", sql, row, err)
	}
	var list []string
	for col := range s.ColumnCount() {
		list = append(list, s.ColumnText(col))
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestNegativeZeroSurvivesInAnyNotInReal(t *testing.T) {
	conn := open(t, "CREATE TABLE t (a ANY, r REAL) STRICT")
	s := conn.Prep("INSERT INTO t VALUES (?, ?)")
	s.BindFloat(1, math.Copysign(0, -1))
	s.BindFloat(2, math.Copysign(0, -1))
	step(t, s)
	s = conn.Prep("SELECT a, r FROM t")
	if _, err := s.Step(); err != nil {
		t.Fatal(err)
	}
	if !math.Signbit(s.ColumnFloat(0)) {
		t.Error("ANY lost the sign")
	}
	if math.Signbit(s.ColumnFloat(1)) {
		t.Error("REAL kept the sign")
	}
}

func TestEmbeddedNULSurvives(t *testing.T) {
	conn := open(t, "CREATE TABLE t (v TEXT, a ANY) STRICT", "CREATE INDEX i ON t (v)")
	const nul = "a\x00b\x00"
	s := conn.Prep("INSERT INTO t VALUES (?, ?)")
	s.BindText(1, nul)
	s.BindText(2, nul)
	step(t, s)
	got := text(t, conn, "SELECT v, a, length(v), octet_length(v) FROM t")
	for i, want := range []string{nul, nul, "1", "4"} { // length() stops at NUL
		if got[i] != want {
			t.Errorf("column %d: %q, want %q", i, got[i], want)
		}
	}
	s = conn.Prep("SELECT count(*) FROM t WHERE v = ?")
	for value, want := range map[string]int{nul: 1, "a": 0} {
		s.BindText(1, value)
		if _, err := s.Step(); err != nil {
			t.Fatal(err)
		}
		if s.ColumnInt(0) != want {
			t.Errorf("= %q found %d, want %d", value, s.ColumnInt(0), want)
		}
		if err := s.Reset(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMigrationAcceptsANewerFileSilently(t *testing.T) {
	conn := open(t, "PRAGMA application_id = 7", "PRAGMA user_version = 9")
	schema := sqlitemigration.Schema{AppID: 7, Migrations: []string{"CREATE TABLE t (a)"}}
	if err := sqlitemigration.Migrate(t.Context(), conn, schema); err != nil {
		t.Errorf("newer file: %v, want none", err)
	}
	if got := text(t, conn, "PRAGMA user_version")[0]; got != "9" {
		t.Errorf("user_version %s, want 9", got)
	}
	schema.AppID = 8
	if sqlitemigration.Migrate(t.Context(), conn, schema) == nil {
		t.Error("a file of another application was accepted")
	}
}

// The cancellation comes from inside the running statement, so that it is
// never early.
func TestInterruptOfAWriteRollsBackTheTransaction(t *testing.T) {
	conn := open(t, "CREATE TABLE t (a INTEGER) STRICT", "BEGIN", "SAVEPOINT f", "INSERT INTO t VALUES (1)")
	ctx, cancel := context.WithCancel(t.Context())
	err := conn.CreateFunction("cancel", &sqlite.FunctionImpl{
		NArgs: 1,
		Scalar: func(_ sqlite.Context, args []sqlite.Value) (sqlite.Value, error) {
			cancel()
			return args[0], nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetInterrupt(ctx.Done())
	_, err = conn.Prep(`INSERT INTO t WITH RECURSIVE n(i) AS
		(SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT cancel(i) FROM n`).Step()
	if sqlite.ErrCode(err) != sqlite.ResultInterrupt || errors.Is(err, context.Canceled) {
		t.Errorf("write: %v, want SQLITE_INTERRUPT and not context.Canceled", err)
	}
	if !conn.AutocommitEnabled() {
		t.Error("the transaction is still open")
	}
	if _, err := conn.Prepare("SELECT 1"); sqlite.ErrCode(err) != sqlite.ResultInterrupt {
		t.Errorf("next Prepare: %v, want SQLITE_INTERRUPT", err)
	}
	conn.SetInterrupt(nil)
	if got := text(t, conn, "SELECT count(*) FROM t")[0]; got != "0" {
		t.Errorf("%s rows left, want 0", got)
	}
}

func TestFullMayRollBackTheTransaction(t *testing.T) {
	conn := open(t, "CREATE TABLE t (a TEXT) STRICT", "INSERT INTO t VALUES ('before')",
		"PRAGMA max_page_count = 10", "BEGIN", "INSERT INTO t VALUES ('first')", "SAVEPOINT f")
	err := sqlitex.ExecuteTransient(conn, "INSERT INTO t VALUES (hex(zeroblob(200000)))", nil)
	if sqlite.ErrCode(err) != sqlite.ResultFull {
		t.Errorf("%v, want SQLITE_FULL", err)
	}
	if !conn.AutocommitEnabled() {
		t.Error("the transaction is still open")
	}
	if got := text(t, conn, "SELECT group_concat(a) FROM t")[0]; got != "before" {
		t.Errorf("left %q, want \"before\"", got)
	}
}
