package mongo

import (
	"errors"
	"net"
	"testing"

	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo/address"
)

// TestConnectionsOfALostPrimaryEnd: those to another server go on, as do those
// that are opened to the same one later.
func TestConnectionsOfALostPrimaryEnd(t *testing.T) {
	t.Parallel()
	first, second := listen(t), listen(t)
	c := newConnections()
	lost, kept := dial(t, c, first), dial(t, c, second)
	closed := dial(t, c, first)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	describe := func(kinds ...string) event.TopologyDescription {
		return event.TopologyDescription{Servers: []event.ServerDescription{
			{Addr: address.Address(first), Kind: kinds[0]}, {Addr: address.Address(second), Kind: kinds[1]},
		}}
	}
	primary, next := describe("RSPrimary", "RSSecondary"), describe("Unknown", "RSSecondary")
	c.changed(&event.TopologyDescriptionChangedEvent{PreviousDescription: primary, NewDescription: primary})
	if _, err := lost.Write([]byte("a")); err != nil {
		t.Errorf("the primary is what it was, its connection ended: %v", err)
	}
	c.changed(&event.TopologyDescriptionChangedEvent{PreviousDescription: primary, NewDescription: next})
	if _, err := lost.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("reading from what was the primary: %v", err)
	}
	if _, err := kept.Write([]byte("a")); err != nil {
		t.Errorf("writing to another server: %v", err)
	}
	later := dial(t, c, first)
	c.changed(&event.TopologyDescriptionChangedEvent{PreviousDescription: next, NewDescription: describe("Unknown", "RSPrimary")})
	if _, err := later.Write([]byte("a")); err != nil {
		t.Errorf("writing by a later connection: %v", err)
	}
	for _, conn := range []net.Conn{kept, later} {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(c.open[first])+len(c.open[second]) > 0 {
		t.Errorf("connections are remembered: %v", c.open)
	}
}

// listen gives an address that takes connections.
func listen(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

func dial(t *testing.T, c *connections, address string) net.Conn {
	t.Helper()
	conn, err := c.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
