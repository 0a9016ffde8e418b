//go:build linux

package swarm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// request is the request for a WebSocket, with the headers that the JavaScript
// client sends under Node.
func (s *Socket) request() []byte {
	t := s.target
	host, query := t.Host, t.Query
	if host == "" {
		host = t.Addr
	}
	if query != "" {
		query = "&" + query
	}
	return []byte("GET /socket.io/?EIO=4&transport=websocket" + query + " HTTP/1.1\r\n" +
		"Sec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: c3dhcm0tb2Ytc29ja2V0cw==\r\n" +
		"Connection: Upgrade\r\n" +
		"Upgrade: websocket\r\n" +
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" +
		"Host: " + host + "\r\n\r\n")
}

// take takes what has come, and returns what is not complete.
func (s *Socket) take(in []byte) (left []byte, err error) {
	if s.state == upgrading {
		head, rest, whole := bytes.Cut(in, []byte("\r\n\r\n"))
		if !whole {
			return in, nil
		}
		if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
			line, _, _ := bytes.Cut(head, []byte("\r\n"))
			return nil, fmt.Errorf("swarm: no WebSocket: %s: %s", line, rest)
		}
		s.state = joining
		in = rest
	}
	for s.state != ended {
		op, payload, rest, whole := frame(in)
		if !whole {
			return in, nil
		}
		in = rest
		switch op {
		case 1:
			err = s.packet(payload)
		case 8:
			err = errors.New("swarm: the server has closed the connection")
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// frame takes the first frame off in; a server's is not masked.
func frame(in []byte) (op byte, payload, rest []byte, whole bool) {
	if len(in) < 2 {
		return 0, nil, nil, false
	}
	head, size := 2, uint64(in[1]&0x7f)
	switch {
	case size == 126 && len(in) >= 4:
		head, size = 4, uint64(binary.BigEndian.Uint16(in[2:]))
	case size == 127 && len(in) >= 10:
		head, size = 10, binary.BigEndian.Uint64(in[2:])
	case size >= 126:
		return 0, nil, nil, false
	}
	if uint64(len(in)-head) < size {
		return 0, nil, nil, false
	}
	end := head + int(size)
	return in[0] & 0x0f, in[head:end], in[end:], true
}

// packet takes one packet of Engine.IO.
func (s *Socket) packet(p []byte) error {
	if len(p) == 0 {
		return errors.New("swarm: an empty packet")
	}
	switch p[0] {
	case '0':
		s.send("40", s.prefix(), s.target.Auth)
	case '2':
		s.send("3")
	case '4':
		return s.message(p[1:])
	}
	return nil
}

// message takes one packet of Socket.IO.
func (s *Socket) message(p []byte) error {
	if len(p) == 0 {
		return errors.New("swarm: an empty message")
	}
	kind, p := p[0], p[1:]
	if len(p) > 0 && p[0] == '/' {
		_, p, _ = bytes.Cut(p, []byte{','})
	}
	switch kind {
	case '0':
		o := s.opening
		s.state, s.opening = connected, nil
		if o != nil {
			o.decide(s, nil)
		}
	case '1':
		return errors.New("swarm: the server has sent us away")
	case '2':
		if s.target.Event != nil {
			s.target.Event(s, p[bytes.IndexByte(p, '['):])
		}
	case '3':
		digits := bytes.IndexByte(p, '[')
		id, err := strconv.Atoi(string(p[:max(digits, 0)]))
		if err != nil {
			return fmt.Errorf("swarm: acknowledgement %.100q", p)
		}
		s.acknowledged(id, p[digits:])
	case '4':
		return fmt.Errorf("%w: %s", errRefused, p)
	}
	return nil
}

func (s *Socket) acknowledged(id int, array []byte) {
	for i, c := range s.calls {
		if c.ack == id {
			last := len(s.calls) - 1
			s.calls[i] = s.calls[last]
			s.calls[last] = call{}
			s.calls = s.calls[:last]
			c.done(array)
			return
		}
	}
}

// send sends one text frame made of the parts, masked as a client must.
func (s *Socket) send(parts ...string) {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	b := append(s.swarm.out[:0], 0x81)
	switch {
	case size < 126:
		b = append(b, 0x80|byte(size))
	case size <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(size))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(size))
	}
	key := [4]byte{0x5a, 0x17, 0xc3, 0x88}
	b = append(b, key[:]...)
	head := len(b)
	for _, p := range parts {
		b = append(b, p...)
	}
	for i := range b[head:] {
		b[head+i] ^= key[i&3]
	}
	s.swarm.out = b
	s.write(b)
}
