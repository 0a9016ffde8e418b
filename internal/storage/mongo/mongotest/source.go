package mongotest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// The environment variables that name a MongoDB.
const (
	uriVariable     = "ACTIVITYD_TEST_MONGODB_URI"
	programVariable = "ACTIVITYD_MONGOD"
)

var errNoProgram = errors.New("no mongod: run scripts/mongod (make test does), or set " +
	programVariable + " to the path of a mongod, or " + uriVariable + " to the URI of a replica set")

// findProgram returns the path of mongod, or of the mongos beside it. The error is
// errNoProgram where none is named or fetched.
func findProgram(name string) (string, error) {
	mongod := os.Getenv(programVariable)
	if mongod == "" {
		root, err := moduleRoot()
		if err != nil {
			return "", err
		}
		mongod = filepath.Join(root, ".cache", "mongodb", "mongod")
		if _, err := os.Stat(mongod); errors.Is(err, os.ErrNotExist) {
			return "", errNoProgram
		}
	}
	path, err := exec.LookPath(filepath.Join(filepath.Dir(mongod), name))
	if name == "mongod" {
		path, err = exec.LookPath(mongod)
	}
	if err != nil {
		return "", fmt.Errorf("look for %s: %w", name, err)
	}
	return filepath.Abs(path)
}

// moduleRoot returns the folder of the go.mod above the working directory, which
// is the package's own when its tests run.
func moduleRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("look for go.mod: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errNoProgram
		}
		folder = parent
	}
}
