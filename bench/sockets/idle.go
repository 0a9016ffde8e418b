//go:build linux

package main

import (
	"fmt"
	"time"

	"github.com/activityd/activityd/bench/report"
	"github.com/activityd/activityd/bench/subject"
	"github.com/activityd/activityd/bench/swarm"
)

// The numbers of idle sockets.
const (
	fewIdle  = 5_000
	mostIdle = 20_000
)

// settling is how long the memory may take to come to rest.
const settling = 20 * time.Second

// idle measures the resident memory of sockets that only wait.
func (b *bench) idle(server *subject.Server, w *swarm.Swarm) ([]figure, error) {
	before, err := server.SettledRSS(settling)
	if err != nil {
		return nil, err
	}
	var figures []figure
	open := 0
	for _, n := range []int{fewIdle, min(mostIdle, b.files)} {
		if _, err := w.Open(n-open, window, plain(server)); err != nil {
			return nil, err
		}
		open = n
		after, err := server.SettledRSS(settling)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("RSS per idle socket, %s sockets", report.Count(int64(n)))
		figures = append(figures, figure{name, float64(after-before) / float64(n) / 1024, "KiB", "<= 7"})
	}
	stats, err := server.Stats()
	if err != nil {
		return nil, err
	}
	return append(figures,
		figure{"live heap of the whole server then", float64(stats.Heap) / (1 << 20), "MiB", ""},
		figure{"RSS before any socket", float64(before) / (1 << 20), "MiB", ""},
	), nil
}
