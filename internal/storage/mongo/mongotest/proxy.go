package mongotest

import (
	"bytes"
	"fmt"
	"net"
	"sync"
	"testing"
)

// Traffic is what a proxy does with the bytes of a connection.
type Traffic int

const (
	// Pass forwards them.
	Pass Traffic = iota

	// Stall keeps connections open and forwards nothing, as a network does that
	// loses all packets: no end, no error. New connections open and stay mute.
	// Once passed again, what was sent meanwhile arrives.
	Stall

	// Cut resets connections, old and new.
	Cut
)

// Proxy stands between a mongod or mongos and those who connect to it. Its methods
// may be called at the same time.
type Proxy struct {
	listener net.Listener
	target   string
	wait     sync.WaitGroup

	mu          sync.Mutex
	everyone    Traffic
	replacer    func([]byte) []byte // of what the target answers; nil changes nothing
	from        map[source]Traffic  // where it differs from everyone's
	changed     chan struct{}       // closed when a Traffic changes
	connections map[*connection]struct{}
	closed      bool
}

// NewProxy returns a proxy to the target ("host:port") that passes all. It ends
// with the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	p, err := newProxy(target)
	if err != nil {
		t.Fatalf("mongotest: %v", err)
	}
	t.Cleanup(p.close)
	return p
}

func newProxy(target string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for a proxy: %w", err)
	}
	p := &Proxy{
		listener:    listener,
		target:      target,
		from:        map[source]Traffic{},
		changed:     make(chan struct{}),
		connections: map[*connection]struct{}{},
	}
	p.wait.Go(p.accept)
	return p, nil
}

// Address is where the proxy listens, "host:port".
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Set changes what happens to everyone's connections.
func (p *Proxy) Set(traffic Traffic) {
	p.change(func() {
		p.everyone = traffic
		clear(p.from)
	})
}

// ReplaceInAnswers has the target seem to say something else: every occurrence of
// the first string in a packet that it sends becomes the second, which must be as
// long. A version "8.2.0" can be made to seem "5.0.0".
func (p *Proxy) ReplaceInAnswers(old, replacement string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replacer = func(answer []byte) []byte {
		return bytes.ReplaceAll(answer, []byte(old), []byte(replacement))
	}
}

// answers returns what is forwarded of an answer.
func (p *Proxy) answers(packet []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.replacer == nil {
		return packet
	}
	return p.replacer(packet)
}

// setFrom changes what happens to the connections of one source.
func (p *Proxy) setFrom(from source, traffic Traffic) {
	p.change(func() { p.from[from] = traffic })
}

// change applies f, wakes the connections that stall and resets those that are
// cut.
func (p *Proxy) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	close(p.changed)
	p.changed = make(chan struct{})
	for c := range p.connections {
		if c.known && p.traffic(c.source) == Cut {
			c.reset()
		}
	}
}

// traffic needs p.mu.
func (p *Proxy) traffic(from source) Traffic {
	if traffic, ok := p.from[from]; ok {
		return traffic
	}
	return p.everyone
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		c := &connection{proxy: p, client: client, gone: make(chan struct{})}
		p.mu.Lock()
		if p.closed {
			c.reset()
		} else {
			p.connections[c] = struct{}{}
			p.wait.Go(c.serve)
		}
		p.mu.Unlock()
	}
}

func (p *Proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	for c := range p.connections {
		c.reset()
	}
	p.mu.Unlock()
	p.wait.Wait()
}
