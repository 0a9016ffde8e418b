package main

import (
	"fmt"
	"slices"
	"syscall"
	"time"
)

// cost is what a piece of work took, in all.
type cost struct {
	wall, cpu time.Duration // cpu is user and system time of the process
}

// measure runs work once. The processor time is the whole process's, so
// nothing else may run.
func measure(work func() error) (cost, error) {
	before, err := cpuTime()
	if err != nil {
		return cost{}, err
	}
	start := time.Now()
	if err := work(); err != nil {
		return cost{}, err
	}
	wall := time.Since(start)
	after, err := cpuTime()
	return cost{wall, after - before}, err
}

func cpuTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

func (c cost) perRow(n int) (wall, cpu float64) {
	return micros(c.wall) / float64(n), micros(c.cpu) / float64(n)
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
