package mongo_test

import (
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
	"github.com/activityd/activityd/migrations"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	uri, _ := mongotest.Database(t)
	parsed, err := connstring.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ uri, want string }{
		"no URI":            {"", "URI"},
		"a wrong URI":       {"http://localhost", "URI"},
		"nobody there":      {"mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100", "cannot be reached"},
		"wrong credentials": {"mongodb://nobody:wrong@" + strings.Join(parsed.Hosts, ",") + "/?authSource=admin", "credentials"},
		"a mongod alone":    {mongotest.NewStandalone(t), "replica set"},
		"an old one":        {older(t, uri), "too old"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := mongo.Open(t.Context(), mongo.Options{URI: tt.uri})
			if err == nil {
				_ = s.Close()
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("it says %q", err)
			}
		})
	}
}

// older gives the URI of a server that seems to speak the protocol of an older
// MongoDB.
func older(t *testing.T, uri string) string {
	t.Helper()
	client, err := driver.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(t.Context()) }()
	var hello struct {
		Wire byte `bson:"maxWireVersion"`
	}
	if err := client.Database("admin").RunCommand(t.Context(), bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
		t.Fatal(err)
	}
	parsed, err := connstring.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	wire := func(version byte) string { return "maxWireVersion\x00" + string([]byte{version, 0, 0, 0}) }
	proxy := mongotest.NewProxy(t, parsed.Hosts[0])
	proxy.ReplaceInAnswers(wire(hello.Wire), wire(13))
	return "mongodb://" + proxy.Address() + "/?directConnection=true"
}

func TestOpenTogether(t *testing.T) {
	t.Parallel()
	uri, _ := mongotest.Database(t)
	openTogether(t, uri)
}

// openTogether has servers make the database at the same time.
func openTogether(t *testing.T, uri string) {
	t.Helper()
	stores := make([]*mongo.Store, 5)
	errs := make([]error, len(stores))
	var all sync.WaitGroup
	for i := range stores {
		all.Go(func() { stores[i], errs[i] = mongo.Open(t.Context(), mongo.Options{URI: uri}) })
	}
	all.Wait()
	for i, s := range stores {
		if errs[i] != nil {
			t.Error(errs[i])
			continue
		}
		defer func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
		head, err := s.Head(t.Context())
		first, errFirst := stores[0].Head(t.Context())
		if err != nil || errFirst != nil {
			t.Fatal(err, errFirst)
		}
		epoch, _, _ := strings.Cut(string(head), ":")
		if other, _, _ := strings.Cut(string(first), ":"); epoch != other {
			t.Errorf("epochs %s and %s", epoch, other)
		}
	}
}

func TestOpenRefusesDataOfANewerOne(t *testing.T) {
	t.Parallel()
	uri, _ := mongotest.Database(t)
	initial, err := migrations.MongoDB.ReadFile("mongodb/0001_initial.json")
	if err != nil {
		t.Fatal(err)
	}
	newer := fstest.MapFS{
		"mongodb/0001_initial.json": {Data: initial},
		"mongodb/0002_more.json":    {Data: []byte(`{"collections": [{"name": "more"}]}`)},
	}
	s := open(t, mongo.Options{URI: uri})
	hands.AddUser(t, s, "alice")
	later := open(t, mongo.Options{URI: uri, Migrations: newer})
	if _, err := later.Users().UserByName(t.Context(), "alice"); err != nil {
		t.Errorf("after the migration: %v", err)
	}
	if _, err := mongo.Open(t.Context(), mongo.Options{URI: uri}); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("the older one says %v", err)
	}
}

func TestMigrationsAreChecked(t *testing.T) {
	t.Parallel()
	uri, _ := mongotest.Database(t)
	for name, files := range map[string]fstest.MapFS{
		"a gap":    {"mongodb/0002_more.json": {Data: []byte(`{"collections": []}`)}},
		"no JSON":  {"mongodb/0001_initial.json": {Data: []byte(`{`)}},
		"no names": {"mongodb/initial.json": {Data: []byte(`{}`)}},
	} {
		if _, err := mongo.Open(t.Context(), mongo.Options{URI: uri, Migrations: files}); err == nil || !strings.Contains(err.Error(), "migration") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
