//go:build linux

package swarm

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

type state uint8

const (
	connecting state = iota // of TCP
	upgrading               // the request for a WebSocket is sent
	joining                 // the namespace is asked for
	connected
	ended
)

// Socket is one client.
type Socket struct {
	swarm   *Swarm
	target  Target
	opening *opening // until it is decided
	fd      int      // 0 for none
	state   state
	partial []byte // of a message that has not come as a whole
	nextAck int
	calls   []call
}

type call struct {
	ack  int
	done func(array []byte)
}

// errRefused is a namespace that the server did not let us into.
var errRefused = errors.New("swarm: refused")

// Alive reports whether the socket is still connected.
func (s *Socket) Alive() bool { return s.state == connected }

// Emit sends an event. args is what follows the name in the JSON array: values
// with a comma before each.
func (s *Socket) Emit(event, args string) { s.send("42", s.prefix(), `["`, event, `"`, args, "]") }

// Call sends an event and lets done be called with the JSON array of the
// acknowledgement, which is valid during the call, unless the socket ends.
func (s *Socket) Call(event, args string, done func(array []byte)) {
	id := s.nextAck
	s.nextAck++
	s.calls = append(s.calls, call{id, done})
	s.send("42", s.prefix(), strconv.Itoa(id), `["`, event, `"`, args, "]")
}

// Close leaves as a client does that goes: with a packet, and then the
// connection's end.
func (s *Socket) Close() {
	if s.state == connected {
		s.send("41", s.prefix())
	}
	s.release()
}

// Cut resets the connection, as a machine does that fails.
func (s *Socket) Cut() {
	if s.fd != 0 {
		// Without it the end is an orderly one.
		_ = unix.SetsockoptLinger(s.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: 0})
	}
	s.release()
}

// Stall lets the socket read no more, as a machine does that hangs.
func (s *Socket) Stall() {
	if err := s.swarm.watch(s.fd, unix.EPOLL_CTL_MOD, 0); err != nil {
		s.end(err)
	}
}

// release closes the descriptor.
func (s *Socket) release() {
	s.state, s.calls, s.partial = ended, nil, nil
	if s.fd != 0 {
		s.swarm.sockets[s.fd] = nil
		_ = unix.Close(s.fd) // nothing can be done about it
		s.fd = 0
	}
}

// end ends a socket that err has befallen.
func (s *Socket) end(err error) {
	if s.state == ended {
		return
	}
	was := s.state
	s.release()
	switch {
	case s.opening != nil:
		o := s.opening
		s.opening = nil
		o.decide(s, err)
	case was == connected && s.target.Lost != nil:
		s.target.Lost(s, err)
	}
}

// ready takes what epoll tells.
func (s *Socket) ready(events uint32) {
	if s.state == connecting {
		code, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && code != 0 {
			err = unix.Errno(code)
		}
		if err != nil {
			s.end(fmt.Errorf("swarm: connect: %w", err))
			return
		}
		if err := s.swarm.watch(s.fd, unix.EPOLL_CTL_MOD, unix.EPOLLIN); err != nil {
			s.end(err)
			return
		}
		s.state = upgrading
		s.write(s.request())
		return
	}
	n, err := unix.Read(s.fd, s.swarm.in)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return
	case err != nil:
		s.end(fmt.Errorf("swarm: read: %w", err))
		return
	case n == 0:
		s.end(errors.New("swarm: the server has ended the connection"))
		return
	}
	in := s.swarm.in[:n]
	if len(s.partial) > 0 {
		in = append(s.partial, in...)
	}
	left, err := s.take(in)
	if err != nil {
		s.end(err)
		return
	}
	if s.state == ended || len(left) == 0 {
		s.partial = nil
		return
	}
	s.partial = bytes.Clone(left)
}

// write writes b as a whole: who is measured here reads faster than we write.
func (s *Socket) write(b []byte) {
	if n, err := unix.Write(s.fd, b); err != nil || n < len(b) {
		s.end(fmt.Errorf("swarm: the server does not read: %d of %d bytes, %w", n, len(b), err))
	}
}

func (s *Socket) prefix() string {
	if s.target.Namespace == "" || s.target.Namespace == "/" {
		return ""
	}
	return s.target.Namespace + ","
}
