package mongotest

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// childAttributes keep a child out of the terminal's signals and tie its life to
// the thread that starts it.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// memoryNeeded is what must be free on a memory file system to use it.
const memoryNeeded = 4 << 30

// memoryFolder returns a folder in memory with room for a cluster or two, or "".
// What a killed mongod wrote outlives it there as it does on a disk; only fsync
// costs nothing.
func memoryFolder() string {
	const folder = "/dev/shm"
	var stat unix.Statfs_t
	if unix.Statfs(folder, &stat) != nil || stat.Type != unix.TMPFS_MAGIC ||
		stat.Bavail*uint64(stat.Bsize) < memoryNeeded || unix.Access(folder, unix.W_OK) != nil {
		return ""
	}
	return folder
}

// lock takes the file's lock without waiting; false where another process has it.
// The lock ends with the process.
func lock(file *os.File) (bool, error) {
	err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	return true, nil
}
