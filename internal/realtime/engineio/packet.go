package engineio

import (
	"encoding/base64"
	"errors"
	"unicode/utf8"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"
)

// errPacket is a packet that no client sends.
var errPacket = errors.New("engineio: malformed packet")

// decodeBase64 decodes the text form of a binary packet, its b included.
func decodeBase64(revision uint8, packet []byte) ([]byte, error) {
	data := packet[1:]
	if revision < 4 {
		if len(data) == 0 || data[0] != '4' {
			return nil, errPacket
		}
		data = data[1:]
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(data)))
	n, err := base64.StdEncoding.Decode(out, data)
	if err != nil {
		return nil, errPacket
	}
	return out[:n], nil
}

// receive takes one packet, of text with its type digit, or of binary as it
// comes over a WebSocket. After an error, or false, nothing more may follow.
func (s *Session) receive(binary bool, packet []byte) (bool, error) {
	// An empty attachment is an empty frame in revision 4, and nothing else is.
	if len(packet) == 0 && (!binary || s.revision < 4) {
		return false, errPacket
	}
	s.touch()
	if binary {
		if s.revision < 4 {
			if packet[0] != 4 {
				return false, errPacket
			}
			packet = packet[1:]
		}
		return s.deliver(packet, true), nil
	}
	if packet[0] == 'b' {
		data, err := decodeBase64(s.revision, packet)
		if err != nil {
			return false, err
		}
		return s.deliver(data, true), nil
	}
	switch {
	case packet[0] == '4':
		if !utf8.Valid(packet) {
			return false, errPacket
		}
		return s.deliver(packet[1:], false), nil
	case packet[0] == '1' && len(packet) == 1:
		s.end(ReasonTransportClose, answering)
		return false, nil
	case packet[0] == '2' && s.revision < 4:
		return s.Send(wire.Frame(wire.OpText, []byte{'3'})) == nil, nil
	case packet[0] == '3' && s.revision >= 4, packet[0] == '6':
		return true, nil
	}
	return false, errPacket
}

// deliver hands a message to the application, and reports whether the session
// goes on.
func (s *Session) deliver(data []byte, binary bool) bool {
	s.receiving.Lock()
	defer s.receiving.Unlock()
	if !s.open() {
		return false
	}
	s.handler.Message(data, binary)
	return s.open()
}

func (s *Session) open() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == stateOpen
}
