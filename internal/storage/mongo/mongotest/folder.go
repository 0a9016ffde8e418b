package mongotest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const folderPrefix = "activityd-mongotest-"

// folder is a temporary one for the data of MongoDB. It is locked by this
// process: what a killed test left behind is not, and the next test removes it.
type folder struct {
	path string
	lock *os.File // at path + ".lock"
}

// newFolder makes a folder below parent; where that is "", in memory if there is
// enough, else where the system keeps temporary files.
func newFolder(parent string) (*folder, error) {
	if parent == "" {
		parent = memoryFolder()
	}
	if parent == "" {
		parent = os.TempDir()
	}
	removeAbandoned(parent)
	path, err := os.MkdirTemp(parent, folderPrefix)
	if err != nil {
		return nil, fmt.Errorf("make a folder for MongoDB: %w", err)
	}
	file, err := newLock(path + ".lock")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock a folder for MongoDB: %w", err), os.Remove(path))
	}
	return &folder{path: path, lock: file}, nil
}

// newLock makes a lock file, locked from the moment it has its name.
func newLock(name string) (*os.File, error) {
	file, err := os.Create(name + ".new")
	if err != nil {
		return nil, err
	}
	if _, err := lock(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, os.Rename(file.Name(), name)
}

// remove takes the folder away, with all that is in it, and those that killed
// tests left behind meanwhile.
func (f *folder) remove() error {
	removeAbandoned(filepath.Dir(f.path))
	err := os.RemoveAll(f.path)
	return errors.Join(err, os.Remove(f.path+".lock"), f.lock.Close())
}

// removeAbandoned removes the folders whose process is gone. What cannot be
// removed stays: it is another user's.
func removeAbandoned(parent string) {
	locks, err := filepath.Glob(filepath.Join(parent, folderPrefix+"*.lock"))
	if err != nil {
		return
	}
	for _, name := range locks {
		file, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if free, err := lock(file); err == nil && free {
			_ = os.RemoveAll(name[:len(name)-len(".lock")])
			_ = os.Remove(name)
		}
		_ = file.Close()
	}
}
