package main

import (
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// zombie drives zombiezen.com/go/sqlite. With held set, statements are kept
// by the caller and only reset; otherwise Conn.Prepare finds them in its cache
// for every use, which also clears their bindings.
type zombie struct {
	conn  *sqlite.Conn
	held  bool
	stmts map[string]*sqlite.Stmt
}

func openZombie(held bool) opener {
	return func(path string, writer bool) (binding, error) {
		flags := sqlite.OpenReadOnly
		if writer {
			flags = sqlite.OpenReadWrite | sqlite.OpenCreate
		}
		conn, err := sqlite.OpenConn(path, flags)
		if err != nil {
			return nil, err
		}
		for _, p := range pragmas(writer, 4096) {
			if err := sqlitex.ExecuteTransient(conn, p, nil); err != nil {
				return nil, err
			}
		}
		return &zombie{conn: conn, held: held, stmts: map[string]*sqlite.Stmt{}}, nil
	}
}

func (z *zombie) stmt(sql string) (*sqlite.Stmt, error) {
	if s := z.stmts[sql]; s != nil && z.held {
		return s, s.Reset()
	}
	s, err := z.conn.Prepare(sql)
	z.stmts[sql] = s
	return s, err
}

func (z *zombie) script(sql string) error { return sqlitex.ExecuteScript(z.conn, sql, nil) }

func (z *zombie) run(sql string, bind func(*sqlite.Stmt)) error {
	s, err := z.stmt(sql)
	if err != nil {
		return err
	}
	if bind != nil {
		bind(s)
	}
	if _, err := s.Step(); err != nil {
		return err
	}
	return s.Reset()
}

func (z *zombie) create(group []event) error {
	if err := z.run("BEGIN IMMEDIATE", nil); err != nil {
		return err
	}
	for _, e := range group {
		if err := z.function(e); err != nil {
			return err
		}
	}
	return z.run("COMMIT", nil)
}

func (z *zombie) function(e event) error {
	if err := z.run("SAVEPOINT f", nil); err != nil {
		return err
	}
	if err := z.run(insertEvent, func(s *sqlite.Stmt) {
		s.BindInt64(1, e.channel)
		s.BindText(2, e.id)
		s.BindFloat(3, e.time)
		s.BindFloat(4, e.time)
		s.BindText(5, e.body)
	}); err != nil {
		return err
	}
	if err := z.run(insertChange, func(s *sqlite.Stmt) {
		s.BindInt64(1, e.seq)
		s.BindInt64(2, e.channel)
		s.BindText(3, e.id)
		s.BindFloat(4, e.time)
	}); err != nil {
		return err
	}
	if err := z.run(updateSeq, func(s *sqlite.Stmt) { s.BindInt64(1, e.seq) }); err != nil {
		return err
	}
	return z.run("RELEASE f", nil)
}

func (z *zombie) newest(channel int64, n int) (rows, bytes int, err error) {
	return z.read(selectNewest, func(s *sqlite.Stmt) {
		s.BindInt64(1, channel)
		s.BindInt64(2, int64(n))
	})
}

func (z *zombie) page(channel int64, after string, n int) (rows, bytes int, err error) {
	return z.read(selectPage, func(s *sqlite.Stmt) {
		s.BindInt64(1, channel)
		s.BindText(2, after)
		s.BindInt64(3, int64(n))
	})
}

func (z *zombie) read(sql string, bind func(*sqlite.Stmt)) (rows, bytes int, err error) {
	s, err := z.stmt(sql)
	if err != nil {
		return 0, 0, err
	}
	bind(s)
	for {
		row, err := s.Step()
		if err != nil {
			return 0, 0, err
		}
		if !row {
			return rows, bytes, s.Reset()
		}
		rows++
		if s.ColumnFloat(1) > 0 {
			bytes += len(s.ColumnText(0)) + len(s.ColumnText(2))
		}
	}
}

func (z *zombie) version() (string, error) {
	s, _, err := z.conn.PrepareTransient(selectFacts)
	if err != nil {
		return "", err
	}
	if _, err := s.Step(); err != nil {
		return "", err
	}
	v := s.ColumnText(0)
	return v, s.Finalize()
}

func (z *zombie) close() error { return z.conn.Close() }
