//go:build !linux

package mongotest

import (
	"os"
	"syscall"
)

// childAttributes are none: only Linux ties a child's life to its parent's. Where
// a test dies, its mongod stays.
func childAttributes() *syscall.SysProcAttr { return nil }

func memoryFolder() string { return "" }

// lock never takes a lock, so that no folder is taken for abandoned.
func lock(*os.File) (bool, error) { return false, nil }
