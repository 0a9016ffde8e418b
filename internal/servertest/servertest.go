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
	"sync"
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
	Port    string // of URL; "" where it has the usual one
	Admin   string // of the admin listener
	Started string // what it printed on its standard output until it was ready

	cmd    *exec.Cmd
	log    *logWriter
	exited chan error
}

// readyLine and adminLine are what serve prints when it is ready.
var (
	readyLine = regexp.MustCompile(`^\s*API\s+(https?://[^\s/:]+(?::(\d+))?)`)
	adminLine = regexp.MustCompile(`^\s*admin\s+(http://\S+)/healthz`)
)

// startTimeout bounds how long a server may take to be ready.
const startTimeout = 2 * time.Minute

// Start runs `activityd serve` on a free port of the loopback address with its
// store in dataDir, and waits until it is ready. The test's end stops it.
func Start(t testing.TB, binary, dataDir string, flags ...string) *Server {
	t.Helper()
	return StartCommand(t, dataDir, exec.Command(binary, append([]string{"serve"}, flags...)...))
}

// StartCommand runs a command that ends in `activityd serve`, in a process
// group of its own, as Start does.
func StartCommand(t testing.TB, dataDir string, cmd *exec.Cmd) *Server {
	t.Helper()
	s := &Server{cmd: cmd, log: &logWriter{t: t}, exited: make(chan error, 1)}
	cmd.Env = append(os.Environ(), "ACTIVITYD_LISTEN=127.0.0.1:0", "ACTIVITYD_ADMIN_LISTEN=127.0.0.1:0",
		"ACTIVITYD_DATA_DIR="+dataDir, "ACTIVITYD_LOG_LEVEL=warn")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stderr = s.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start activityd: %v", err)
	}
	t.Cleanup(s.Kill)
	ready := make(chan bool, 1)
	go func() {
		ready <- s.readStart(out)
		_, _ = io.Copy(io.Discard, out) // until it closes its output
		s.exited <- cmd.Wait()
	}()
	select {
	case ok := <-ready:
		if !ok {
			t.Fatalf("activityd did not start; it printed:\n%s", s.Started)
		}
	case <-time.After(startTimeout):
		t.Fatalf("activityd was not ready after %s", startTimeout)
	}
	return s
}

// readStart reads what serve prints up to the empty line behind the API's URL.
func (s *Server) readStart(out io.Reader) bool {
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		s.Started += line
		if found := readyLine.FindStringSubmatch(line); found != nil {
			s.URL, s.Port = found[1], found[2]
		}
		if found := adminLine.FindStringSubmatch(line); found != nil {
			s.Admin = found[1]
		}
		if line == "\n" && s.URL != "" {
			return true
		}
		if err != nil {
			return false
		}
	}
}

// PID gives the process, for tests that change its limits.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Log gives what it has logged so far.
func (s *Server) Log() string {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return s.log.text.String()
}

// Kill ends the server at once, as a crash does, and waits until it is gone.
func (s *Server) Kill() { _ = s.end(syscall.SIGKILL) }

// Stop asks the server to shut down and gives its exit error.
func (s *Server) Stop() error { return s.end(syscall.SIGTERM) }

func (s *Server) end(signal syscall.Signal) error {
	_ = syscall.Kill(-s.cmd.Process.Pid, signal) // its group; it may have ended
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

// logWriter keeps the server's log, and shows it in the test's.
type logWriter struct {
	t    testing.TB
	mu   sync.Mutex
	text strings.Builder
}

func (w *logWriter) Write(p []byte) (int, error) {
	w.t.Logf("activityd: %s", p)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}
