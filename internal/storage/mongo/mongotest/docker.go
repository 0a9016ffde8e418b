package mongotest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ory/dockertest/v3"
	"github.com/ory/dockertest/v3/docker"
)

// The image, and how long Docker may take to fetch it.
const (
	imageName  = "mongo"
	imageTag   = "8"
	fetchLimit = 10 * time.Minute
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
	if err := fetchImage(ctx, pool); err != nil {
		return "", nil, err
	}
	number, err := freePort()
	if err != nil {
		return "", nil, err
	}
	container, err := pool.RunWithOptions(containerOptions(strconv.Itoa(number)),
		func(config *docker.HostConfig) { config.AutoRemove = true })
	if err != nil {
		return "", nil, fmt.Errorf("start %s:%s in Docker: %w", imageName, imageTag, err)
	}
	address := "127.0.0.1:" + strconv.Itoa(number)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit) // fetching does not count
	defer cancel()
	if err := initiate(ctx, address, "rs0", []string{address}, Options{}.filled()); err != nil {
		return "", nil, errors.Join(err, container.Close())
	}
	return "mongodb://" + address + "/?replicaSet=rs0", container.Close, nil
}

func containerOptions(port string) *dockertest.RunOptions {
	return &dockertest.RunOptions{
		Repository: imageName,
		Tag:        imageTag,
		Entrypoint: []string{"timeout", "3h", "mongod"},
		Cmd: []string{
			"--port", port, "--bind_ip_all", "--replSet", "rs0",
			"--wiredTigerCacheSizeGB", "0.25", "--setParameter", "enableTestCommands=1",
		},
		ExposedPorts: []string{port + "/tcp"},
		PortBindings: map[docker.Port][]docker.PortBinding{
			docker.Port(port + "/tcp"): {{HostIP: "127.0.0.1", HostPort: port}},
		},
	}
}

// fetchImage has Docker fetch the image unless it has it.
func fetchImage(ctx context.Context, pool *dockertest.Pool) error {
	name := imageName + ":" + imageTag
	_, err := pool.Client.InspectImage(name)
	if errors.Is(err, docker.ErrNoSuchImage) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchLimit)
		defer cancel()
		options := docker.PullImageOptions{Repository: imageName, Tag: imageTag, Context: ctx}
		err = pool.Client.PullImage(options, docker.AuthConfiguration{})
	}
	if err != nil {
		return fmt.Errorf("fetch the image %s: %w", name, err)
	}
	return nil
}
