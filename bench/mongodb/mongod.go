//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/bench/proc"
)

// mongod is a replica set of one.
type mongod struct {
	proc.PID
	addr    string
	command *exec.Cmd
	client  *mongo.Client // for what is not measured
}

// startMongod starts the mongod of ACTIVITYD_MONGOD, or that of scripts/mongod,
// with its data in a new folder, and returns when it takes writes.
func startMongod(ctx context.Context, folder string) (*mongod, error) {
	program := os.Getenv("ACTIVITYD_MONGOD")
	if program == "" {
		program = filepath.Join(".cache", "mongodb", "mongod")
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	m := &mongod{addr: net.JoinHostPort("127.0.0.1", port)}
	m.command = exec.Command(program, "--dbpath", folder, "--logpath", filepath.Join(folder, "log"), //nolint:noctx // it is stopped after all others
		"--bind_ip", "127.0.0.1", "--port", port, "--nounixsocket", "--replSet", "rs0",
		"--wiredTigerCacheSizeGB", "1", "--oplogSize", "2048")
	m.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt is for us
	if err := m.command.Start(); err != nil {
		return nil, fmt.Errorf("starting mongod: %w", err)
	}
	m.PID = proc.PID(m.command.Process.Pid)
	if err := m.initiate(ctx); err != nil {
		return nil, errors.Join(err, m.stop())
	}
	return m, nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	return port, l.Close()
}

// initiate makes the replica set, and waits for its primary.
func (m *mongod) initiate(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	direct, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + m.addr + "/?directConnection=true"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, direct.Disconnect(context.WithoutCancel(ctx))) }()
	config := bson.D{{Key: "_id", Value: "rs0"}, {Key: "members", Value: bson.A{bson.D{{Key: "_id", Value: 0}, {Key: "host", Value: m.addr}}}}}
	if err := direct.Database("admin").RunCommand(ctx, bson.D{{Key: "replSetInitiate", Value: config}}).Err(); err != nil {
		return fmt.Errorf("initiating the replica set: %w", err)
	}
	if m.client, err = mongo.Connect(options.Client().ApplyURI(m.uri("admin"))); err != nil {
		return err
	}
	return m.client.Ping(ctx, nil) // which waits for a primary
}

// uri names a database.
func (m *mongod) uri(database string) string {
	return "mongodb://" + m.addr + "/" + database + "?replicaSet=rs0"
}

// drop removes a database.
func (m *mongod) drop(ctx context.Context, database string) error {
	return m.client.Database(database).Drop(ctx)
}

// count gives how many documents a collection has.
func (m *mongod) count(ctx context.Context, database, collection string, filter bson.D) (int64, error) {
	return m.client.Database(database).Collection(collection).CountDocuments(ctx, filter)
}

// stop asks mongod to end, and waits for it.
func (m *mongod) stop() error {
	var err error
	if m.client != nil {
		err = m.client.Disconnect(context.Background())
	}
	timer := time.AfterFunc(30*time.Second, func() { _ = m.command.Process.Kill() }) // it may have ended
	defer timer.Stop()
	_ = m.command.Process.Signal(syscall.SIGTERM) // it may have ended
	return errors.Join(err, m.command.Wait())
}
