package main

import (
	"bytes"
	"encoding/binary"
	"net"
	"sync/atomic"
	"time"
)

// pace is the pause between two frames to a WebSocket that has said nothing in
// between. The suites set a listener anew for each message; one that Node reads
// together with the message before it finds none and is lost. The server puts
// frames into as few writes as it can, so this program takes them apart. Three
// in a row have to fit between two pings, which are 300 ms apart.
const pace = 60 * time.Millisecond

// pacedListener accepts connections that take their time.
type pacedListener struct{ net.Listener }

func (l pacedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &pacedConn{Conn: c}, nil
}

// pacedConn writes a WebSocket's frames one by one. HTTP it leaves alone.
type pacedConn struct {
	net.Conn
	heard    atomic.Bool // since the last frame began
	upgraded bool        // the rest is the writer's
	last     time.Time   // of the last write
	left     int         // bytes of the frame under way
}

func (c *pacedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.heard.Store(n > 0)
	return n, err
}

// CloseWrite ends our side.
func (c *pacedConn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return c.Close()
	}
	return half.CloseWrite()
}

func (c *pacedConn) Write(b []byte) (written int, err error) {
	if !c.upgraded {
		c.upgraded = bytes.HasPrefix(b, []byte("HTTP/1.1 101 "))
		c.last = time.Now()
		c.heard.Store(false)
		return c.Conn.Write(b)
	}
	for len(b) > 0 {
		if c.left == 0 {
			c.left = frameSize(b)
			if !c.heard.Swap(false) {
				time.Sleep(time.Until(c.last.Add(pace)))
			}
		}
		n, err := c.Conn.Write(b[:min(c.left, len(b))])
		c.left -= n
		c.last = time.Now()
		written, b = written+n, b[n:]
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// frameSize returns the size of the frame that b begins with, its head included.
func frameSize(b []byte) int {
	switch {
	case len(b) >= 4 && b[1] == 126:
		return 4 + int(binary.BigEndian.Uint16(b[2:]))
	case len(b) >= 10 && b[1] == 127:
		return 10 + int(binary.BigEndian.Uint64(b[2:]))
	case len(b) >= 2:
		return 2 + int(b[1])
	}
	return len(b)
}
