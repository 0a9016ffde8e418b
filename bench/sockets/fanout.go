//go:build linux

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/activityd/activityd/bench/report"
	"github.com/activityd/activityd/bench/subject"
	"github.com/activityd/activityd/bench/swarm"
)

// news is what is sent to all: 270 bytes, as a notification with its item has.
const news = value + value + value

// fanout measures an event that is sent to all sockets, the next one once all
// have it.
func (b *bench) fanout(server *subject.Server, w *swarm.Swarm) ([]figure, error) {
	var figures []figure
	var sockets []*swarm.Socket
	f := &fan{rounds: make(chan struct{}, 1)}
	for _, n := range []int{1_000, 5_000} {
		more, err := w.Open(n-len(sockets), window, func(int) swarm.Target {
			return swarm.Target{Addr: server.Addr, Event: func(*swarm.Socket, []byte) { f.delivered() }}
		})
		if err != nil {
			return nil, err
		}
		sockets = append(sockets, more...)
		some, err := f.measure(server, w, sockets)
		if err != nil {
			return nil, err
		}
		figures = append(figures, some...)
	}
	return figures, nil
}

// fan counts deliveries, on the swarm's goroutine.
type fan struct {
	missing, of int
	total       int
	sender      *swarm.Socket
	stopped     bool
	rounds      chan struct{} // the last round is over
}

func (f *fan) send() {
	f.missing = f.of
	f.sender.Emit("all", `,"`+news+`"`)
}

func (f *fan) delivered() {
	f.total++
	if f.missing--; f.missing > 0 {
		return
	}
	if f.stopped {
		f.rounds <- struct{}{}
		return
	}
	f.send()
}

func (f *fan) measure(server *subject.Server, w *swarm.Swarm, sockets []*swarm.Socket) ([]figure, error) {
	w.Do(func() {
		f.sender, f.of, f.stopped = sockets[0], len(sockets), false
		f.send()
	})
	time.Sleep(loading)
	begun := time.Now()
	cpu, err := server.CPU()
	if err != nil {
		return nil, err
	}
	w.Do(func() { f.total = 0 })
	time.Sleep(measuring)
	total := 0.0
	w.Do(func() { total = float64(f.total) })
	took := time.Since(begun)
	used, err := server.CPU()
	if err != nil {
		return nil, err
	}
	w.Do(func() { f.stopped = true })
	select {
	case <-f.rounds:
	case <-time.After(30 * time.Second):
		return nil, errors.New("an event did not reach all")
	}
	to := fmt.Sprintf("to %s sockets", report.Count(int64(len(sockets))))
	return []figure{
		{"deliveries " + to, total / took.Seconds(), "per second", ">= 1.2 x Node"},
		{"CPU per delivery " + to, microseconds(used-cpu) / total, "us", "<= 9"},
	}, nil
}
