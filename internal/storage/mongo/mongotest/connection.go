package mongotest

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
)

// source tells who opened a connection: the port of a member, or 0 for a client.
type source int

// clients is the source of every connection that no member opened.
const clients source = 0

// connection is one through a proxy.
type connection struct {
	proxy  *Proxy
	client net.Conn
	once   sync.Once
	gone   chan struct{} // closed by reset

	// These belong to proxy.mu.
	server net.Conn // nil before it is dialled
	source source
	known  bool // whether source is
}

// serve forwards both ways until one side ends the connection.
func (c *connection) serve() {
	defer func() {
		c.reset()
		c.proxy.mu.Lock()
		delete(c.proxy.connections, c)
		c.proxy.mu.Unlock()
	}()
	first, err := firstMessage(c.client)
	if err != nil || !c.identify(sourceOf(first)) || !c.passes() || !c.dial() {
		return
	}
	if _, err := c.server.Write(first); err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() { c.forward(c.client, c.server, c.proxy.answers) })
	c.forward(c.server, c.client, func(packet []byte) []byte { return packet })
	back.Wait()
}

// identify tells the proxy who opened the connection; false where that is cut.
func (c *connection) identify(from source) bool {
	c.proxy.mu.Lock()
	defer c.proxy.mu.Unlock()
	c.source, c.known = from, true
	return c.proxy.traffic(from) != Cut
}

func (c *connection) dial() bool {
	server, err := net.Dial("tcp", c.proxy.target)
	if err != nil {
		return false
	}
	c.proxy.mu.Lock()
	defer c.proxy.mu.Unlock()
	select {
	case <-c.gone:
		_ = server.Close()
		return false
	default:
		c.server = server
		return true
	}
}

// forward copies what translate makes of each packet until either side ends, and
// then ends the other. While the connection stalls, neither bytes nor the end get
// through.
func (c *connection) forward(to io.Writer, from io.Reader, translate func([]byte) []byte) {
	defer c.reset()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if !c.passes() {
			return
		}
		if _, failed := to.Write(translate(buffer[:n])); err != nil || failed != nil {
			return
		}
	}
}

// passes waits while the connection stalls; false where it is cut or gone.
func (c *connection) passes() bool {
	for {
		c.proxy.mu.Lock()
		traffic, changed := c.proxy.traffic(c.source), c.proxy.changed
		c.proxy.mu.Unlock()
		if traffic != Stall {
			return traffic == Pass
		}
		select {
		case <-changed:
		case <-c.gone:
			return false
		}
	}
}

// reset ends both sides; where that cuts them off they see a reset, not an end.
func (c *connection) reset() {
	c.once.Do(func() {
		close(c.gone)
		for _, side := range []net.Conn{c.client, c.server} {
			if tcp, ok := side.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			if side != nil {
				_ = side.Close()
			}
		}
	})
}

// firstMessage reads one message of MongoDB's wire protocol, whose length stands
// in front. Clients speak first.
func firstMessage(r io.Reader) ([]byte, error) {
	const shortest, longest = 16, 1 << 20
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(length[:])
	if size < shortest || size > longest {
		return nil, io.ErrUnexpectedEOF
	}
	message := append(make([]byte, 0, size), length[:]...)
	message = message[:size]
	_, err := io.ReadFull(r, message[len(length):])
	return message, err
}

// sourceOf reads who sends the first message. Members with test commands put
// their own name and port into it, for MongoDB's own proxy.
func sourceOf(message []byte) source {
	_, value, found := bytes.Cut(message, []byte("\x02hostInfo\x00")) // a string field in BSON
	if !found || len(value) < 4 {
		return clients
	}
	size := int(binary.LittleEndian.Uint32(value))
	value = value[4:]
	if size < 1 || size > len(value) {
		return clients
	}
	name := string(value[:size-1])
	port, err := strconv.Atoi(name[strings.LastIndexByte(name, ':')+1:])
	if err != nil {
		return clients
	}
	return source(port)
}
