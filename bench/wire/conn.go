package wire

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
)

// Conn is a connection. Its methods are called one at a time.
type Conn struct {
	conn net.Conn
	in   []byte // what has come; the answer begins at its start
	body []byte // of an answer in chunks
}

// Dial connects to a host and port.
func Dial(addr string) (*Conn, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	return &Conn{conn: conn, in: make([]byte, 0, 64<<10)}, nil
}

// Close closes the connection.
func (c *Conn) Close() error { return c.conn.Close() }

// Request gives a request as it is sent. body may be nil.
func Request(verb, path, host, token string, body []byte) []byte {
	b := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\n", verb, path, host, token)
	if body != nil {
		b = fmt.Appendf(b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	return append(append(b, "\r\n"...), body...)
}

// Do sends a request and reads its answer. The body is valid until the next
// call. Every answer must tell its length, or come in chunks without trailers.
func (c *Conn) Do(request []byte) (status int, body []byte, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, nil, fmt.Errorf("wire: %w", err)
	}
	c.in = c.in[:0]
	head := -1
	for from := 0; head < 0; {
		if err := c.more(); err != nil {
			return 0, nil, err
		}
		if i := bytes.Index(c.in[from:], []byte("\r\n\r\n")); i >= 0 {
			head = from + i + 2 // with the end of the last line
		}
		from = max(0, len(c.in)-3)
	}
	status, length, chunked, err := parseHead(c.in[:head])
	switch {
	case err != nil:
		return 0, nil, err
	case chunked:
		body, err = c.chunks(head + 2)
	default:
		if body, err = c.take(head+2, length); err == nil && len(c.in) > head+2+length {
			err = errors.New("wire: more than the answer")
		}
	}
	return status, body, err
}

// parseHead reads the lines of a head, each with its end.
func parseHead(head []byte) (status, length int, chunked bool, err error) {
	if len(head) < len("HTTP/1.1 200") || !bytes.HasPrefix(head, []byte("HTTP/1.1 ")) {
		return 0, 0, false, fmt.Errorf("wire: no answer: %.20q", head)
	}
	if status, err = strconv.Atoi(string(head[9:12])); err != nil {
		return 0, 0, false, fmt.Errorf("wire: %w", err)
	}
	length = -1
	for line := range bytes.Lines(head) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case len(name) == 14 && bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, 0, false, fmt.Errorf("wire: %w", err)
			}
		case len(name) == 17 && bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		}
	}
	if length < 0 && !chunked {
		err = errors.New("wire: the answer does not tell its length")
	}
	return status, length, chunked, err
}

// take gives n bytes from a place on, and reads until they are there.
func (c *Conn) take(from, n int) ([]byte, error) {
	for len(c.in) < from+n {
		if err := c.more(); err != nil {
			return nil, err
		}
	}
	return c.in[from : from+n], nil
}

// chunks reads a body in chunks, which begins at a place.
func (c *Conn) chunks(at int) ([]byte, error) {
	c.body = c.body[:0]
	for {
		end := bytes.IndexByte(c.in[at:], '\n')
		for end < 0 {
			if err := c.more(); err != nil {
				return nil, err
			}
			end = bytes.IndexByte(c.in[at:], '\n')
		}
		size, err := strconv.ParseUint(string(bytes.TrimSpace(c.in[at:at+end])), 16, 31)
		if err != nil {
			return nil, fmt.Errorf("wire: %w", err)
		}
		chunk, err := c.take(at+end+1, int(size)+2)
		if err != nil {
			return nil, err
		}
		at += end + 1 + len(chunk)
		if size == 0 {
			return c.body, nil
		}
		c.body = append(c.body, chunk[:size]...)
	}
}

// more reads what comes next, at least a byte.
func (c *Conn) more() error {
	if len(c.in) == cap(c.in) {
		c.in = append(c.in, make([]byte, cap(c.in))...)[:len(c.in)]
	}
	n, err := c.conn.Read(c.in[len(c.in):cap(c.in)])
	c.in = c.in[:len(c.in)+n]
	if err != nil {
		return fmt.Errorf("wire: %w", err)
	}
	return nil
}
