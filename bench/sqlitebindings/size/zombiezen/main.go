// Command zombiezen is the smallest program with zombiezen.com/go/sqlite.
package main

import (
	"fmt"
	"log"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

func main() {
	conn, err := sqlite.OpenConn(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	if err := sqlitex.ExecuteTransient(conn, "SELECT sqlite_version()", &sqlitex.ExecOptions{
		ResultFunc: func(s *sqlite.Stmt) error {
			fmt.Println(s.ColumnText(0))
			return nil
		},
	}); err != nil {
		log.Fatal(err)
	}
}
