// Command generate writes the description of the API to the file that it is
// given, "-" for standard output. Run it by `make openapi`.
package main

import (
	"fmt"
	"os"

	"github.com/activityd/activityd/internal/openapi"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("give the file to write, or - for standard output")
	}
	text, err := openapi.YAML(openapi.Table())
	if err != nil {
		return err
	}
	if args[0] == "-" {
		_, err = os.Stdout.Write(text)
		return err
	}
	return os.WriteFile(args[0], text, 0o644)
}
