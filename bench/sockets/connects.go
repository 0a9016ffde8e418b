//go:build linux

package main

import (
	"errors"
	"time"

	"github.com/activityd/activityd/bench/subject"
	"github.com/activityd/activityd/bench/swarm"
)

// wave is how many sockets are opened, used once each and closed; there are two
// waves.
const wave = 10_000

// connects measures the opening of sockets, from TCP's handshake to the
// acceptance by the namespace.
func (b *bench) connects(server *subject.Server, w *swarm.Swarm) ([]figure, error) {
	if b.files < wave {
		return nil, errors.New("the limit of open files is too low")
	}
	var cpu, took time.Duration
	lost := 0
	for range 2 {
		before, err := server.CPU()
		if err != nil {
			return nil, err
		}
		begun := time.Now()
		sockets, _ := w.Open(wave, window, plain(server)) // those that failed are counted
		took += time.Since(begun)
		after, err := server.CPU()
		if err != nil {
			return nil, err
		}
		cpu += after - before
		lost += wave - len(sockets) + answer(w, sockets)
		w.Do(func() {
			for _, s := range sockets {
				s.Close()
			}
		})
		if err := waitForDescriptors(server, len(sockets)); err != nil {
			return nil, err
		}
	}
	const n = 2 * wave
	return []figure{
		{"CPU per connect, 20,000 connects", float64(cpu) / n / float64(time.Millisecond), "ms", "<= 0.2"},
		{"connects", n / took.Seconds(), "per second", ""},
		{"connects lost", float64(lost), "", "0"},
	}, nil
}
