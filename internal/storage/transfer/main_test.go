package transfer_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(mongotest.Main(m)) }
