package rawsocket

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// old is the dialect of protocol 1.
type old struct{}

func (old) open(ctx context.Context, o *Options, d *dialer) (link, error) {
	q := o.wishes()
	q.Set("resource", o.Namespace)
	status, body, err := d.request(ctx, http.MethodGet, "/socket.io/1/?"+q.Encode(), "")
	if err != nil {
		return nil, err
	}
	if status == http.StatusForbidden {
		return nil, &Refusal{Object: json.RawMessage(body)}
	}
	sid, _, ok := strings.Cut(body, ":")
	if status != http.StatusOK || !ok {
		return nil, fmt.Errorf("handshake: %d %s", status, body)
	}
	if !o.Polling {
		return d.websocket(ctx, "/socket.io/1/websocket/"+sid)
	}
	p := &polling{ctx: ctx, dialer: d, path: "/socket.io/1/xhr-polling/" + sid, split: splitReplacements, frame: func(packet string) string { return packet }}
	p.kept, err = p.read() // the session opens with the first poll
	return p, err
}

func (old) join(o *Options) string { return "1::" + o.Namespace }

func (old) event(o *Options, ack int, name string, args []json.RawMessage) string {
	if args == nil {
		args = []json.RawMessage{}
	}
	text, err := json.Marshal(struct {
		Name string            `json:"name"`
		Args []json.RawMessage `json:"args"`
	}{name, args})
	if err != nil {
		return "5:::" // what is no JSON is no event
	}
	return fmt.Sprintf("5:%d+:%s:%s", ack, o.Namespace, text)
}

func (old) parse(packet string) message {
	parts := strings.SplitN(packet, ":", 4)
	if len(parts) < 3 {
		return message{}
	}
	data := ""
	if len(parts) == 4 {
		data = parts[3]
	}
	switch parts[0] {
	case "0":
		return message{kind: ended}
	case "1":
		if parts[2] != "" {
			return message{kind: joined}
		}
	case "2":
		return message{answer: "2::"}
	case "5":
		var e struct {
			Name string
			Args []json.RawMessage
		}
		if json.Unmarshal([]byte(data), &e) != nil {
			return message{kind: ended}
		}
		return message{kind: event, name: e.Name, args: e.Args}
	case "6":
		id, list, _ := strings.Cut(data, "+")
		m := message{kind: answered}
		m.ack, _ = strconv.Atoi(id)               // a wrong one is nobody's
		_ = json.Unmarshal([]byte(list), &m.args) // likewise
		return m
	case "7":
		if parts[2] == "" { // of the session: it is gone
			return message{kind: ended}
		}
		return message{kind: refused}
	}
	return message{}
}
