package main

import (
	"errors"

	sqlite3 "github.com/ncruces/go-sqlite3"
)

// ncruces drives github.com/ncruces/go-sqlite3 through its own API, with
// statements that are prepared once and kept.
type ncruces struct {
	conn  *sqlite3.Conn
	stmts map[string]*sqlite3.Stmt
}

func openNcruces(path string, writer bool) (binding, error) {
	flags := sqlite3.OPEN_READONLY
	if writer {
		flags = sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE
	}
	conn, err := sqlite3.OpenFlags(path, flags)
	if err != nil {
		return nil, err
	}
	for _, p := range pragmas(writer, 4096) {
		if err := conn.Exec(p); err != nil {
			return nil, err
		}
	}
	return &ncruces{conn: conn, stmts: map[string]*sqlite3.Stmt{}}, nil
}

func (n *ncruces) script(sql string) error { return n.conn.Exec(sql) }

func (n *ncruces) stmt(sql string) (*sqlite3.Stmt, error) {
	if s := n.stmts[sql]; s != nil {
		return s, nil
	}
	s, _, err := n.conn.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT)
	n.stmts[sql] = s
	return s, err
}

func (n *ncruces) run(sql string, bind func(*sqlite3.Stmt) error) error {
	s, err := n.stmt(sql)
	if err != nil {
		return err
	}
	if bind != nil {
		if err := bind(s); err != nil {
			return err
		}
	}
	return s.Exec()
}

func (n *ncruces) create(group []event) error {
	if err := n.run("BEGIN IMMEDIATE", nil); err != nil {
		return err
	}
	for _, e := range group {
		if err := n.function(e); err != nil {
			return err
		}
	}
	return n.run("COMMIT", nil)
}

func (n *ncruces) function(e event) error {
	if err := n.run("SAVEPOINT f", nil); err != nil {
		return err
	}
	if err := n.run(insertEvent, func(s *sqlite3.Stmt) error {
		return errors.Join(
			s.BindInt64(1, e.channel),
			s.BindText(2, e.id),
			s.BindFloat(3, e.time),
			s.BindFloat(4, e.time),
			s.BindText(5, e.body))
	}); err != nil {
		return err
	}
	if err := n.run(insertChange, func(s *sqlite3.Stmt) error {
		return errors.Join(
			s.BindInt64(1, e.seq),
			s.BindInt64(2, e.channel),
			s.BindText(3, e.id),
			s.BindFloat(4, e.time))
	}); err != nil {
		return err
	}
	if err := n.run(updateSeq, func(s *sqlite3.Stmt) error { return s.BindInt64(1, e.seq) }); err != nil {
		return err
	}
	return n.run("RELEASE f", nil)
}

func (n *ncruces) newest(channel int64, limit int) (rows, bytes int, err error) {
	return n.read(selectNewest, func(s *sqlite3.Stmt) error {
		return errors.Join(s.BindInt64(1, channel), s.BindInt(2, limit))
	})
}

func (n *ncruces) page(channel int64, after string, limit int) (rows, bytes int, err error) {
	return n.read(selectPage, func(s *sqlite3.Stmt) error {
		return errors.Join(s.BindInt64(1, channel), s.BindText(2, after), s.BindInt(3, limit))
	})
}

func (n *ncruces) read(sql string, bind func(*sqlite3.Stmt) error) (rows, bytes int, err error) {
	s, err := n.stmt(sql)
	if err != nil {
		return 0, 0, err
	}
	if err := bind(s); err != nil {
		return 0, 0, err
	}
	for s.Step() {
		rows++
		if s.ColumnFloat(1) > 0 {
			bytes += len(s.ColumnText(0)) + len(s.ColumnText(2))
		}
	}
	return rows, bytes, s.Reset()
}

func (n *ncruces) version() (string, error) {
	s, _, err := n.conn.Prepare(selectFacts)
	if err != nil {
		return "", err
	}
	s.Step()
	v := s.ColumnText(0)
	return v, s.Close()
}

func (n *ncruces) close() error {
	for _, s := range n.stmts {
		if err := s.Close(); err != nil {
			return err
		}
	}
	return n.conn.Close()
}
