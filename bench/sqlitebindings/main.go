// Command sqlitebindings measures three SQLite bindings on the write and read
// paths of the store, and two layouts of the events table. It owns nothing of
// the product and must not be imported by it.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

// binding is one SQLite library behind the few operations that are measured.
type binding interface {
	script(sql string) error
	create(group []event) error // one transaction, a savepoint per event
	newest(channel int64, n int) (rows, bytes int, err error)
	page(channel int64, after string, n int) (rows, bytes int, err error)
	version() (string, error)
	close() error
}

type opener func(path string, writer bool) (binding, error)

type candidate struct {
	name string
	open opener
}

func main() {
	dir := flag.String("dir", "", "folder for the database files, on a real disk")
	rounds := flag.Int("rounds", 3, "rounds; the median is printed")
	only := flag.String("only", "", "bindings or layouts; both when empty")
	flag.Parse()
	if err := run(*dir, *rounds, *only); err != nil {
		log.Fatal(err)
	}
}

func run(dir string, rounds int, only string) error {
	tmp, err := os.MkdirTemp(dir, "sqlitebindings")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // scratch files
	if only != "layouts" {
		if err := bindings(tmp, rounds); err != nil {
			return err
		}
	}
	if only == "bindings" {
		return nil
	}
	return layouts(tmp)
}

func bindings(dir string, rounds int) error {
	list := []candidate{
		{"zombiezen, held", openZombie(true)},
		{"zombiezen, Prepare", openZombie(false)},
		{"modernc, database/sql", openModern},
		{"ncruces", openNcruces},
	}
	results := make([]map[string][]float64, len(list))
	for round := range rounds {
		for i, c := range list {
			if results[i] == nil {
				results[i] = map[string][]float64{}
			}
			path := filepath.Join(dir, fmt.Sprintf("%d-%d", i, round))
			if err := one(c, path, results[i]); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	for i, c := range list {
		fmt.Printf("\n%s\n", c.name)
		for _, m := range metrics() {
			fmt.Printf("  %-28s %10.1f   of %.1f\n", m, median(results[i][m]), results[i][m])
		}
	}
	return nil
}
