package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"
	"zombiezen.com/go/sqlite/sqlitex"
)

// applicationID stands in the file's header: "actd".
const applicationID = 0x61637464

// schema reads the migrations of a folder, in the order of their numbers.
func schema(files fs.FS) (sqlitemigration.Schema, error) {
	s := sqlitemigration.Schema{AppID: applicationID}
	names, err := fs.Glob(files, "sqlite/*.sql")
	if err != nil {
		return s, err
	}
	slices.Sort(names)
	for i, name := range names {
		if number := fmt.Sprintf("%04d_", i+1); path.Base(name)[:len(number)] != number {
			return s, fmt.Errorf("storage/sqlite: the migration %s is not number %d", name, i+1)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return s, err
		}
		s.Migrations = append(s.Migrations, string(text))
	}
	return s, nil
}

// migrate brings the file to the newest schema. It changes nothing in a file
// that is not activityd's or that is newer, and keeps a snapshot of one that it
// changes.
func migrate(ctx context.Context, c *conn, file string, files fs.FS) error {
	s, err := schema(files)
	if err != nil {
		return err
	}
	version, err := checkFile(c, file, len(s.Migrations))
	if err != nil {
		return err
	}
	if version == len(s.Migrations) {
		return nil
	}
	if version > 0 {
		if err := snapshotFile(c, fmt.Sprintf("%s.before-%04d", file, version+1)); err != nil {
			return failure("keep a snapshot before the migration", err)
		}
	}
	return failure("migrate "+file, sqlitemigration.Migrate(ctx, c.Conn, s))
}

// checkFile gives the version of the file's schema, 0 for a new file.
func checkFile(c *conn, file string, newest int) (int, error) {
	var facts [3]int64
	for i, sql := range []string{"PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema"} {
		n, err := c.integer(sql)
		if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultNotADB {
			return 0, fmt.Errorf("storage/sqlite: %s is not a database: move it away, or give another data_dir: %w", file, err)
		}
		if err != nil {
			return 0, failure("read "+file, err)
		}
		facts[i] = n
	}
	app, version, tables := facts[0], int(facts[1]), facts[2]
	switch {
	case app == 0 && version == 0 && tables == 0:
		return 0, nil
	case app != applicationID:
		return 0, fmt.Errorf("storage/sqlite: %s belongs to another application: give another data_dir", file)
	case version > newest:
		return 0, fmt.Errorf("storage/sqlite: %s was written by a newer activityd (its schema is %d, this one knows up to %d): start that version, or restore a backup", file, version, newest)
	}
	return version, nil
}

// snapshotFile writes a copy of the database that is whole or not there.
func snapshotFile(c *conn, to string) error {
	temporary := to + ".part"
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	err = sqlitex.ExecuteTransient(c.Conn, "VACUUM INTO ?", &sqlitex.ExecOptions{Args: []any{temporary}})
	if err == nil {
		err = syncFile(temporary)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	if err := os.Rename(temporary, to); err != nil {
		return err
	}
	return syncDir(filepath.Dir(to))
}

// syncDir makes a new name in a folder survive the loss of power.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
