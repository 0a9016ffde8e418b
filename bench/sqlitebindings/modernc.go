package main

import (
	"context"
	"database/sql"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// modern drives modernc.org/sqlite through database/sql: one pinned
// connection and prepared statements, the fastest form database/sql has.
type modern struct {
	db    *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func openModern(path string, writer bool) (binding, error) {
	dsn := "file:" + path
	if !writer {
		dsn += "?mode=ro"
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	m := &modern{db: db, conn: conn, stmts: map[string]*sql.Stmt{}}
	for _, p := range pragmas(writer, 4096) {
		if err := m.script(p); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *modern) script(sql string) error {
	_, err := m.conn.ExecContext(context.Background(), sql)
	return err
}

func (m *modern) stmt(sql string) (*sql.Stmt, error) {
	if s := m.stmts[sql]; s != nil {
		return s, nil
	}
	s, err := m.conn.PrepareContext(context.Background(), sql)
	m.stmts[sql] = s
	return s, err
}

func (m *modern) run(sql string, args ...any) error {
	s, err := m.stmt(sql)
	if err != nil {
		return err
	}
	_, err = s.Exec(args...)
	return err
}

func (m *modern) create(group []event) error {
	if err := m.run("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, e := range group {
		if err := m.function(e); err != nil {
			return err
		}
	}
	return m.run("COMMIT")
}

func (m *modern) function(e event) error {
	if err := m.run("SAVEPOINT f"); err != nil {
		return err
	}
	if err := m.run(insertEvent, e.channel, e.id, e.time, e.time, e.body); err != nil {
		return err
	}
	if err := m.run(insertChange, e.seq, e.channel, e.id, e.time); err != nil {
		return err
	}
	if err := m.run(updateSeq, e.seq); err != nil {
		return err
	}
	return m.run("RELEASE f")
}

func (m *modern) newest(channel int64, n int) (rows, bytes int, err error) {
	return m.read(selectNewest, channel, n)
}

func (m *modern) page(channel int64, after string, n int) (rows, bytes int, err error) {
	return m.read(selectPage, channel, after, n)
}

func (m *modern) read(query string, args ...any) (rows, bytes int, err error) {
	s, err := m.stmt(query)
	if err != nil {
		return 0, 0, err
	}
	list, err := s.Query(args...)
	if err != nil {
		return 0, 0, err
	}
	defer list.Close() //nolint:errcheck // Err below reports what matters
	var id, body string
	var time float64
	for list.Next() {
		if err := list.Scan(&id, &time, &body); err != nil {
			return 0, 0, err
		}
		rows++
		if time > 0 {
			bytes += len(id) + len(body)
		}
	}
	return rows, bytes, list.Err()
}

func (m *modern) version() (v string, err error) {
	err = m.conn.QueryRowContext(context.Background(), selectFacts).Scan(&v)
	return v, err
}

func (m *modern) close() error {
	for _, s := range m.stmts {
		if err := s.Close(); err != nil {
			return err
		}
	}
	if err := m.conn.Close(); err != nil {
		return err
	}
	return m.db.Close()
}
