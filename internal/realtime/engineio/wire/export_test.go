package wire

import "net"

// NewConn makes a connection without a handshake.
func (e *Env) NewConn(conn net.Conn) *Conn { return e.newConn(conn) }
