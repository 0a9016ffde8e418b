// Command modernc is the smallest program with modernc.org/sqlite.
package main

import (
	"database/sql"
	"fmt"
	"log"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

func main() {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	var version string
	if err := db.QueryRow("SELECT sqlite_version()").Scan(&version); err != nil {
		log.Fatal(err)
	}
	fmt.Println(version)
}
