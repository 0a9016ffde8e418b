package main_test

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/servertest"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// refusal is a start that must fail with one sentence.
type refusal struct {
	uri  string
	code int
	want string // the whole sentence, behind "activityd: "; of a mistake of the configuration its end
}

// check starts the binary, which must refuse. "hunter2" stands in URIs for what
// is secret.
func (r refusal) check(t *testing.T, binary string) {
	t.Helper()
	out, err := servertest.Run(t.Context(), binary, "", "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
		"--data-dir", t.TempDir(), "--mongodb-uri", r.uri)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != r.code {
		t.Errorf("%s: %v, want exit code %d", r.uri, err, r.code)
	}
	if got, ok := strings.CutSuffix(out, r.want+"\n"); !ok || r.code == 1 && got != "activityd: " || strings.Contains(out, "hunter2") {
		t.Errorf("%s: it says\n%swant\n%s", r.uri, out, r.want)
	}
}

func checkRefusals(t *testing.T, binary string, all map[string]refusal) {
	t.Helper()
	for name, r := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r.check(t, binary)
		})
	}
}

func testRefused(t *testing.T, binary string) {
	shared, name := mongotest.Database(t)
	host := hostOf(t, shared)
	old, older := oldServer(t, host, 13), oldServer(t, host, 5)
	alone := strings.TrimSuffix(strings.TrimPrefix(mongotest.NewStandalone(t), "mongodb://"), "/")
	checkRefusals(t, binary, map[string]refusal{
		"nobody there": {"mongodb://alice:hunter2@127.0.0.1:1/", 1,
			"MongoDB cannot be reached at 127.0.0.1:1 (connection refused): check the hosts of the URI and that it runs"},
		"a name that does not resolve": {"mongodb://nowhere.invalid/", 1,
			"the host name of MongoDB does not resolve: nowhere.invalid:27017: check the hosts of the URI, and DNS"},
		"a name without records": {"mongodb+srv://alice:hunter2@nowhere.invalid/", 1,
			"the DNS records of the mongodb+srv URI cannot be read (the host name does not resolve): check its host name, and DNS"},
		"a mongod alone": {"mongodb://" + alone + "/", 1,
			"this mongod stands alone, without the transactions and change streams that activityd needs: make it a replica set, of one member if need be (--replSet, rs.initiate())"},
		"a mongod alone, named a set": {"mongodb://" + alone + "/?replicaSet=rs0", 1,
			`no host of the URI is in a replica set of the name "rs0": check replicaSet`},
		"another replica set": {"mongodb://" + host + "/?replicaSet=other", 1, `no host of the URI is in a replica set of the name "other": check replicaSet`},
		"an old one":          {old, 1, "this MongoDB is too old: use 6.0 or later"},
		"a very old one":      {older, 1, "this MongoDB is too old: use 6.0 or later"},
		"a user nobody knows": {"mongodb://alice:hunter2@" + host + "/?authSource=admin", 1,
			"MongoDB does not take the credentials of the URI: check the user, the password and authSource"},
		"newer data": {newerData(t, shared, name), 1, "the database has schema 99 of a newer activityd, this one knows 1: use the newer activityd"},
		"an unreadable password": {"mongodb://alice:hunter2%zz@" + host + "/", 2,
			"has a user name, password or other secret that cannot be read: write : / ? # @ and % in them as %3A %2F %3F %23 %40 and %25"},
		"an own option": {"mongodb://alice:hunter2@" + host + "/?w=1", 2, "sets w, which activityd sets itself: take it out"},
	})
}

// hostOf gives the first host of a URI.
func hostOf(t *testing.T, uri string) string {
	t.Helper()
	_, rest, _ := strings.Cut(uri, "://")
	return rest[:strings.IndexAny(rest, ",/")]
}

// command runs a command of a database.
func command(t *testing.T, uri, database string, command bson.D) bson.Raw {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(t.Context()) }()
	answer, err := client.Database(database).RunCommand(t.Context(), command).Raw()
	if err != nil {
		t.Fatalf("%s: %v", command[0].Key, err)
	}
	return answer
}

// portOf gives the port of a mongod behind a proxy.
func portOf(t *testing.T, uri string) string {
	t.Helper()
	flags := command(t, uri, "admin", bson.D{{Key: "getCmdLineOpts", Value: 1}})
	return strconv.FormatInt(flags.Lookup("parsed", "net", "port").AsInt64(), 10)
}

// oldServer gives the URI of a server that seems to speak an older protocol.
func oldServer(t *testing.T, host string, version byte) (uri string) {
	t.Helper()
	now := command(t, "mongodb://"+host+"/?directConnection=true", "admin", bson.D{{Key: "hello", Value: 1}}).Lookup("maxWireVersion").AsInt64()
	proxy := mongotest.NewProxy(t, host)
	wire := func(version byte) string { return "maxWireVersion\x00" + string([]byte{version, 0, 0, 0}) }
	proxy.ReplaceInAnswers(wire(byte(now)), wire(version))
	return "mongodb://" + proxy.Address() + "/?directConnection=true"
}

// newerData gives the URI of a database that a newer activityd seems to have made.
func newerData(t *testing.T, uri, name string) string {
	t.Helper()
	command(t, uri, name, bson.D{{Key: "insert", Value: "meta"}, {Key: "documents", Value: bson.A{bson.D{{Key: "_id", Value: "store"}, {Key: "schema", Value: 99}}}}})
	return uri
}
