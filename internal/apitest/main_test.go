package apitest_test

import (
	"os"
	"testing"

	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m).Run()) }
