//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/activityd/activityd/bench/proc"
)

// server is activityd.
type server struct {
	proc.PID
	addr    string // host and port of the API
	command *exec.Cmd
}

// start runs activityd on a store and returns when it serves.
func start(ctx context.Context, binary, dir string) (*server, error) {
	s := &server{command: exec.CommandContext(ctx, binary, "serve",
		"--data-dir", dir, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-level", "warn")}
	s.command.Stderr = os.Stderr
	out, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	s.PID = proc.PID(s.command.Process.Pid)
	lines := bufio.NewReader(out)
	address := regexp.MustCompile(`^ *API +http://(?:localhost|127\.0\.0\.1):(\d+)/`)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return nil, errors.Join(fmt.Errorf("activityd did not start: %w", err), s.stop())
		}
		if found := address.FindStringSubmatch(line); found != nil {
			s.addr = "127.0.0.1:" + found[1]
		}
		if strings.TrimSpace(line) == "" && s.addr != "" {
			go func() { _, _ = io.Copy(io.Discard, lines) }() // until it ends
			return s, nil
		}
	}
}

// stop asks the server to end, and waits for it.
func (s *server) stop() error {
	timer := time.AfterFunc(20*time.Second, func() { _ = s.command.Process.Kill() }) // it may have ended
	defer timer.Stop()
	_ = s.command.Process.Signal(syscall.SIGTERM) // it may have ended
	return s.command.Wait()
}
