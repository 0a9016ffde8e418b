//go:build linux

package main

import (
	"time"

	"github.com/activityd/activityd/bench/report"
	"github.com/activityd/activityd/bench/subject"
	"github.com/activityd/activityd/bench/swarm"
)

// callers is the number of sockets that make one call after the other.
const callers = 64

// loading is how long a load is kept up before it is measured, and measuring how
// long it is measured.
const (
	loading   = time.Second
	measuring = 5 * time.Second
)

// tally counts what callers do, on the swarm's goroutine.
type tally struct {
	stopped bool
	times   []time.Duration
}

// calls measures acknowledged calls, one at a time on each socket.
func (b *bench) calls(server *subject.Server, w *swarm.Swarm) ([]figure, error) {
	sockets, err := w.Open(callers, window, plain(server))
	if err != nil {
		return nil, err
	}
	t := new(tally)
	w.Do(func() {
		for _, s := range sockets {
			t.call(s)
		}
	})
	time.Sleep(loading)
	begun := time.Now()
	cpu, err := server.CPU()
	if err != nil {
		return nil, err
	}
	w.Do(func() { t.times = t.times[:0] })
	time.Sleep(measuring)
	w.Do(func() { t.stopped = true })
	took := time.Since(begun)
	used, err := server.CPU()
	if err != nil {
		return nil, err
	}
	n := float64(len(t.times))
	p := report.Percentiles(t.times, 50, 99)
	return []figure{
		{"acknowledged calls, 64 sockets", n / took.Seconds(), "per second", ">= 1.5 x Node"},
		{"CPU per call", microseconds(used-cpu) / n, "us", "<= 15"},
		{"time of a call, p50", microseconds(p[0]), "us", ""},
		{"time of a call, p99", microseconds(p[1]), "us", ""},
	}, nil
}

// call makes a call, and the next one when it is answered.
func (t *tally) call(s *swarm.Socket) {
	begun := time.Now()
	s.Call("echo", `,"`+value+`"`, func([]byte) {
		t.times = append(t.times, time.Since(begun))
		if !t.stopped {
			t.call(s)
		}
	})
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
