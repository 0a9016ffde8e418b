//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir makes the process the one server of the folder until the file is
// closed.
func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, "activityd.lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("storage/sqlite: cannot write to the data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = fmt.Errorf("storage/sqlite: another activityd serves the data folder %s: stop it, or give this one a data_dir of its own", dir)
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
