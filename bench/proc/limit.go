//go:build linux

package proc

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// RaiseDescriptors lets this process, and those that it starts, open at least
// want files if it may, and returns how many it may open.
func RaiseDescriptors(want uint64) (uint64, error) {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return 0, fmt.Errorf("proc: reading the limit of open files: %w", err)
	}
	if l.Max < want { // only root may
		if higher := (unix.Rlimit{Cur: want, Max: want}); unix.Setrlimit(unix.RLIMIT_NOFILE, &higher) == nil {
			return want, nil
		}
	}
	l.Cur = l.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return 0, fmt.Errorf("proc: raising the limit of open files: %w", err)
	}
	return l.Cur, nil
}
