package legacy

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/activityd/activityd/internal/realtime/socketio"
)

// packetType is the first number of a packet.
type packetType byte

// The packet types; 8 is only ever sent by us.
const (
	typeDisconnect packetType = '0'
	typeConnect    packetType = '1'
	typeHeartbeat  packetType = '2'
	typeMessage    packetType = '3'
	typeJSON       packetType = '4'
	typeEvent      packetType = '5'
	typeAck        packetType = '6'
	typeError      packetType = '7'
	typeNoop       packetType = '8'
)

// Bounds of what a packet says before its data.
const (
	maxIDDigits = 15
	maxEndpoint = 256
)

// errPacket is a packet that no client sends. What is wrong with it is nobody's
// business but that of who sent it, and is not told.
var errPacket = errors.New("legacy: malformed packet")

// packet is type:id[+]:endpoint[:data].
type packet struct {
	kind     packetType
	id       []byte // digits, or empty
	dataAck  bool   // the sender wants to be answered by the application
	endpoint string // "" is the root namespace
	data     []byte // empty if absent
}

// parsePacket reads one packet, whose data it does not copy.
func parsePacket(b []byte) (packet, error) {
	if len(b) < 3 || b[0] < '0' || b[0] > '8' || b[1] != ':' || !utf8.Valid(b) {
		return packet{}, errPacket
	}
	p := packet{kind: packetType(b[0])}
	b = b[2:]
	n := 0
	for n < len(b) && n <= maxIDDigits && isDigit(b[n]) {
		n++
	}
	if n > maxIDDigits {
		return packet{}, errPacket
	}
	p.id, b = b[:n], b[n:]
	if len(b) > 0 && b[0] == '+' {
		p.dataAck, b = n > 0, b[1:]
	}
	if len(b) == 0 || b[0] != ':' {
		return packet{}, errPacket
	}
	endpoint, data, _ := bytes.Cut(b[1:], []byte{':'})
	if len(endpoint) > maxEndpoint {
		return packet{}, errPacket
	}
	p.endpoint, p.data = string(endpoint), data
	return p, nil
}

// parseEvent reads the data of an event, which the result keeps.
func parseEvent(data []byte) (name string, args [][]byte, err error) {
	members, err := socketio.SplitObject(data)
	if err != nil {
		return "", nil, errPacket
	}
	named := false
	for i := 0; i < len(members); i += 2 {
		value := members[i+1]
		switch string(members[i]) {
		case `"name"`:
			if name, named = socketio.Unquote(value); !named {
				return "", nil, errPacket
			}
		case `"args"`:
			if string(value) == "null" {
				args = nil
				continue
			}
			if args, err = socketio.SplitArray(value); err != nil {
				return "", nil, errPacket
			}
		}
	}
	if !named {
		return "", nil, errPacket
	}
	return name, args, nil
}

// parseAck reads the data of an acknowledgement, id[+args], which the result
// keeps.
func parseAck(data []byte) (id uint64, args [][]byte, err error) {
	digits, rest, more := bytes.Cut(data, []byte{'+'})
	if len(digits) == 0 || len(digits) > maxIDDigits {
		return 0, nil, errPacket
	}
	for _, c := range digits {
		if !isDigit(c) {
			return 0, nil, errPacket
		}
	}
	id, err = strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		return 0, nil, errPacket
	}
	if !more {
		return id, nil, nil
	}
	if args, err = socketio.SplitArray(rest); err != nil {
		return 0, nil, errPacket
	}
	return id, args, nil
}

// connectPacket tells or asks for a connection to a namespace.
func connectPacket(endpoint string) []byte { return []byte("1::" + endpoint) }

// disconnectPacket sends a client away from a namespace.
func disconnectPacket(endpoint string) []byte {
	if endpoint == "" {
		return []byte("0::")
	}
	return []byte("0::" + endpoint)
}

// refusalPacket refuses a namespace; the client calls it "unauthorized".
func refusalPacket(endpoint string) []byte { return []byte("7::" + endpoint + ":2") }

// eventPacket encodes an event. id is empty, or of the acknowledgement asked for.
func eventPacket(id, endpoint, event string, attachments bool, args [][]byte) []byte {
	size := len(id) + len(endpoint) + len(event) + 40
	for _, a := range args {
		size += len(a) + 1
	}
	b := make([]byte, 0, size)
	b = append(b, "5:"...)
	if id != "" {
		b = append(append(b, id...), '+')
	}
	b = append(append(b, ':'), endpoint...)
	b = appendPlain(b, socketio.AppendQuoted([]byte(`:{"name":`), event))
	if len(args) > 0 {
		b = append(b, `,"args":[`...)
		b = append(appendArgs(b, attachments, args), ']')
	}
	return append(b, '}')
}

// ackPacket answers a packet of the client. Without args it says only that the
// packet arrived.
func ackPacket(endpoint, id string, attachments bool, args [][]byte) []byte {
	b := make([]byte, 0, len(endpoint)+len(id)+16)
	b = append(append(b, "6::"...), endpoint...)
	b = append(append(b, ':'), id...)
	if len(args) == 0 {
		return b
	}
	return append(appendArgs(append(b, "+["...), attachments, args), ']')
}

// appendArgs puts JSON values in a row.
func appendArgs(b []byte, attachments bool, args [][]byte) []byte {
	for i, a := range args {
		if i > 0 {
			b = append(b, ',')
		}
		if attachments {
			a = withoutPlaceholders(a)
		}
		b = appendPlain(b, a)
	}
	return b
}

// appendPlain appends JSON so that the client's regular expressions take it as
// one line: /(.*)/ of its acknowledgements ends at any line terminator. Raw
// newlines stand only between values, U+2028 and U+2029 only within strings.
func appendPlain(b, value []byte) []byte {
	if !utf8.Valid(value) {
		value = bytes.ToValidUTF8(value, []byte("\ufffd"))
	}
	start := 0
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\n', c == '\r':
			b = append(append(b, value[start:i]...), ' ')
			start = i + 1
		case c == 0xe2 && i+2 < len(value) && value[i+1] == 0x80 && value[i+2]&^1 == 0xa8:
			b = append(append(b, value[start:i]...), `\u202`...)
			b = append(b, '8'+value[i+2]&1)
			i += 2
			start = i + 1
		}
	}
	return append(b, value[start:]...)
}

// withoutPlaceholders writes null for the placeholders of attachments. What it
// looks for cannot stand within a JSON string, where quotes are escaped.
func withoutPlaceholders(value []byte) []byte {
	const head = `{"_placeholder":true,"num":`
	if !bytes.Contains(value, []byte(head)) {
		return value
	}
	out := make([]byte, 0, len(value))
	for {
		before, rest, found := bytes.Cut(value, []byte(head))
		out = append(out, before...)
		if !found {
			return out
		}
		n := 0
		for n < len(rest) && isDigit(rest[n]) {
			n++
		}
		if n == 0 || n == len(rest) || rest[n] != '}' {
			out, value = append(out, head...), rest
			continue
		}
		out, value = append(out, "null"...), rest[n+1:]
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
