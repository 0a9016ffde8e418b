package mongotest_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// sharedAddress is a "host:port" of the shared MongoDB.
func sharedAddress(t *testing.T) string {
	t.Helper()
	uri := strings.TrimPrefix(os.Getenv("ACTIVITYD_TEST_MONGODB_URI"), "mongodb://")
	hosts, _, _ := strings.Cut(uri, "/")
	first, _, _ := strings.Cut(hosts[strings.LastIndexByte(hosts, '@')+1:], ",")
	return first
}

func TestProxyStallsAndCuts(t *testing.T) {
	t.Parallel()
	proxy := mongotest.NewProxy(t, sharedAddress(t))
	admin := connect(t, "mongodb://"+proxy.Address()+"/?directConnection=true").Database("admin")
	ping := func(ctx context.Context) error {
		return admin.RunCommand(ctx, bson.D{{Key: "ping", Value: 1}}).Err()
	}
	if err := ping(t.Context()); err != nil {
		t.Fatalf("ping through the proxy: %v", err)
	}
	for _, traffic := range []mongotest.Traffic{mongotest.Stall, mongotest.Cut} {
		proxy.Set(traffic)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if err := ping(ctx); err == nil {
			t.Errorf("traffic %d: an answer came through", traffic)
		}
		cancel()
		proxy.Set(mongotest.Pass)
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		if err := ping(ctx); err != nil {
			t.Errorf("traffic %d: no answer once it passes again: %v", traffic, err)
		}
		cancel()
	}
}

func TestProxyDeliversWhatWasSentWhileItStalled(t *testing.T) {
	t.Parallel()
	proxy := mongotest.NewProxy(t, sharedAddress(t))
	admin := connect(t, "mongodb://"+proxy.Address()+"/?directConnection=true").Database("admin")
	if err := admin.RunCommand(t.Context(), bson.D{{Key: "ping", Value: 1}}).Err(); err != nil {
		t.Fatalf("ping: %v", err)
	}
	proxy.Set(mongotest.Stall)
	answered := make(chan error, 1)
	go func() { answered <- admin.RunCommand(t.Context(), bson.D{{Key: "ping", Value: 1}}).Err() }()
	select {
	case err := <-answered:
		t.Fatalf("an answer came through: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	proxy.Set(mongotest.Pass)
	select {
	case err := <-answered:
		if err != nil {
			t.Errorf("the command that waited failed: %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("the command that waited was lost")
	}
}
