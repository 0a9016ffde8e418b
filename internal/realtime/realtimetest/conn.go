package realtimetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ErrClosed is a connection or a socket that has ended.
var ErrClosed = errors.New("realtimetest: closed")

// Conn is one connection, with the sockets of its namespaces. Its methods may be
// called from any goroutine.
type Conn struct {
	protocol int
	wire     wire

	sending sync.Mutex

	mu       sync.Mutex
	changed  chan struct{} // closed and made anew at every change
	isOpen   bool
	held     bool // nothing more is read
	ended    bool
	why      error // of the end
	sockets  map[string]*Socket
	lastCall int           // the ids of acknowledgements differ among sockets
	free     chan struct{} // closed when reading may go on
	done     chan struct{} // closed at the end
}

func newConn(protocol int) *Conn {
	return &Conn{protocol: protocol, changed: make(chan struct{}), sockets: map[string]*Socket{}, done: make(chan struct{})}
}

// Refusal is what a client is told that may not connect.
type Refusal struct {
	// JSON is as it came: {"message", "data"} in protocol 5, what stands for data
	// there in 3 and 4, and nothing in 1.
	JSON string
}

// Error implements error.
func (r *Refusal) Error() string { return "realtimetest: connection refused: " + r.JSON }

// ID gives the id of the error object in the refusal, "" for none.
func (r *Refusal) ID() string {
	var whole struct {
		ID   string `json:"id"`
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	_ = json.Unmarshal([]byte(r.JSON), &whole) // what is no object has none
	if whole.ID != "" {
		return whole.ID
	}
	return whole.Data.ID
}

// change changes the state and wakes whoever waits for it.
func (c *Conn) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	close(c.changed)
	c.changed = make(chan struct{})
}

// await waits until ready, which is called with the state held, gives true or
// an error. The connection's end is an error.
func (c *Conn) await(ctx context.Context, ready func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, Limit)
	defer cancel()
	for {
		c.mu.Lock()
		done, err := ready()
		if !done && err == nil && c.ended {
			err = fmt.Errorf("%w: %w", ErrClosed, c.why)
		}
		changed := c.changed
		c.mu.Unlock()
		if done || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *Conn) opened(ctx context.Context) error {
	return c.await(ctx, func() (bool, error) { return c.isOpen, nil })
}

// Connect joins a namespace, such as "/alice", or in the protocols 1, 3 and 4
// "/alice?auth=abc". Auth is the JSON object of protocol 5, or "". It fails with
// a *Refusal.
func (c *Conn) Connect(ctx context.Context, namespace, auth string) (*Socket, error) {
	name, _, _ := strings.Cut(namespace, "?")
	s := &Socket{conn: c, Namespace: name, calls: map[int]chan []json.RawMessage{}}
	c.change(func() { c.sockets[name] = s })
	packet := "40" + namespace + "," + auth
	if c.protocol == 1 {
		packet = "1::" + namespace
	}
	if err := c.send(packet); err != nil {
		return nil, err
	}
	err := c.await(ctx, func() (bool, error) {
		if s.refusal != nil {
			return false, s.refusal
		}
		return s.connected, nil
	})
	return s, err
}

// Send sends a packet as it is.
func (c *Conn) Send(packet string) error { return c.send(packet) }

func (c *Conn) send(packet string) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	return c.wire.send(packet)
}

// Close ends the connection without a word, and waits until its reader has ended.
func (c *Conn) Close() {
	c.wire.close()
	c.Resume()
	<-c.done
}

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Pause lets the client read no more, but for what is on its way to it.
func (c *Conn) Pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.held {
		c.held, c.free = true, make(chan struct{})
	}
}

// Resume lets it read again.
func (c *Conn) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held {
		c.held = false
		close(c.free)
	}
}

// wait waits while the client is paused.
func (c *Conn) wait() {
	c.mu.Lock()
	held, free := c.held, c.free
	c.mu.Unlock()
	if held {
		<-free
	}
}

func (c *Conn) read() {
	defer close(c.done)
	for {
		c.wait()
		packets, err := c.wire.receive()
		c.wait()
		for _, p := range packets {
			if err == nil {
				err = c.take(p)
			}
		}
		if err != nil {
			c.change(func() { c.ended, c.why = true, err })
			c.wire.close()
			return
		}
	}
}

// ping does what clients of the protocols 3 and 4 must.
func (c *Conn) ping() {
	const interval = 10 * time.Second
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_ = c.send("2") // an error ends the reader too
		case <-c.done:
			return
		}
	}
}

// take takes one packet.
func (c *Conn) take(packet string) error {
	if c.protocol == 1 {
		return c.takeOld(packet)
	}
	switch {
	case packet == "":
		return errors.New("realtimetest: empty packet")
	case packet[0] == '0':
		c.change(func() { c.isOpen = true })
	case packet[0] == '1':
		return errors.New("realtimetest: close packet")
	case packet[0] == '2':
		return c.send("3" + packet[1:])
	case packet[0] == '4' && len(packet) > 1:
		return c.takePacket(packet[1], packet[2:])
	}
	return nil
}

// takePacket takes a packet of the protocols 3 to 5.
func (c *Conn) takePacket(kind byte, rest string) error {
	namespace := "/"
	if strings.HasPrefix(rest, "/") {
		namespace, rest, _ = strings.Cut(rest, ",")
	}
	digits := 0
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		digits++
	}
	id, _ := strconv.Atoi(rest[:digits]) // "" is none
	rest = rest[digits:]
	c.mu.Lock()
	s := c.sockets[namespace]
	c.mu.Unlock()
	if s == nil {
		return nil // the root, which nobody asked for
	}
	switch kind {
	case '0':
		c.change(func() { s.connected, s.ID = true, stringMember(rest, "sid") })
	case '1':
		c.change(func() { s.away = true })
	case '2':
		return s.takeEvent(rest)
	case '3':
		return s.takeAck(id, rest)
	case '4':
		c.change(func() { s.refusal = &Refusal{rest} })
	default:
		return fmt.Errorf("realtimetest: packet %c%s", kind, rest)
	}
	return nil
}

// takeOld takes a packet of protocol 1: type:id[+]:endpoint[:data].
func (c *Conn) takeOld(packet string) error {
	parts := append(strings.SplitN(packet, ":", 4), "", "", "")
	c.mu.Lock()
	s := c.sockets[parts[2]]
	c.mu.Unlock()
	switch {
	case parts[0] == "2":
		return c.send("2::")
	case parts[0] == "1" && parts[2] == "":
		c.change(func() { c.isOpen = true })
	case parts[0] == "0" && parts[2] == "":
		c.change(func() {
			for _, s := range c.sockets {
				s.away = true
			}
		})
		return errors.New("realtimetest: disconnect packet")
	case parts[0] == "7" && parts[2] == "":
		return fmt.Errorf("realtimetest: error packet %s", packet)
	case parts[0] == "6" && parts[2] == "" && s == nil:
		return c.takeOldAck(parts[3])
	case s == nil:
	case parts[0] == "1":
		c.change(func() { s.connected = true })
	case parts[0] == "0":
		c.change(func() { s.away = true })
	case parts[0] == "5":
		return s.takeEvent(parts[3])
	case parts[0] == "6":
		return c.takeOldAck(parts[3])
	case parts[0] == "7":
		c.change(func() { s.refusal = &Refusal{} })
	}
	return nil
}

// takeOldAck takes id[+args]. The ids of a connection's sockets differ.
func (c *Conn) takeOldAck(data string) error {
	digits, args, _ := strings.Cut(data, "+")
	id, err := strconv.Atoi(digits)
	if err != nil {
		return err
	}
	c.mu.Lock()
	var all []*Socket
	for _, s := range c.sockets {
		all = append(all, s)
	}
	c.mu.Unlock()
	for _, s := range all {
		if s.owes(id) {
			return s.takeAck(id, args)
		}
	}
	return nil
}

// stringMember gives a member of a JSON object, "" for none.
func stringMember(object, name string) string {
	var members map[string]any
	_ = json.Unmarshal([]byte(object), &members) // what is no object has none
	text, _ := members[name].(string)
	return text
}
