package mongo

import (
	"errors"
	"sync"

	"go.mongodb.org/mongo-driver/v2/event"
)

// primary knows when the member that takes writes is that no more. A change
// stream would stay with it: parted from the others, it goes on answering that
// there is nothing to tell.
type primary struct {
	mu   sync.Mutex
	at   string             // its address; "" while there is none, and of a sharded cluster
	lost map[*func()]func() // called when it is the primary no more
}

var errNoPrimary = errors.New("storage/mongo: what was the primary is that no more")

func newPrimary() *primary { return &primary{lost: map[*func()]func(){}} }

// changed is told of what the driver knows of the servers.
func (p *primary) changed(e *event.TopologyDescriptionChangedEvent) {
	at := ""
	for _, server := range e.NewDescription.Servers {
		if server.Kind == "RSPrimary" {
			at = string(server.Addr)
		}
	}
	p.moved(at)
}

func (p *primary) moved(at string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at != "" && p.at != at {
		for _, call := range p.lost {
			call()
		}
	}
	p.at = at
}

// whenLost calls fn, which must be quick, whenever the primary is that no more,
// until forget is called.
func (p *primary) whenLost(fn func()) (forget func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := &fn
	p.lost[key] = fn
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.lost, key)
	}
}
