package rawsocket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// patience bounds what the server does at once when it is well.
const patience = time.Minute

// dialer makes the connections of one client, and knows them.
type dialer struct {
	host string
	web  *http.Transport

	mu    sync.Mutex
	conns []net.Conn
	over  bool
}

func newDialer(o *Options) *dialer {
	d := &dialer{host: o.Host}
	var plain net.Dialer
	if o.Small {
		plain.Control = smallBuffers
	}
	dial := plain.DialContext
	if o.Dial != nil {
		dial = func(context.Context, string, string) (net.Conn, error) { return o.Dial() }
	}
	d.web = &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		conn, err := dial(ctx, network, o.Address)
		if err != nil {
			return nil, err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.over {
			return nil, errors.Join(net.ErrClosed, conn.Close())
		}
		d.conns = append(d.conns, conn)
		return conn, nil
	}}
	return d
}

// smallBuffers takes little in, in small pieces: the size of the sender's
// buffer follows that of the pieces.
func smallBuffers(_, _ string, raw syscall.RawConn) error {
	var fault error
	err := raw.Control(func(fd uintptr) {
		fault = errors.Join(
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096),
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 536))
	})
	return errors.Join(err, fault)
}

// cut resets all connections; there will be no others.
func (d *dialer) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	for _, c := range d.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // one that has ended is cut enough
		}
		_ = c.Close()
	}
}

func (d *dialer) request(ctx context.Context, verb, path, body string) (status int, answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, verb, "http://"+d.host+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if verb == http.MethodPost {
		req.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	res, err := d.web.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

func (d *dialer) websocket(ctx context.Context, path string) (link, error) {
	w := websocket.Dialer{NetDialContext: d.web.DialContext, HandshakeTimeout: patience}
	conn, res, err := w.DialContext(ctx, "ws://"+d.host+path, nil)
	if err != nil {
		if res != nil {
			text, _ := io.ReadAll(res.Body) // it helps to understand, or does not
			err = fmt.Errorf("%w: %d %s", err, res.StatusCode, text)
			res.Body.Close()
		}
		return nil, err
	}
	return &socket{conn}, nil
}

// socket is a link over WebSocket.
type socket struct{ conn *websocket.Conn }

func (s *socket) read() ([]string, error) {
	_, text, err := s.conn.ReadMessage()
	return []string{string(text)}, err
}

func (s *socket) write(packet string) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	return s.conn.WriteMessage(websocket.TextMessage, []byte(packet))
}

func (s *socket) close() { _ = s.conn.Close() }

// polling is a link over requests.
type polling struct {
	ctx    context.Context //nolint:containedctx // it is the link's life
	dialer *dialer
	path   string
	kept   []string // to be read once more
	split  func(body string) ([]string, error)
	frame  func(packet string) string
}

func (p *polling) read() ([]string, error) {
	if kept := p.kept; kept != nil {
		p.kept = nil
		return kept, nil
	}
	status, body, err := p.dialer.request(p.ctx, http.MethodGet, p.path, "")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("poll: %d %s", status, body)
	}
	if err != nil {
		return nil, err
	}
	return p.split(body)
}

func (p *polling) write(packet string) error {
	status, body, err := p.dialer.request(p.ctx, http.MethodPost, p.path, p.frame(packet))
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("post: %d %s", status, body)
	}
	return err
}

func (p *polling) close() { p.dialer.web.CloseIdleConnections() }

func splitRecords(body string) ([]string, error) { return strings.Split(body, "\x1e"), nil }

// splitLengths reads the payloads of Engine.IO 3.
func splitLengths(body string) (packets []string, err error) {
	for body != "" {
		digits, rest, ok := strings.Cut(body, ":")
		n, fault := strconv.Atoi(digits)
		if !ok || fault != nil {
			return nil, fmt.Errorf("payload: %q", body)
		}
		packet := firstUnits(rest, n)
		packets, body = append(packets, packet), rest[len(packet):]
	}
	return packets, nil
}

// splitReplacements reads the payloads of protocol 1.
func splitReplacements(body string) (packets []string, err error) {
	const mark = "\ufffd"
	if !strings.HasPrefix(body, mark) {
		return []string{body}, nil
	}
	for body != "" {
		digits, rest, ok := strings.Cut(strings.TrimPrefix(body, mark), mark)
		n, fault := strconv.Atoi(digits)
		if !ok || fault != nil {
			return nil, fmt.Errorf("payload: %q", body)
		}
		packet := firstUnits(rest, n)
		packets, body = append(packets, packet), rest[len(packet):]
	}
	return packets, nil
}

func utf16Length(text string) (n int) {
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// firstUnits gives the first n UTF-16 units of a text.
func firstUnits(text string, n int) string {
	at := 0
	for at < len(text) && n > 0 {
		r, size := utf8.DecodeRuneInString(text[at:])
		n -= utf16.RuneLen(r)
		at += size
	}
	return text[:at]
}
