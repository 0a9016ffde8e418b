package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	driver "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// raw runs a statement on the file, past the store, and gives the first column
// of the last row.
func raw(t testing.TB, dir, sql string) string {
	t.Helper()
	return rawFile(t, filepath.Join(dir, "activityd.db"), sql)
}

func rawFile(t testing.TB, path, sql string) (last string) {
	t.Helper()
	c, err := driver.OpenConn(path, driver.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	c.SetBusyTimeout(patience)
	err = sqlitex.ExecuteTransient(c, sql, &sqlitex.ExecOptions{ResultFunc: func(s *driver.Stmt) error {
		last = s.ColumnText(0)
		return nil
	}})
	if closeErr := c.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return last
}

// patience is how long a test waits for what must come; only a store that is
// broken needs all of it.
const patience = 50 * time.Second

// eventually waits until done says so.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(patience)
	for !done() {
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
