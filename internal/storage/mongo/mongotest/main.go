// Package mongotest gives tests a real MongoDB: a database of their own on a
// shared replica set of one, clusters whose members can be killed, made to step
// down and cut off, and sharded clusters.
//
// It owns the processes, their data and the proxies between them; all of that
// ends with the test. It is for tests only, and imports nothing of activityd.
//
// Where the MongoDB comes from, first match:
//
//   - ACTIVITYD_TEST_MONGODB_URI, a replica set or mongos that runs already
//   - ACTIVITYD_MONGOD, the path of a mongod (6 or newer)
//   - .cache/mongodb/mongod, which scripts/mongod and make test fetch
//   - Docker, image mongo:8
//
// Clusters need a mongod, since Docker's cannot be cut off from each other; a
// sharded cluster needs the mongos beside it. A test that cannot have its MongoDB
// fails and says what to do; none is skipped.
package mongotest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

// limit is how long anything here may take before it fails: a loaded machine
// is slow, and a test must not hang.
const limit = time.Minute

// Runner runs the tests of a package. It serves os.Exit(r.Run()) and
// goleak.VerifyTestMain(r).
type Runner struct {
	tests interface{ Run() int }
}

// Main returns a Runner that has a MongoDB for Database while m's tests run. Call
// it from TestMain. It starts one mongod, which dies with the test process
// however that ends, and names it to this process and its children in
// ACTIVITYD_TEST_MONGODB_URI; where that is set already it starts nothing.
func Main(m interface{ Run() int }) Runner {
	return Runner{tests: m}
}

// Run starts the MongoDB, runs the tests, ends the MongoDB, and returns the exit
// code: 1 where no MongoDB could be had.
func (r Runner) Run() int {
	flag.Parse()
	if os.Getenv(uriVariable) != "" || isSet("test.list") {
		return r.tests.Run()
	}
	stop, err := share()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mongotest:", err)
		return 1
	}
	code := r.tests.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "mongotest:", err)
		return 1
	}
	return code
}

func isSet(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() != ""
}

// share starts the shared MongoDB and names it in the environment.
func share() (stop func() error, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	uri, end, err := startShared(ctx)
	if err != nil {
		return nil, err
	}
	if err := os.Setenv(uriVariable, uri); err != nil {
		return nil, errors.Join(err, end())
	}
	return func() error { return errors.Join(end(), os.Unsetenv(uriVariable)) }, nil
}

// startShared starts a replica set of one from a program or, without one, Docker.
func startShared(ctx context.Context) (uri string, end func() error, err error) {
	program, err := findProgram("mongod")
	if errors.Is(err, errNoProgram) {
		return startContainer(ctx)
	}
	if err != nil {
		return "", nil, err
	}
	folder, err := newFolder("")
	if err != nil {
		return "", nil, err
	}
	m := newMember(program, folder.path, "mongod", Options{}.filled().mongodFlags("--replSet", "rs0"))
	end = func() error {
		m.kill()
		return folder.remove()
	}
	err = m.startAnywhere(ctx)
	if err == nil {
		err = initiate(ctx, m.address(), "rs0", []string{m.address()}, Options{}.filled())
	}
	if err != nil {
		return "", nil, errors.Join(err, end())
	}
	return "mongodb://" + m.address() + "/?replicaSet=rs0", end, nil
}
