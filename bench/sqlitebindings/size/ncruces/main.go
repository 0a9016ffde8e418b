// Command ncruces is the smallest program with github.com/ncruces/go-sqlite3.
package main

import (
	"fmt"
	"log"

	sqlite3 "github.com/ncruces/go-sqlite3"
)

func main() {
	conn, err := sqlite3.Open(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	stmt, _, err := conn.Prepare("SELECT sqlite_version()")
	if err != nil {
		log.Fatal(err)
	}
	if !stmt.Step() {
		log.Fatal(stmt.Err())
	}
	fmt.Println(stmt.ColumnText(0))
}
