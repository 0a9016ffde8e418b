//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/activityd/activityd/bench/proc"
	"github.com/activityd/activityd/bench/subject"
	"github.com/activityd/activityd/bench/swarm"
)

// bench is one run of this program.
type bench struct {
	files int // connections that one process can have open
	out   io.Writer
}

// part is one kind of load. Each gets a new process of the server.
type part struct {
	name string
	run  func(*bench, *subject.Server, *swarm.Swarm) ([]figure, error)
}

func parts() []part {
	return []part{
		{"idle", (*bench).idle},
		{"calls", (*bench).calls},
		{"fanout", (*bench).fanout},
		{"connects", (*bench).connects},
		{"cut", (*bench).cut},
	}
}

// preface says what the figures depend on.
func (b *bench) preface() error {
	load, err := proc.Load()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(b.out, "load average at the start: %.2f\n", load)
	if b.files < mostIdle {
		_, err = fmt.Fprintf(b.out, "the limit of open files lets a process have %d connections, so %d stand for the %d that are wanted\n", b.files, b.files, mostIdle)
	}
	return err
}

func (b *bench) figures(p part, server *subject.Server) ([]figure, error) {
	w, err := swarm.New()
	if err != nil {
		return nil, err
	}
	figures, err := b.warmAndRun(p, server, w)
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return figures, w.Close()
}

// warmAndRun lets the server run each path of its code before it is measured.
func (b *bench) warmAndRun(p part, server *subject.Server, w *swarm.Swarm) ([]figure, error) {
	const warm = 200
	sockets, err := w.Open(warm, window, plain(server))
	if err != nil {
		return nil, err
	}
	if dead := answer(w, sockets); dead > 0 {
		return nil, fmt.Errorf("%d of %d sockets did not answer", dead, warm)
	}
	w.Do(func() {
		for _, s := range sockets {
			s.Close()
		}
	})
	if err := waitForDescriptors(server, len(sockets)); err != nil {
		return nil, err
	}
	return p.run(b, server, w)
}

// waitForDescriptors waits until a server has noticed that sockets were closed:
// the next ones would meet it at work.
func waitForDescriptors(server *subject.Server, closed int) error {
	for range 100 {
		n, err := server.Descriptors()
		if err != nil {
			return err
		}
		if n < closed {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("the server keeps descriptors of sockets that were closed")
}

// window is how many sockets are being connected at a time.
const window = 128

// plain is the target of sockets that only wait.
func plain(server *subject.Server) func(int) swarm.Target {
	return func(int) swarm.Target { return swarm.Target{Addr: server.Addr} }
}

// answer lets each socket make a call, and returns how many got no answer.
func answer(w *swarm.Swarm, sockets []*swarm.Socket) int {
	answered := make(chan struct{}, len(sockets))
	w.Do(func() {
		for _, s := range sockets {
			if s.Alive() {
				s.Call("echo", `,"`+value+`"`, func([]byte) { answered <- struct{}{} })
			}
		}
	})
	patience := time.After(30 * time.Second)
	for left := len(sockets); left > 0; left-- {
		select {
		case <-answered:
		case <-patience:
			return left
		}
	}
	return 0
}

// value is what calls carry: about as much as a small command does.
const value = "activity activity activity activity activity activity activity activity activity activity "
