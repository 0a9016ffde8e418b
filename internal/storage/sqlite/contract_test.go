package sqlite_test

import (
	"testing"

	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/sqlite"
	"github.com/activityd/activityd/internal/storage/storagetest"
)

func TestContract(t *testing.T) {
	storagetest.Run(t, func(t *testing.T, o storagetest.Options) storage.Store {
		t.Helper()
		return open(t, sqlite.Options{Dir: t.TempDir(), Clock: o.Clock, Watch: o.Watch})
	})
}
