package realtimetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gorilla/websocket"
)

// Socket is a connection's socket of one namespace.
type Socket struct {
	Namespace string
	ID        string // of protocol 5, else ""

	conn *Conn

	// Guarded by conn.mu.
	connected bool
	away      bool
	refusal   *Refusal
	events    []Event
	calls     map[int]chan []json.RawMessage
}

// Event is one that came.
type Event struct {
	Name string
	Args []json.RawMessage
}

// String gives it as an array.
func (e Event) String() string {
	text := e.Name
	for _, a := range e.Args {
		text += " " + string(a)
	}
	return text
}

// APIError is the error object of the API.
type APIError struct {
	ID      string          `json:"id"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

// Error implements error.
func (e *APIError) Error() string { return e.ID + ": " + e.Message }

// Emit sends an event; each argument is JSON.
func (s *Socket) Emit(event string, args ...string) error { return s.emit(-1, event, args) }

func (s *Socket) emit(id int, event string, args []string) error {
	name, err := json.Marshal(event)
	if err != nil {
		return err
	}
	if s.conn.protocol == 1 {
		ack := ""
		if id >= 0 {
			ack = fmt.Sprintf("%d+", id)
		}
		return s.conn.send(fmt.Sprintf(`5:%s:%s:{"name":%s,"args":[%s]}`, ack, s.Namespace, name, strings.Join(args, ",")))
	}
	ack := ""
	if id >= 0 {
		ack = fmt.Sprint(id)
	}
	return s.conn.send(fmt.Sprintf("42%s,%s[%s]", s.Namespace, ack, strings.Join(append([]string{string(name)}, args...), ",")))
}

// Start sends an event and gives where its acknowledgement will arrive, which
// is closed when the connection ends before.
func (s *Socket) Start(event string, args ...string) (<-chan []json.RawMessage, error) {
	id, answer := s.expect()
	return answer, s.emit(id, event, args)
}

// expect gives the number of a call, and where its acknowledgement will arrive.
func (s *Socket) expect() (id int, answer chan []json.RawMessage) {
	answer = make(chan []json.RawMessage, 1)
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.conn.lastCall++
	s.calls[s.conn.lastCall] = answer
	return s.conn.lastCall, answer
}

// Call sends an event and waits for its acknowledgement.
func (s *Socket) Call(ctx context.Context, event string, args ...string) ([]json.RawMessage, error) {
	answer, err := s.Start(event, args...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, Limit)
	defer cancel()
	select {
	case got := <-answer:
		return got, nil
	case <-s.conn.done:
		select {
		case got := <-answer:
			return got, nil
		default:
			return nil, ErrClosed
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Result reads an acknowledgement as the API makes it: fn(null, result) or
// fn(error), an *APIError.
func Result(args []json.RawMessage) (json.RawMessage, error) {
	switch {
	case len(args) == 2 && string(args[0]) == "null":
		return args[1], nil
	case len(args) == 1:
		var e APIError
		if err := json.Unmarshal(args[0], &e); err == nil && e.ID != "" {
			return nil, &e
		}
	}
	return nil, fmt.Errorf("realtimetest: acknowledged with %s", args)
}

// Command runs a command; params is a JSON object, or "".
func (s *Socket) Command(ctx context.Context, id, params string) (json.RawMessage, error) {
	text := fmt.Sprintf(`{"id":%q}`, id)
	if params != "" {
		text = fmt.Sprintf(`{"id":%q,"params":%s}`, id, params)
	}
	args, err := s.Call(ctx, "command", text)
	if err != nil {
		return nil, err
	}
	return Result(args)
}

// Wait gives the first event, in the order in which they came, that is wanted,
// and forgets it and those before it.
func (s *Socket) Wait(ctx context.Context, wanted func(Event) bool) (Event, error) {
	var found Event
	err := s.conn.await(ctx, func() (bool, error) {
		at := slices.IndexFunc(s.events, wanted)
		if at < 0 {
			if s.away {
				return false, ErrClosed
			}
			return false, nil
		}
		found = s.events[at]
		s.events = slices.Delete(s.events, 0, at+1)
		return true, nil
	})
	return found, err
}

// WaitFor is Wait for an event of that name.
func (s *Socket) WaitFor(ctx context.Context, name string) (Event, error) {
	return s.Wait(ctx, func(e Event) bool { return e.Name == name })
}

// Take gives all events that have come, and forgets them.
func (s *Socket) Take() []Event {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	all := s.events
	s.events = nil
	return all
}

// WaitAway waits until the server has sent the socket away or the connection
// has ended.
func (s *Socket) WaitAway(ctx context.Context) error {
	return s.conn.await(ctx, func() (bool, error) { return s.away || s.conn.ended, nil })
}

// Away reports whether the server has sent the socket away, in the protocol's
// own words.
func (s *Socket) Away() bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.away
}

// Leave leaves the namespace.
func (s *Socket) Leave() error {
	if s.conn.protocol == 1 {
		return s.conn.send("0::" + s.Namespace)
	}
	return s.conn.send("41" + s.Namespace + ",")
}

func (s *Socket) takeEvent(data string) error {
	e := Event{}
	if s.conn.protocol == 1 {
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			return err
		}
	} else {
		if err := json.Unmarshal([]byte(data), &e.Args); err != nil || len(e.Args) == 0 {
			return fmt.Errorf("realtimetest: event %s: %w", data, err)
		}
		if err := json.Unmarshal(e.Args[0], &e.Name); err != nil {
			return err
		}
		e.Args = e.Args[1:]
	}
	s.conn.change(func() { s.events = append(s.events, e) })
	return nil
}

func (s *Socket) owes(id int) bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.calls[id] != nil
}

func (s *Socket) takeAck(id int, data string) error {
	var args []json.RawMessage
	if data != "" {
		if err := json.Unmarshal([]byte(data), &args); err != nil {
			return err
		}
	}
	s.conn.mu.Lock()
	answer := s.calls[id]
	delete(s.calls, id)
	s.conn.mu.Unlock()
	if answer != nil {
		answer <- args
	}
	return nil
}

// StartBinary is Start with one binary value, over WebSocket and by protocol 5
// only; the arguments have its placeholder.
func (s *Socket) StartBinary(value []byte, event string, args ...string) (<-chan []json.RawMessage, error) {
	w, ok := s.conn.wire.(socketWire)
	if !ok || s.conn.protocol != 5 {
		return nil, fmt.Errorf("realtimetest: no binary values here")
	}
	id, answer := s.expect()
	if err := s.conn.send(fmt.Sprintf("451-%s,%d[%q,%s]", s.Namespace, id, event, strings.Join(args, ","))); err != nil {
		return nil, err
	}
	s.conn.sending.Lock()
	defer s.conn.sending.Unlock()
	return answer, w.conn.WriteMessage(websocket.BinaryMessage, value)
}
