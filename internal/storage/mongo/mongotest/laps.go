package mongotest

import (
	"context"
	"fmt"
	"sync"
)

// Laps tells when workers have recovered: each counts what it completed, and a
// test waits until all of them began and completed something new. Its methods may
// be called at the same time.
type Laps struct {
	mu      sync.Mutex
	counts  []int
	changed chan struct{} // closed at the next change
}

// NewLaps counts for so many workers, numbered from 0.
func NewLaps(workers int) *Laps {
	return &Laps{counts: make([]int, workers), changed: make(chan struct{})}
}

// Done counts one success of a worker.
func (l *Laps) Done(worker int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[worker]++
	close(l.changed)
	l.changed = make(chan struct{})
}

// Wait returns when every worker has completed two things since the call: the
// second began after it. The error names those who have not when ctx ends.
func (l *Laps) Wait(ctx context.Context) error {
	l.mu.Lock()
	goal := make([]int, len(l.counts))
	for i, count := range l.counts {
		goal[i] = count + 2
	}
	l.mu.Unlock()
	for {
		late, changed := l.below(goal)
		if len(late) == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d workers completed nothing new, %v: %w", len(late), len(goal), late, context.Cause(ctx))
		}
	}
}

// below returns the workers that have not reached the goal, and what is closed
// when one goes on.
func (l *Laps) below(goal []int) (late []int, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, count := range l.counts {
		if count < goal[i] {
			late = append(late, i)
		}
	}
	return late, l.changed
}
