package main

import (
	"errors"
	"fmt"

	"github.com/activityd/activityd/internal/config"
)

// The exit codes.
const (
	exitOK      = 0
	exitFailure = 1 // it was tried and did not work
	exitUsage   = 2 // the command line or the configuration is wrong
)

// usageError is a mistake on the command line.
type usageError struct{ message string }

func (e usageError) Error() string { return e.message }

// usagef makes a usageError.
func usagef(format string, args ...any) error {
	return usageError{fmt.Sprintf(format, args...)}
}

func exitCode(err error) int {
	var usage usageError
	var mistakes config.Mistakes
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage), errors.As(err, &mistakes):
		return exitUsage
	}
	return exitFailure
}
