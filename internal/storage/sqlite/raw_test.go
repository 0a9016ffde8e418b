package sqlite_test

import (
	"path/filepath"
	"testing"

	driver "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/activityd/activityd/internal/storage/storagetest/hands"
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
	c.SetBusyTimeout(hands.Patience)
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
