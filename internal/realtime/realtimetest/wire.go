package realtimetest

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/gorilla/websocket"
)

// wire carries text packets.
type wire interface {
	receive() ([]string, error)
	send(packet string) error
	close()
}

type socketWire struct {
	conn  *websocket.Conn
	twice bool // text is UTF-8 of UTF-8, as clients 1.0 have it
}

func (w socketWire) receive() ([]string, error) {
	_, data, err := w.conn.ReadMessage()
	if w.twice {
		once := make([]byte, 0, len(data))
		for _, r := range string(data) {
			once = append(once, byte(r))
		}
		data = once
	}
	return []string{string(data)}, err
}

func (w socketWire) send(packet string) error {
	if w.twice {
		runes := make([]rune, len(packet))
		for i, b := range []byte(packet) {
			runes[i] = rune(b)
		}
		packet = string(runes)
	}
	return w.conn.WriteMessage(websocket.TextMessage, []byte(packet))
}

func (w socketWire) close() { _ = w.conn.Close() }

// pollWire is long polling.
type pollWire struct {
	dialer  Dialer
	path    string
	waiting []string               // of the first poll
	ctx     func() context.Context // of all requests
	stop    context.CancelFunc
}

func newPollWire(d Dialer) *pollWire {
	ctx, stop := context.WithCancel(context.Background())
	return &pollWire{dialer: d, ctx: func() context.Context { return ctx }, stop: stop}
}

func (w *pollWire) receive() ([]string, error) {
	if len(w.waiting) > 0 {
		all := w.waiting
		w.waiting = nil
		return all, nil
	}
	text, err := w.dialer.ask(w.ctx(), http.MethodGet, w.path, "")
	return split(w.dialer.Protocol, text), err
}

func (w *pollWire) send(packet string) error {
	if w.dialer.Protocol == 3 || w.dialer.Protocol == 4 {
		packet = strconv.Itoa(len(utf16.Encode([]rune(packet)))) + ":" + packet
	}
	_, err := w.dialer.ask(w.ctx(), http.MethodPost, w.path, packet)
	return err
}

func (w *pollWire) close() { w.stop() }

// split takes the payload of a poll apart.
func split(protocol int, text string) []string {
	switch protocol {
	case 1:
		return splitOld(text)
	case 5:
		return strings.Split(text, "\x1e")
	}
	var all []string
	units := utf16.Encode([]rune(text))
	for len(units) > 0 {
		length, digits := 0, 0
		for ; digits < len(units) && units[digits] != ':'; digits++ {
			length = length*10 + int(units[digits]-'0')
		}
		units = units[min(digits+1, len(units)):]
		length = min(length, len(units))
		all = append(all, string(utf16.Decode(units[:length])))
		units = units[length:]
	}
	return all
}

// splitOld takes a payload of protocol 1 apart; a single packet goes bare.
func splitOld(text string) []string {
	const mark = "\ufffd"
	if !strings.HasPrefix(text, mark) {
		return []string{text}
	}
	var all []string
	for text != "" {
		_, rest, _ := strings.Cut(text, mark)
		digits, rest, _ := strings.Cut(rest, mark)
		n, _ := strconv.Atoi(digits)
		units := utf16.Encode([]rune(rest))
		n = min(n, len(units))
		all = append(all, string(utf16.Decode(units[:n])))
		text = string(utf16.Decode(units[n:]))
	}
	return all
}
