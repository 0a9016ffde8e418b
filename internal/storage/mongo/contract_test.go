package mongo_test

import (
	"testing"

	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/storagetest"
)

func TestContract(t *testing.T) {
	storagetest.Run(t, func(t *testing.T, o storagetest.Options) storage.Store {
		t.Helper()
		return open(t, mongo.Options{Clock: o.Clock, Watch: o.Watch})
	})
}
