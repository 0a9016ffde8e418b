package rawsocket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// link carries packets of a session.
type link interface {
	read() (packets []string, err error) // waits for some
	write(packet string) error
	close()
}

// dialect is what the packets of a protocol look like.
type dialect interface {
	open(ctx context.Context, o *Options, d *dialer) (link, error)
	join(o *Options) string
	event(o *Options, ack int, name string, args []json.RawMessage) string
	parse(packet string) message
}

// message is what a packet says.
type message struct {
	kind   string // below; others are of no concern
	answer string // a packet to send back
	ack    int
	name   string
	args   []json.RawMessage
	data   json.RawMessage
	every  time.Duration // the client is to send the answer so often, from now on
}

const (
	joined   = "joined"
	refused  = "refused"
	event    = "event"
	answered = "answered"
	ended    = "ended"
)

// Client is one socket in one namespace. It is safe for use by many goroutines.
type Client struct {
	o       Options
	dialect dialect
	link    link
	dialer  *dialer
	cancel  context.CancelFunc
	done    chan struct{} // closed when nothing is read any more

	writing sync.Mutex

	mu      sync.Mutex
	stalled chan struct{} // closed when the stall ends; nil for none
	acks    map[int]chan []json.RawMessage
	last    int
	err     error
}

// ErrEnded is the error of a socket that has ended.
var ErrEnded = errors.New("rawsocket: the socket has ended")

// Dial connects and waits until the server says that the socket is connected.
// Errors: a *Refusal, or ErrEnded for a server that is gone.
func Dial(ctx context.Context, o Options) (*Client, error) {
	if o.Host == "" {
		o.Host = o.Address
	}
	own, cancel := context.WithCancel(context.Background())
	c := &Client{o: o, cancel: cancel, done: make(chan struct{}), acks: map[int]chan []json.RawMessage{}, dialer: newDialer(&o)}
	c.dialect = modern(o.Generation)
	if o.Generation == V09 {
		c.dialect = old{}
	}
	defer context.AfterFunc(ctx, cancel)()
	var err error
	if c.link, err = c.dialect.open(own, &o, c.dialer); err != nil {
		c.Cut()
		return nil, fmt.Errorf("open: %w", err)
	}
	if err = c.write(c.dialect.join(&o)); err == nil {
		err = c.awaitJoin(own)
	}
	if err != nil {
		c.Cut()
		return nil, fmt.Errorf("join: %w", err)
	}
	return c, nil
}

// awaitJoin starts to read, and waits for the answer to the join.
func (c *Client) awaitJoin(ctx context.Context) error {
	answer := make(chan error, 1)
	go c.run(ctx, answer)
	select {
	case err := <-answer:
		return err
	case <-c.done:
		select {
		case err := <-answer:
			return err
		default:
			return c.Err()
		}
	}
}

// run reads until the socket ends.
func (c *Client) run(ctx context.Context, join chan<- error) {
	defer close(c.done)
	for {
		c.gate(ctx)
		packets, err := c.link.read()
		if err != nil {
			c.end(err)
			return
		}
		for _, p := range packets {
			c.gate(ctx)
			m := c.dialect.parse(p)
			switch {
			case m.every > 0:
				go c.beat(ctx, m.every, m.answer)
				continue
			case m.answer != "":
				if err := c.write(m.answer); err != nil {
					c.end(err)
					return
				}
			}
			if !c.take(m, join) {
				return
			}
		}
	}
}

// take does what a message asks for, and reports whether the socket goes on.
func (c *Client) take(m message, join chan<- error) bool {
	switch m.kind {
	case joined:
		select {
		case join <- nil:
		default:
		}
	case refused:
		select {
		case join <- &Refusal{Object: m.data}:
		default:
		}
		c.end(ErrEnded)
		return false
	case event:
		if c.o.Event != nil {
			c.o.Event(m.name, m.args)
		}
	case answered:
		c.mu.Lock()
		waiting := c.acks[m.ack]
		delete(c.acks, m.ack)
		c.mu.Unlock()
		if waiting != nil {
			waiting <- m.args
		}
	case ended:
		c.end(ErrEnded)
		return false
	}
	return true
}

// beat sends the client's heartbeat, except while it is stalled.
func (c *Client) beat(ctx context.Context, every time.Duration, packet string) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			c.gate(ctx)
			if c.write(packet) != nil {
				return
			}
		case <-c.done:
			return
		case <-ctx.Done():
			return
		}
	}
}

// gate waits while the client is stalled.
func (c *Client) gate(ctx context.Context) {
	c.mu.Lock()
	stalled := c.stalled
	c.mu.Unlock()
	if stalled == nil {
		return
	}
	select {
	case <-stalled:
	case <-ctx.Done():
	}
}

func (c *Client) write(packet string) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.link.write(packet)
}

func (c *Client) end(err error) {
	c.mu.Lock()
	if c.err == nil {
		c.err = fmt.Errorf("%w: %w", ErrEnded, err)
	}
	c.mu.Unlock()
	c.cancel()
	c.link.close()
}

// Stall stops reading, and heartbeats with it, until Resume.
func (c *Client) Stall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stalled == nil {
		c.stalled = make(chan struct{})
	}
}

// Resume ends a stall.
func (c *Client) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stalled != nil {
		close(c.stalled)
		c.stalled = nil
	}
}

// Cut ends the connection with a TCP reset, as far as the client can.
func (c *Client) Cut() {
	c.dialer.cut()
	c.cancel()
	if c.link != nil {
		c.link.close()
	}
}

// Done is closed when the socket has ended and no further event will come.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err tells how the socket ended: ErrEnded with its cause, nil while it lives.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Emit sends an event and waits for the arguments of its acknowledgement.
// ErrEnded when there will be none.
func (c *Client) Emit(ctx context.Context, name string, args ...json.RawMessage) ([]json.RawMessage, error) {
	waiting, err := c.Send(name, args...)
	if err != nil {
		return nil, err
	}
	select {
	case ack := <-waiting:
		return ack, nil
	case <-c.done:
		select {
		case ack := <-waiting:
			return ack, nil
		default:
			return nil, c.Err()
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Send sends an event and does not wait: its acknowledgement comes through the
// channel, if it comes.
func (c *Client) Send(name string, args ...json.RawMessage) (<-chan []json.RawMessage, error) {
	waiting := make(chan []json.RawMessage, 1)
	c.mu.Lock()
	c.last++
	id := c.last
	c.acks[id] = waiting
	c.mu.Unlock()
	if err := c.write(c.dialect.event(&c.o, id, name, args)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEnded, err)
	}
	return waiting, nil
}
