// Command activityd is the whole service in one binary. This package owns the
// command line and the wiring: it reads the configuration, makes the parts and
// hands them to each other. It imports everything and decides nothing.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	failAtFileSize()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// From the first signal on the default action holds again, so that a
	// second one ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run is main with everything passed in. It returns the exit code.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := rootCommand(environ)
	root.SetArgs(append([]string{}, args...)) // never nil, for which cobra would take os.Args
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil {
		// Nobody is left to tell when stderr fails.
		_, _ = fmt.Fprintf(stderr, "activityd: %v\n", err)
	}
	return exitCode(err)
}
