//go:build linux

package subject

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/activityd/activityd/bench/proc"
)

// Server is a server that runs. Its methods are called one at a time.
type Server struct {
	proc.PID
	// Addr is host and port.
	Addr string

	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// Stats is what a server tells of itself after a garbage collection. What it
// does not know is zero.
type Stats struct {
	// Goroutines is their number.
	Goroutines int `json:"goroutines"`
	// Heap is the size of what lives on the heap, in bytes.
	Heap int64 `json:"heap"`
	// Stack is the memory of all stacks, in bytes.
	Stack int64 `json:"stack"`
}

// Start starts a server and returns when it listens. The end of ctx kills it.
func Start(ctx context.Context, name string, args ...string) (*Server, error) {
	s := &Server{command: exec.CommandContext(ctx, name, args...)}
	s.command.Stderr = os.Stderr
	s.command.WaitDelay = time.Second
	var err error
	if s.in, err = s.command.StdinPipe(); err != nil {
		return nil, fmt.Errorf("subject: %w", err)
	}
	out, err := s.command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("subject: %w", err)
	}
	s.out = bufio.NewReader(out)
	if err := s.command.Start(); err != nil {
		return nil, fmt.Errorf("subject: %w", err)
	}
	s.PID = proc.PID(s.command.Process.Pid)
	line, err := s.out.ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("subject: %s did not start: %w", name, err), s.Stop())
	}
	var found bool
	if s.Addr, found = strings.CutPrefix(strings.TrimSpace(line), "listening on "); !found {
		return nil, errors.Join(fmt.Errorf("subject: %s said %q", name, line), s.Stop())
	}
	return s, nil
}

// Stats collects the server's garbage and asks it for its figures.
func (s *Server) Stats() (Stats, error) {
	var stats Stats
	if _, err := io.WriteString(s.in, "stats\n"); err != nil {
		return stats, fmt.Errorf("subject: %w", err)
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		return stats, fmt.Errorf("subject: %w", err)
	}
	if err := json.Unmarshal(line, &stats); err != nil {
		return stats, fmt.Errorf("subject: %w", err)
	}
	return stats, nil
}

// Stop ends the server and returns when it has ended; its input's end asks for
// it, and after some seconds a signal does.
func (s *Server) Stop() error {
	timer := time.AfterFunc(20*time.Second, func() { _ = s.command.Process.Kill() }) // it may have ended
	defer timer.Stop()
	return errors.Join(s.in.Close(), s.command.Wait())
}
