//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"

	"github.com/activityd/activityd/bench/activityd"
)

// event is what is recorded: some 100 bytes.
const event = `{"type":{"class":"note","format":"txt"},"value":"activity activity activity activity activity"}`

// client is one connection to the API that is kept open.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	host string
	out  []byte
}

func dial(addr string) (*client, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, in: bufio.NewReader(conn), host: addr}, nil
}

// create records an event by POST /work/events.
func (c *client) create(u activityd.User) error {
	c.out = append(c.out[:0], "POST /"...)
	c.out = append(append(c.out, u.Name...), "/work/events HTTP/1.1\r\nHost: "...)
	c.out = append(append(c.out, c.host...), "\r\nAuthorization: "...)
	c.out = append(append(c.out, u.Token...), "\r\nContent-Type: application/json\r\nContent-Length: "...)
	c.out = append(strconv.AppendInt(c.out, int64(len(event)), 10), "\r\n\r\n"...)
	c.out = append(c.out, event...)
	if _, err := c.conn.Write(c.out); err != nil {
		return err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(answer.Body)
	err = errors.Join(err, answer.Body.Close())
	if err == nil && answer.StatusCode != http.StatusCreated {
		err = fmt.Errorf("POST of an event: %s: %s", answer.Status, body)
	}
	return err
}

// clients opens n connections.
func clients(addr string, n int) ([]*client, error) {
	all := make([]*client, n)
	for i := range all {
		var err error
		if all[i], err = dial(addr); err != nil {
			return nil, err
		}
	}
	return all, nil
}
