// Package servertest starts the real activityd as a process of its own, for
// tests of what its users do. It imports nothing of activityd: what it knows
// is the command line.
package servertest

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Build makes the binary in a folder of the test and gives its path.
func Build(t testing.TB) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "activityd")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/activityd/activityd/cmd/activityd")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build activityd: %v\n%s", err, out)
	}
	return binary
}

// Server is a running activityd.
type Server struct {
	URL     string // of the service's root, such as http://localhost:41234
	Port    string
	DataDir string
	Started string // what it printed on its standard output at the start

	cmd    *exec.Cmd
	exited chan error
}

// readyLine is the last line that serve prints when it is ready.
var readyLine = regexp.MustCompile(`(?m)^\s*API\s+(http://\S+:(\d+))`)

// startTimeout bounds how long a server may take to be ready.
const startTimeout = 60 * time.Second

// Start runs `activityd serve` on a free port of the loopback address with its
// store in dataDir, and waits until it is ready. The test's end stops it.
func Start(t testing.TB, binary, dataDir string, flags ...string) *Server {
	t.Helper()
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data-dir", dataDir}, flags...)
	s := &Server{DataDir: dataDir, cmd: exec.Command(binary, args...), exited: make(chan error, 1)}
	s.cmd.Env = append(os.Environ(), "ACTIVITYD_LOG_LEVEL=warn")
	s.cmd.Stderr = &logWriter{t: t}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatalf("start activityd: %v", err)
	}
	t.Cleanup(s.Kill)
	ready := make(chan string, 1)
	go func() {
		ready <- readStart(out)
		_, _ = io.Copy(io.Discard, out) // until it closes its output
		s.exited <- s.cmd.Wait()
	}()
	select {
	case s.Started = <-ready:
	case <-time.After(startTimeout):
		t.Fatalf("activityd was not ready after %s", startTimeout)
	}
	found := readyLine.FindStringSubmatch(s.Started)
	if found == nil {
		t.Fatalf("activityd did not start; it printed:\n%s", s.Started)
	}
	s.URL, s.Port = found[1], found[2]
	return s
}

// readStart reads up to the empty line that ends what serve prints.
func readStart(out io.Reader) string {
	var text strings.Builder
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		text.WriteString(line)
		if err != nil || line == "\n" {
			return text.String()
		}
	}
}

// Kill ends the server at once, as a crash does, and waits until it is gone.
func (s *Server) Kill() { _ = s.end(syscall.SIGKILL) }

// Stop asks the server to shut down and gives its exit error.
func (s *Server) Stop() error { return s.end(syscall.SIGTERM) }

func (s *Server) end(signal syscall.Signal) error {
	_ = s.cmd.Process.Signal(signal) // it may have ended
	err := <-s.exited
	s.exited <- err
	return err
}

// Run runs another command of the binary and gives what it printed.
func Run(ctx context.Context, binary, stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// logWriter shows the server's log in the test's.
type logWriter struct{ t testing.TB }

func (w *logWriter) Write(p []byte) (int, error) {
	w.t.Logf("activityd: %s", p)
	return len(p), nil
}
