package mongotest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// ShardedCluster is two shards, each a replica set, their config server, and one
// mongos, behind a proxy too. Collections are sharded by those who make them.
type ShardedCluster struct {
	// Shards can be killed, made to step down and parted like any replica set.
	Shards []*ReplicaSet

	// Router is the proxy in front of the mongos.
	Router *Proxy
}

// NewShardedCluster starts a sharded cluster of its own for the test, with
// Options.Members in each shard. It is gone when the test has ended.
func NewShardedCluster(t testing.TB, o Options) *ShardedCluster {
	t.Helper()
	program, err := findProgram("mongos")
	if err != nil {
		t.Fatalf("mongotest: a sharded cluster needs mongos beside mongod: %v", err)
	}
	o = o.filled()
	single := o
	single.Members = 1
	config := startReplicaSet(t, "config", single, []string{"--configsvr"})
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	router := newMember(program, "", "", append(o.parameterFlags(), "--configdb", "config/"+config.addresses()[0]))
	if err := router.startAnywhere(ctx); err != nil {
		t.Fatalf("mongotest: %v", err)
	}
	t.Cleanup(router.kill)
	c := &ShardedCluster{Router: NewProxy(t, router.address())}
	for i := range 2 {
		name := fmt.Sprintf("shard%d", i)
		shard := startReplicaSet(t, name, o, []string{"--shardsvr"})
		c.Shards = append(c.Shards, shard)
		add := bson.D{{Key: "addShard", Value: name + "/" + strings.Join(shard.addresses(), ",")}, {Key: "name", Value: name}}
		if err := router.command(ctx, add, nil); err != nil {
			t.Fatalf("mongotest: add a shard: %v\n%s", err, router.process.log.text())
		}
	}
	return c
}

// URI names the mongos, through its proxy.
func (c *ShardedCluster) URI() string { return "mongodb://" + c.Router.Address() + "/" }

// Database returns the name of a database that is this test's own, and the URI of
// the cluster with that name as path.
func (c *ShardedCluster) Database(t testing.TB) (uri, name string) {
	t.Helper()
	return nameDatabase(t, c.URI())
}
