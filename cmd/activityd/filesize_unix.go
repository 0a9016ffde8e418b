//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// failAtFileSize makes a write beyond the system's limit of a file's size
// (ulimit -f, LimitFSIZE) fail as one on a full disk does: requests are told to
// come again. By default it would end the process.
func failAtFileSize() { signal.Ignore(syscall.SIGXFSZ) }
