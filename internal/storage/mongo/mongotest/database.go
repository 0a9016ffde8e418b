package mongotest

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Database returns the name of a database that is this test's own, and the URI of
// its deployment with that name as path and as appName. The database is dropped
// when the test has ended, whatever transactions its clients left open. Tests may
// call it at the same time.
func Database(t testing.TB) (uri, name string) {
	t.Helper()
	shared := os.Getenv(uriVariable)
	if shared == "" {
		t.Fatalf("no MongoDB is shared: TestMain must run the tests by mongotest.Main, or %s be set", uriVariable)
	}
	uri, name = nameDatabase(t, shared)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		err := withClient(ctx, uri, func(client *mongo.Client) error {
			return cmp.Or(endTransactions(ctx, client, name), client.Database(name).Drop(ctx))
		})
		if err != nil {
			t.Errorf("drop the database %s: %v", name, err)
		}
	})
	return uri, name
}

// endTransactions ends those that clients of this name have left open, as they do
// where they are killed. The database would wait for them, for up to 90 seconds.
func endTransactions(ctx context.Context, client *mongo.Client, app string) error {
	admin := client.Database("admin")
	found, err := admin.Aggregate(ctx, mongo.Pipeline{
		{{Key: "$currentOp", Value: bson.D{{Key: "idleSessions", Value: true}}}},
		{{Key: "$match", Value: bson.D{{Key: "type", Value: "idleSession"}, {Key: "appName", Value: app}}}},
		{{Key: "$project", Value: bson.D{{Key: "id", Value: "$lsid.id"}}}},
	})
	if err != nil {
		return err
	}
	var sessions []bson.D
	if err := found.All(ctx, &sessions); err != nil || len(sessions) == 0 {
		return err
	}
	return admin.RunCommand(ctx, bson.D{{Key: "killSessions", Value: sessions}}).Err()
}

// nameDatabase returns a new name and the URI with that name as path and appName.
func nameDatabase(t testing.TB, deployment string) (uri, name string) {
	t.Helper()
	name = databaseName(t.Name())
	uri, err := withDatabase(deployment, name)
	if err != nil {
		t.Fatalf("the URI of a MongoDB for tests: %v", err)
	}
	return uri, name
}

// databaseName returns a name that tells the test and is no other's. Names have
// at most 63 bytes, and differ in more than case.
func databaseName(test string) string {
	readable := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(test))
	return "t_" + readable[:min(len(readable), 32)] + "_" + strings.ToLower(rand.Text())
}

// withDatabase returns the URI with the database as its path and appName.
// Credentials are still looked up where they were.
func withDatabase(uri, name string) (string, error) {
	parsed, err := url.Parse(uri)
	if err != nil {
		return "", err
	}
	query := parsed.Query()
	if parsed.User != nil && !query.Has("authSource") {
		source := strings.TrimPrefix(parsed.Path, "/")
		if source == "" {
			source = "admin"
		}
		query.Set("authSource", source)
	}
	query.Set("appName", name)
	parsed.Path, parsed.RawQuery = "/"+name, query.Encode()
	return parsed.String(), nil
}
