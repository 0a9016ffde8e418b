package mongotest

import (
	"slices"
	"strconv"
	"time"
)

// Options shape a cluster. The zero value serves most tests.
type Options struct {
	// Members is how many a replica set has; zero means one.
	Members int

	// Election is how long the members miss their primary before they elect
	// another; zero means 2 s (MongoDB's own default is 10 s).
	Election time.Duration

	// OplogMB bounds the oplog, in MiB; zero means 256. With 1 the history is
	// lost within seconds, see ReplicaSet.ForgetHistory.
	OplogMB int

	// Folder is where the data lie; "" is a temporary folder, in memory where
	// there is enough. Figures that depend on the disk need one.
	Folder string

	// Parameters are further server parameters (--setParameter name=value).
	Parameters map[string]string

	// Flags are further flags of the command line of each mongod, such as those
	// for TLS or access control. What this package asks without credentials must
	// still be answered: with --auth, hello and what a new replica set allows.
	Flags []string
}

func (o Options) filled() Options {
	if o.Members == 0 {
		o.Members = 1
	}
	if o.Election == 0 {
		o.Election = 2 * time.Second
	}
	if o.OplogMB == 0 {
		o.OplogMB = 256
	}
	return o
}

// mongodFlags are those of every mongod, and further ones. They keep it small and
// local, and change nothing of what it promises: it journals as ever. With
// test commands a test can set fail points (configureFailPoint).
func (o Options) mongodFlags(further ...string) []string {
	return append(slices.Concat(o.parameterFlags(), o.historyFlags(), further, o.Flags),
		"--wiredTigerCacheSizeGB", "0.25",
		"--wiredTigerEngineConfigString", "log=(file_max=16MB,prealloc=false)",
		"--oplogSize", strconv.Itoa(o.OplogMB),
		"--setParameter", "diagnosticDataCollectionEnabled=false",
	)
}

func (o Options) parameterFlags() []string {
	flags := []string{
		"--bind_ip", "127.0.0.1",
		"--nounixsocket",
		"--setParameter", "enableTestCommands=1",
	}
	for name, value := range o.Parameters {
		flags = append(flags, "--setParameter", name+"="+value)
	}
	return flags
}
