//go:build linux

package main

import (
	"errors"
	"time"

	"github.com/activityd/activityd/bench/subject"
	"github.com/activityd/activityd/bench/swarm"
)

// cuts is the number of sockets that are cut at once.
const cuts = 10_000

// standing is what a server holds.
type standing struct {
	subject.Stats
	descriptors int
}

// cut measures what is left of sockets whose connections were reset all at once.
func (b *bench) cut(server *subject.Server, w *swarm.Swarm) ([]figure, error) {
	if b.files < cuts {
		return nil, errors.New("the limit of open files is too low")
	}
	before, err := standingOf(server)
	if err != nil {
		return nil, err
	}
	sockets, err := w.Open(cuts, window, plain(server))
	if err != nil {
		return nil, err
	}
	w.Do(func() {
		for _, s := range sockets {
			s.Cut()
		}
	})
	after, err := standingOf(server)
	// The server may take its time to notice.
	for end := time.Now().Add(20 * time.Second); err == nil && time.Now().Before(end); after, err = standingOf(server) {
		if after.descriptors <= before.descriptors && after.Goroutines <= before.Goroutines {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		return nil, err
	}
	figures := []figure{
		{"descriptors left by 10,000 cut sockets", float64(after.descriptors - before.descriptors), "", "0"},
		{"heap after GC that they leave", float64(after.Heap-before.Heap) / (1 << 20), "MiB", "<= 4"},
	}
	if before.Goroutines > 0 {
		figures = append(figures, figure{"goroutines that they leave", float64(after.Goroutines - before.Goroutines), "", "0"})
	}
	return figures, nil
}

func standingOf(server *subject.Server) (standing, error) {
	stats, err := server.Stats()
	if err != nil {
		return standing{}, err
	}
	descriptors, err := server.Descriptors()
	return standing{stats, descriptors}, err
}
