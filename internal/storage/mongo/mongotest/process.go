package mongotest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
)

// process is a mongod or mongos that runs. It dies with the process that
// started it, however that ends.
type process struct {
	name  string
	proc  *os.Process
	log   tail
	ready chan struct{} // closed when it accepts connections
	ended chan struct{} // closed when it is gone
	err   error         // why, once ended is closed
}

// startProcess returns when the program accepts connections. The error has the
// end of its log.
func startProcess(ctx context.Context, program string, args []string) (*process, error) {
	p := &process{
		name:  program[strings.LastIndexByte(program, '/')+1:],
		ready: make(chan struct{}),
		ended: make(chan struct{}),
	}
	started := make(chan error, 1)
	go p.run(program, args, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	select {
	case <-p.ready:
		return p, nil
	case <-p.ended:
		return nil, fmt.Errorf("%s did not start: %w\n%s", p.name, p.err, p.log.text())
	case <-ctx.Done():
		p.kill()
		return nil, fmt.Errorf("%s does not accept connections: %w\n%s", p.name, ctx.Err(), p.log.text())
	}
}

// run starts the program and waits for its end, both on one thread: the kernel
// kills the child when the thread that started it ends.
func (p *process) run(program string, args []string, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command(program, args...)
	cmd.SysProcAttr = childAttributes()
	output, err := cmd.StdoutPipe()
	if err == nil {
		cmd.Stderr = cmd.Stdout
		err = cmd.Start()
	}
	if err != nil {
		started <- err
		return
	}
	p.proc = cmd.Process
	started <- nil
	p.read(output)
	p.err = cmd.Wait()
	if p.err == nil {
		p.err = errors.New("exit status 0")
	}
	close(p.ended)
}

// read follows the log until the program closes it.
func (p *process) read(output io.Reader) {
	lines := bufio.NewReader(output)
	waiting := []byte(`"id":23016,`) // "Waiting for connections"
	ready := false
	for {
		line, err := lines.ReadBytes('\n')
		p.log.add(line)
		if !ready && bytes.Contains(line, waiting) {
			ready = true
			close(p.ready)
		}
		if err != nil {
			return
		}
	}
}

// kill ends the process with SIGKILL and waits until it is gone.
func (p *process) kill() {
	_ = p.proc.Kill() // it may have ended by itself
	<-p.ended
}

// tail keeps the last lines of a log.
type tail struct {
	mu    sync.Mutex
	lines []string
}

// tailLines and lineLength bound what an error shows of a log.
const (
	tailLines  = 40
	lineLength = 600
)

func (l *tail) add(line []byte) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) == tailLines {
		l.lines = append(l.lines[:0], l.lines[1:]...)
	}
	l.lines = append(l.lines, string(line[:min(len(line), lineLength)]))
}

func (l *tail) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return "the end of its log:\n" + strings.Join(l.lines, "\n")
}
