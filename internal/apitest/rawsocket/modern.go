package rawsocket

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// modern is the dialect of Engine.IO 3 and 4.
type modern Generation

func (g modern) open(ctx context.Context, o *Options, d *dialer) (link, error) {
	q := url.Values{}
	if o.ByURL {
		q = o.wishes()
	}
	q.Set("EIO", "4")
	if Generation(g) == V2 {
		q.Set("EIO", "3")
	}
	if !o.Polling {
		q.Set("transport", "websocket")
		return d.websocket(ctx, "/socket.io/?"+q.Encode())
	}
	q.Set("transport", "polling")
	p := &polling{ctx: ctx, dialer: d, split: splitRecords, frame: func(packet string) string { return packet }}
	if Generation(g) == V2 {
		q.Set("b64", "1") // as under Node: text in both directions
		p.split, p.frame = splitLengths, func(packet string) string { return fmt.Sprintf("%d:%s", utf16Length(packet), packet) }
	}
	p.path = "/socket.io/?" + q.Encode()
	packets, err := p.read()
	if err != nil {
		return nil, err
	}
	var hello struct{ SID string }
	if len(packets) == 0 || !strings.HasPrefix(packets[0], "0") || json.Unmarshal([]byte(packets[0][1:]), &hello) != nil {
		return nil, fmt.Errorf("%q is no handshake", packets)
	}
	p.path += "&sid=" + hello.SID
	p.kept = packets
	return p, nil
}

func (g modern) join(o *Options) string {
	if o.ByURL {
		if Generation(g) == V4 {
			return "40" + o.Namespace + ",{}"
		}
		return "40" + o.Namespace + ","
	}
	if Generation(g) == V2 {
		return "40" + o.Namespace + "?" + o.wishes().Encode() + ","
	}
	wishes := map[string]string{}
	for name, value := range o.wishes() {
		wishes[name] = value[0]
	}
	text, _ := json.Marshal(wishes) // strings always are JSON
	return "40" + o.Namespace + "," + string(text)
}

func (g modern) event(o *Options, ack int, name string, args []json.RawMessage) string {
	return fmt.Sprintf("42%s,%d%s", o.Namespace, ack, array(name, args))
}

// array writes the event's name and arguments.
func array(name string, args []json.RawMessage) string {
	quoted, _ := json.Marshal(name) // a string always is JSON
	var b strings.Builder
	b.WriteByte('[')
	b.Write(quoted)
	for _, arg := range args {
		b.WriteByte(',')
		b.Write(arg)
	}
	b.WriteByte(']')
	return b.String()
}

func (g modern) parse(packet string) message {
	switch {
	case strings.HasPrefix(packet, "0") && Generation(g) == V2:
		var hello struct{ PingInterval int64 }
		_ = json.Unmarshal([]byte(packet[1:]), &hello) // without one there is no heartbeat
		return message{answer: "2", every: time.Duration(hello.PingInterval) * time.Millisecond}
	case packet == "2":
		return message{answer: "3"}
	case packet == "1":
		return message{kind: ended}
	case len(packet) < 2 || packet[0] != '4':
		return message{}
	}
	kind, rest := packet[1], packet[2:]
	if !strings.HasPrefix(rest, "/") {
		return message{} // the implicit root of Engine.IO 3
	}
	_, data, _ := strings.Cut(rest, ",")
	switch kind {
	case '0':
		return message{kind: joined}
	case '1':
		return message{kind: ended}
	case '2':
		return eventOf([]byte(data))
	case '3':
		digits := strings.IndexByte(data, '[')
		if digits < 0 {
			return message{}
		}
		id, _ := strconv.Atoi(data[:digits]) // a wrong one is nobody's
		var args []json.RawMessage
		_ = json.Unmarshal([]byte(data[digits:]), &args) // likewise
		return message{kind: answered, ack: id, args: args}
	case '4':
		var v4 struct{ Data json.RawMessage }
		if Generation(g) == V4 && json.Unmarshal([]byte(data), &v4) == nil {
			return message{kind: refused, data: v4.Data}
		}
		return message{kind: refused, data: json.RawMessage(data)}
	}
	return message{}
}

func eventOf(array []byte) message {
	var args []json.RawMessage
	m := message{kind: event}
	if json.Unmarshal(array, &args) != nil || len(args) == 0 || json.Unmarshal(args[0], &m.name) != nil {
		return message{kind: ended}
	}
	m.args = args[1:]
	return m
}
