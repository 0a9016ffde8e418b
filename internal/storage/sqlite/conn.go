package sqlite

import (
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/activityd/activityd/internal/activity"
)

// conn is a connection that holds its statements: preparing them again, or
// clearing their bindings, makes SQLite plan them again. One goroutine at a
// time may use it.
type conn struct {
	*sqlite.Conn
	held map[string]*sqlite.Stmt
}

// openConn opens the database file, which must be there.
func openConn(path string, pragmas ...string) (*conn, error) {
	c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, err
	}
	c.SetBusyTimeout(busyTimeout)
	for _, p := range pragmas {
		if err := sqlitex.ExecuteTransient(c, "PRAGMA "+p, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("PRAGMA %s: %w", p, err), c.Close())
		}
	}
	return &conn{Conn: c, held: map[string]*sqlite.Stmt{}}, nil
}

// busyTimeout is how long a connection waits for one of another process.
const busyTimeout = 5 * time.Second

// text is JSON or other text that is bound and read without a copy as string;
// nil is NULL.
type text []byte

// stmt gives the held statement, ready to be bound. All parameters must be
// bound each time: the former ones stay.
func (c *conn) stmt(sql string) (*sqlite.Stmt, error) {
	if s := c.held[sql]; s != nil {
		return s, nil
	}
	s, err := c.Prepare(sql)
	if err != nil {
		return nil, err
	}
	c.held[sql] = s
	return s, nil
}

// exec runs a statement that gives no rows.
func (c *conn) exec(sql string, args ...any) error {
	return c.query(sql, nil, args...)
}

// query runs a statement to its end, or until row returns errStop, and calls
// row for each row.
func (c *conn) query(sql string, row func(*sqlite.Stmt) error, args ...any) error {
	s, err := c.stmt(sql)
	if err != nil {
		return err
	}
	for i, a := range args {
		bind(s, i+1, a)
	}
	return run(s, row)
}

// errStop ends a query early, without an error.
var errStop = errors.New("stop")

func run(s *sqlite.Stmt, row func(*sqlite.Stmt) error) error {
	for {
		more, err := s.Step()
		if err != nil {
			return err // Step has reset the statement
		}
		if !more {
			return s.Reset()
		}
		if row == nil {
			continue
		}
		if err := row(s); err != nil {
			if resetErr := s.Reset(); resetErr != nil {
				return errors.Join(err, resetErr)
			}
			if errors.Is(err, errStop) {
				return nil
			}
			return err
		}
	}
}

func bind(s *sqlite.Stmt, i int, value any) {
	switch v := value.(type) {
	case nil:
		s.BindNull(i)
	case int:
		s.BindInt64(i, int64(v))
	case int64:
		s.BindInt64(i, v)
	case bool:
		s.BindBool(i, v)
	case float64:
		s.BindFloat(i, v)
	case activity.Timestamp:
		s.BindFloat(i, float64(v))
	case *activity.Timestamp:
		bindOptional(s, i, v)
	case string:
		s.BindText(i, v)
	case text:
		bindText(s, i, v)
	case []byte:
		s.BindBytes(i, v)
	default:
		panic(fmt.Sprintf("storage/sqlite: cannot bind a %T", value))
	}
}

func bindOptional(s *sqlite.Stmt, i int, t *activity.Timestamp) {
	if t == nil {
		s.BindNull(i)
		return
	}
	s.BindFloat(i, float64(*t))
}

func bindText(s *sqlite.Stmt, i int, t []byte) {
	if t == nil {
		s.BindNull(i)
		return
	}
	s.BindText(i, string(t))
}

// columnBytes gives a text or blob column; nil for NULL.
func columnBytes(s *sqlite.Stmt, col int) []byte {
	n := s.ColumnLen(col)
	if n == 0 {
		if s.ColumnIsNull(col) {
			return nil
		}
		return []byte{}
	}
	b := make([]byte, n)
	s.ColumnBytes(col, b)
	return b
}

func columnTime(s *sqlite.Stmt, col int) activity.Timestamp {
	return activity.Timestamp(s.ColumnFloat(col))
}

func columnOptional(s *sqlite.Stmt, col int) *activity.Timestamp {
	if s.ColumnIsNull(col) {
		return nil
	}
	t := columnTime(s, col)
	return &t
}
