package realtime

import (
	"context"
	"sync"
)

// gate counts goroutines, until it is closed.
type gate struct {
	mu     sync.Mutex
	inside int
	closed bool
	empty  chan struct{} // closed when the gate is, and nobody inside
}

func (g *gate) init() { g.empty = make(chan struct{}) }

// enter counts one more, and reports whether the gate was open.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.inside++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.closed && g.inside == 0 {
		close(g.empty)
	}
}

// close lets nobody in and waits until all have left or ctx has ended.
func (g *gate) close(ctx context.Context) error {
	g.mu.Lock()
	if !g.closed && g.inside == 0 {
		close(g.empty)
	}
	g.closed = true
	g.mu.Unlock()
	select {
	case <-g.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
