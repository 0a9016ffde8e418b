package mongotest

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/ory/dockertest/v3"
	"github.com/ory/dockertest/v3/docker"
)

// startContainer starts a replica set of one in Docker. It listens on the same
// port inside and outside, since clients look for a member under the name that it
// has in its set. The container ends by itself, should the test not end it.
func startContainer(ctx context.Context) (uri string, end func() error, err error) {
	pool, err := dockertest.NewPool("")
	if err == nil {
		err = pool.Client.PingWithContext(ctx)
	}
	if err != nil {
		return "", nil, fmt.Errorf("%w; nor is there Docker: %w", errNoProgram, err)
	}
	number, err := freePort()
	if err != nil {
		return "", nil, err
	}
	port := strconv.Itoa(number)
	container, err := pool.RunWithOptions(&dockertest.RunOptions{
		Repository: "mongo",
		Tag:        "8",
		Entrypoint: []string{"timeout", "3h", "mongod"},
		Cmd: []string{
			"--port", port, "--bind_ip_all", "--replSet", "rs0",
			"--wiredTigerCacheSizeGB", "0.25", "--setParameter", "enableTestCommands=1",
		},
		ExposedPorts: []string{port + "/tcp"},
		PortBindings: map[docker.Port][]docker.PortBinding{
			docker.Port(port + "/tcp"): {{HostIP: "127.0.0.1", HostPort: port}},
		},
	}, func(config *docker.HostConfig) { config.AutoRemove = true })
	if err != nil {
		return "", nil, fmt.Errorf("start mongo:8 in Docker: %w", err)
	}
	end = container.Close
	address := "127.0.0.1:" + port
	if err := initiate(ctx, address, "rs0", []string{address}, Options{}.filled()); err != nil {
		return "", nil, errors.Join(err, end())
	}
	return "mongodb://" + address + "/?replicaSet=rs0", end, nil
}
