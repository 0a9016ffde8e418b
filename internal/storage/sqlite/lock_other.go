//go:build !unix

package sqlite

import (
	"errors"
	"os"
)

// lockDir cannot keep a second server off on this system, so it refuses.
func lockDir(string) (*os.File, error) {
	return nil, errors.New("storage/sqlite: the data folder cannot be locked on this system: run activityd on a Unix")
}
