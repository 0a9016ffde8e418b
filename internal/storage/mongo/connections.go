package mongo

import (
	"context"
	"net"
	"sync"

	"go.mongodb.org/mongo-driver/v2/event"
)

// connections are those to the servers. It ends the ones to a server that takes
// writes no more, so that what waits there for an answer is asked of the next
// one: mute, or parted from the others, it would answer nobody. The driver does
// so only where a second look at the server has timed out.
type connections struct {
	net.Dialer

	mu   sync.Mutex
	open map[string]map[*connection]struct{} // by the server's address
}

func newConnections() *connections {
	return &connections{open: map[string]map[*connection]struct{}{}}
}

// DialContext opens one, for the driver.
func (c *connections) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	dialled, err := c.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	conn := &connection{Conn: dialled, address: address, of: c}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[address] == nil {
		c.open[address] = map[*connection]struct{}{}
	}
	c.open[address][conn] = struct{}{}
	return conn, nil
}

// changed is told of what the driver knows of the servers.
func (c *connections) changed(e *event.TopologyDescriptionChangedEvent) {
	writable := map[string]bool{}
	for _, server := range e.NewDescription.Servers {
		writable[server.Addr.String()] = takesWrites(server)
	}
	for _, server := range e.PreviousDescription.Servers {
		if address := server.Addr.String(); takesWrites(server) && !writable[address] {
			c.end(address)
		}
	}
}

func (c *connections) end(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open[address] {
		_ = conn.Conn.Close()
	}
	delete(c.open, address)
}

// connection is one to a server.
type connection struct {
	net.Conn

	address string
	of      *connections
}

// Close ends it.
func (c *connection) Close() error {
	c.of.mu.Lock()
	delete(c.of.open[c.address], c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
