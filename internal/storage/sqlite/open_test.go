package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/sqlite"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
	"github.com/activityd/activityd/migrations"
)

// refused opens a store that must be refused with words that say why.
func refused(t *testing.T, o sqlite.Options, words string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), o)
	if err == nil {
		closeStore(t, s)
		t.Fatal("it was opened")
	}
	if !strings.Contains(err.Error(), words) {
		t.Fatalf("error %q does not say %q", err, words)
	}
}

func TestOpenRefuses(t *testing.T) {
	const file = "activityd.db"
	for name, c := range map[string]struct {
		prepare func(t *testing.T, dir string) string // gives the data folder
		words   string
	}{
		"a file from a newer version": {func(t *testing.T, dir string) string {
			closeStore(t, open(t, sqlite.Options{Dir: dir}))
			raw(t, dir, "PRAGMA user_version = 99")
			return dir
		}, "newer activityd"},
		"another application's file": {func(t *testing.T, dir string) string {
			put(t, filepath.Join(dir, file), "")
			raw(t, dir, "CREATE TABLE theirs (a)")
			return dir
		}, "another application"},
		"another application's id": {func(t *testing.T, dir string) string {
			put(t, filepath.Join(dir, file), "")
			raw(t, dir, "PRAGMA application_id = 7")
			return dir
		}, "another application"},
		"a file that is no database": {func(t *testing.T, dir string) string {
			put(t, filepath.Join(dir, file), strings.Repeat("no database ", 1000))
			return dir
		}, "not a database"},
		"a folder that is a file": {func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "data")
			put(t, path, "")
			return path
		}, "data folder"},
		"a folder below a file": {func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "data")
			put(t, path, "")
			return filepath.Join(path, "below")
		}, "data folder"},
		"a database that is a folder": {func(t *testing.T, dir string) string {
			if err := os.Mkdir(filepath.Join(dir, file), 0o700); err != nil {
				t.Fatal(err)
			}
			return dir
		}, "data folder"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := c.prepare(t, t.TempDir())
			before, _ := os.ReadFile(filepath.Join(dir, file))
			refused(t, sqlite.Options{Dir: dir}, c.words)
			refused(t, sqlite.Options{Dir: dir, Exclusive: true}, c.words)
			after, _ := os.ReadFile(filepath.Join(dir, file))
			if string(before) != string(after) {
				t.Error("the file was changed")
			}
		})
	}
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOneServerPerFolder(t *testing.T) {
	dir := t.TempDir()
	first := open(t, sqlite.Options{Dir: dir, Exclusive: true})
	refused(t, sqlite.Options{Dir: dir, Exclusive: true}, "another activityd serves the data folder")
	closeStore(t, open(t, sqlite.Options{Dir: dir})) // a command beside the server
	closeStore(t, first)
	closeStore(t, open(t, sqlite.Options{Dir: dir, Exclusive: true}))
}

func TestOnlyTheOwnerReadsTheFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	s := open(t, sqlite.Options{Dir: dir, Exclusive: true})
	hands.AddUser(t, s, "alice")
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

// later gives the migrations with one more.
func later(t *testing.T, sql string) fstest.MapFS {
	t.Helper()
	first, err := migrations.SQLite.ReadFile("sqlite/0001_initial.sql")
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{
		"sqlite/0001_initial.sql": {Data: first},
		"sqlite/0002_later.sql":   {Data: []byte(sql)},
	}
}

func TestSnapshotBeforeALaterMigration(t *testing.T) {
	dir := t.TempDir()
	s := open(t, sqlite.Options{Dir: dir})
	hands.AddUser(t, s, "alice")
	closeStore(t, s)

	s = open(t, sqlite.Options{Dir: dir, Migrations: later(t, "CREATE TABLE later (a); DELETE FROM users")})
	if n, err := s.Users().CountUsers(t.Context()); n != 0 || err != nil {
		t.Errorf("%d users after the migration, %v", n, err)
	}
	closeStore(t, s)

	path := filepath.Join(dir, "activityd.db.before-0002")
	for sql, want := range map[string]string{
		"PRAGMA user_version": "1", "PRAGMA integrity_check": "ok", "PRAGMA application_id": "1633907812", "SELECT username FROM users": "alice",
	} {
		if got := rawFile(t, path, sql); got != want {
			t.Errorf("snapshot: %s: %q, want %q", sql, got, want)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("snapshot: %v, %v", info.Mode(), err)
	}
	refused(t, sqlite.Options{Dir: dir}, "newer activityd")
}

func TestAMigrationThatFailsChangesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, sqlite.Options{Dir: dir})
	hands.AddUser(t, s, "alice")
	closeStore(t, s)
	broken := later(t, "DELETE FROM users; DELETE FROM missing")
	for range 2 { // the snapshot of the first try is in nobody's way
		refused(t, sqlite.Options{Dir: dir, Migrations: broken}, "no such table")
	}
	s = open(t, sqlite.Options{Dir: dir})
	if _, err := s.Users().UserByName(t.Context(), activity.Username("alice")); err != nil {
		t.Error(err)
	}
}
