package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/servertest"
)

// TestMongoDBIsRefused: who asks for MongoDB must not find the data in SQLite
// one day.
func TestMongoDBIsRefused(t *testing.T) {
	binary := servertest.Build(t)
	for _, command := range [][]string{{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}, {"user", "list"}} {
		dir := filepath.Join(t.TempDir(), "data")
		out, err := servertest.Run(t.Context(), binary, "", append(command, "--data-dir", dir, "--mongodb-uri", "mongodb://alice:hidden@localhost/a")...)
		if err == nil || !strings.Contains(out, "leave mongodb_uri empty") || strings.Contains(out, "hidden") {
			t.Errorf("%v: %v\n%s", command, err, out)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%v made a data folder", command)
		}
	}
}
