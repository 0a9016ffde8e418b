//go:build linux

package activityd

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

// Build builds the service to a file. It is to be called in the module's root.
func Build(ctx context.Context, binary string) error {
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "./cmd/activityd")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building activityd: %w", err)
	}
	return nil
}

// Server is activityd as a process.
type Server struct {
	proc.PID
	// Addr is the host and port of the API.
	Addr string

	command *exec.Cmd
}

// Start runs activityd with further flags, which name its store, and returns
// when it serves. The end of ctx kills it.
func Start(ctx context.Context, binary string, flags ...string) (*Server, error) {
	flags = append([]string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-level", "warn"}, flags...)
	s := &Server{command: exec.CommandContext(ctx, binary, flags...)}
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
			return nil, errors.Join(fmt.Errorf("activityd did not start: %w", err), s.Stop())
		}
		if found := address.FindStringSubmatch(line); found != nil {
			s.Addr = "127.0.0.1:" + found[1]
		}
		if strings.TrimSpace(line) == "" && s.Addr != "" {
			go func() { _, _ = io.Copy(io.Discard, lines) }() // until it ends
			return s, nil
		}
	}
}

// Stop asks the server to end, and waits for it; after 20 seconds it is killed.
func (s *Server) Stop() error {
	timer := time.AfterFunc(20*time.Second, func() { _ = s.command.Process.Kill() }) // it may have ended
	defer timer.Stop()
	_ = s.command.Process.Signal(syscall.SIGTERM) // it may have ended
	return s.command.Wait()
}
