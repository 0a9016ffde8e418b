package legacy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// raw is a connection by hand.
type raw struct {
	net.Conn
	in  *bufio.Reader
	sid string // of the last handshake
}

func (s *server) raw() (*raw, error) {
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		return nil, err
	}
	return &raw{Conn: conn, in: bufio.NewReader(conn)}, nil
}

func (r *raw) write(text string) error {
	_, err := io.WriteString(r, text)
	return err
}

func (r *raw) get(path, header string) error {
	return r.write("GET /socket.io/" + path + " HTTP/1.1\r\nHost: h\r\n" + header + "\r\n")
}

// read reads a response; a WebSocket's ends with its head.
func (r *raw) read() (status int, body string, err error) {
	response, err := http.ReadResponse(r.in, nil)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// handshake returns a session id, or "".
func (r *raw) handshake() (string, error) {
	if err := r.get("1/", ""); err != nil {
		return "", err
	}
	_, body, err := r.read()
	r.sid, _, _ = strings.Cut(body, ":")
	return r.sid, err
}

const upgradeHeader = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// upgrade opens the WebSocket of a new session, up to the root's acknowledgement.
func (r *raw) upgrade() error {
	sid, err := r.handshake()
	if err != nil {
		return err
	}
	if err := r.get("1/websocket/"+sid, upgradeHeader); err != nil {
		return err
	}
	if status, _, err := r.read(); err != nil || status != http.StatusSwitchingProtocols {
		return fmt.Errorf("upgrade: %d %w", status, err)
	}
	frame := make([]byte, len("\x81\x031::"))
	if _, err := io.ReadFull(r.in, frame); err != nil || string(frame) != "\x81\x031::" {
		return fmt.Errorf("frame %q: %w", frame, err)
	}
	return nil
}

// clientFrame returns a short masked frame, its key zero.
func clientFrame(first byte, payload string) string {
	return string([]byte{first, 0x80 | byte(len(payload))}) + "\x00\x00\x00\x00" + payload
}

// reset ends a connection without a word.
func (r *raw) reset() error {
	if err := r.Conn.(*net.TCPConn).SetLinger(0); err != nil {
		return err
	}
	return r.Close()
}
