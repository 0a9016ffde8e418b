package mongo

import (
	"slices"
	"sync"
)

// How many commits run at the same time. Of groups it is two, and the second
// begins only when so many wait: small ones cost the database nearly as much as
// big ones. On a sharded cluster, where no group has more than one user, it is
// more of them.
const (
	groupCommitters  = 2
	enoughForSecond  = groupSize / 4
	singleCommitters = 16
)

// groupBytes is how much a group writes before no more chains join it.
const groupBytes = 8 << 20

// gathering is where chains wait for those that commit.
type gathering struct {
	mu      sync.Mutex
	changed *sync.Cond
	waiting []*commit
	busy    int  // committers at work
	enough  int  // that must wait for one more to begin
	single  bool // no groups
	closed  bool
}

func newGathering(sharded bool) *gathering {
	g := &gathering{enough: enoughForSecond, single: sharded}
	if sharded {
		g.enough = 1
	}
	g.changed = sync.NewCond(&g.mu)
	return g
}

func (g *gathering) add(w *commit) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, w)
	g.changed.Signal()
}

// take gives the next group, which done must end; nil when no more come.
func (g *gathering) take() []*commit {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.waiting) == 0 || g.busy > 0 && len(g.waiting) < g.enough {
		if g.closed && len(g.waiting) == 0 {
			return nil
		}
		g.changed.Wait()
	}
	g.busy++
	first := g.waiting[0]
	if g.single || first.alone {
		g.waiting = slices.Delete(g.waiting, 0, 1)
		return []*commit{first}
	}
	var group []*commit
	size := 0
	g.waiting = slices.DeleteFunc(g.waiting, func(w *commit) bool {
		if w.alone || len(group) == groupSize || len(group) > 0 && size+w.chain.size > groupBytes {
			return false
		}
		group, size = append(group, w), size+w.chain.size
		return true
	})
	return group
}

func (g *gathering) done() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy--
	g.changed.Broadcast()
}

// close lets those that commit end when all is done.
func (g *gathering) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.changed.Broadcast()
}
