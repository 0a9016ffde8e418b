package mongotest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// member is one mongod or mongos: its program, its place and, while it runs, its
// process. It is restarted on the same port and data.
type member struct {
	program string
	folder  string // its data; "" for a mongos
	port    int
	flags   []string
	process *process // nil while it does not run
}

// newMember returns a member that does not run yet, with data in a folder of its
// name below parent.
func newMember(program, parent, name string, flags []string) *member {
	m := &member{program: program, flags: flags}
	if filepath.Base(program) != "mongos" {
		m.folder = filepath.Join(parent, name)
	}
	return m
}

func (m *member) address() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(m.port))
}

// start runs the member on its port.
func (m *member) start(ctx context.Context) error {
	flags := append([]string{"--port", strconv.Itoa(m.port)}, m.flags...)
	if m.folder != "" {
		if err := os.MkdirAll(m.folder, 0o700); err != nil {
			return fmt.Errorf("make the folder of a mongod: %w", err)
		}
		flags = append(flags, "--dbpath", m.folder)
	}
	process, err := startProcess(ctx, m.program, flags)
	if err != nil {
		return err
	}
	m.process = process
	return nil
}

// startAnywhere runs the member on a free port, and takes another one where
// somebody was quicker.
func (m *member) startAnywhere(ctx context.Context) error {
	var errs error
	for range 3 {
		port, err := freePort()
		if err != nil {
			return err
		}
		m.port = port
		if err = m.start(ctx); err == nil {
			return nil
		}
		errs = errors.Join(errs, err)
	}
	return errs
}

// kill ends the member with SIGKILL; its data stay.
func (m *member) kill() {
	if m.process != nil {
		m.process.kill()
		m.process = nil
	}
}

// freePort returns one that nobody listens on. It is below the ports that
// systems give to outgoing connections, so that a member which is down for a
// while finds it free again.
func freePort() (int, error) {
	const lowest, highest = 20_000, 32_000
	for range 100 {
		port := lowest + rand.IntN(highest-lowest)
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		return port, listener.Close()
	}
	return 0, errors.New("no free port between 20000 and 32000")
}
