package sqlite

import (
	"errors"

	"zombiezen.com/go/sqlite"
)

// meta says what the file is.
type meta struct {
	epoch    string // of the history
	key      []byte // of keyed hashes
	transfer string // the epoch of the store that is being moved into this one; "" for none
}

func readMeta(c *conn) (m meta, err error) {
	err = c.query("SELECT name, value FROM meta", func(row *sqlite.Stmt) error {
		switch row.ColumnText(0) {
		case "epoch":
			m.epoch = row.ColumnText(1)
		case "key":
			m.key = columnBytes(row, 1)
		case "transfer":
			m.transfer = row.ColumnText(1)
		}
		return nil
	})
	return m, err
}

// finished refuses a store that is not whole yet.
func (m *meta) finished() error {
	if m.transfer == "" {
		return nil
	}
	return errors.New("storage/sqlite: a migration into this store is not finished: run the same 'activityd migrate-store' again, or remove the store")
}
