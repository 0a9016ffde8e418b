package wire_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"

	"github.com/gorilla/websocket"
)

// script is a connection on which a client says something and then ends.
type script struct {
	net.Conn // nil: what is not below is not called
	in       *bytes.Reader
	portion  int // of what one call reads at most
}

func (s *script) Read(b []byte) (int, error)       { return s.in.Read(b[:min(len(b), s.portion)]) }
func (s *script) Write(b []byte) (int, error)      { return len(b), nil }
func (s *script) Close() error                     { return nil }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// hijacked lets gorilla take a script over.
type hijacked struct {
	http.ResponseWriter
	script *script
}

func (h hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	none := bufio.NewReadWriter(bufio.NewReader(bytes.NewReader(nil)), bufio.NewWriter(io.Discard))
	return h.script, none, nil
}

const maxMessage = 300

// gorillas returns the messages that gorilla reads.
func gorillas(t *testing.T, in []byte) []string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-Websocket-Version": "13", "Sec-Websocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		r.Header.Set(name, value)
	}
	upgrader := websocket.Upgrader{}
	conn, err := upgrader.Upgrade(hijacked{script: &script{in: bytes.NewReader(in), portion: len(in) + 1}}, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(maxMessage)
	var messages []string
	for {
		op, data, err := conn.ReadMessage()
		if err != nil {
			return messages
		}
		messages = append(messages, string(rune('0'+op))+string(data))
	}
}

// listener notes messages.
type listener struct {
	messages []string
	ended    chan error
}

func (l *listener) Drained()     {}
func (l *listener) Broken(error) {}
func (l *listener) Quiet() bool  { return true }
func (l *listener) Receive(binary bool, data []byte) bool {
	op := "1"
	if binary {
		op = "2"
	}
	l.messages = append(l.messages, op+string(data))
	return true
}
func (l *listener) Ended(err error) { l.ended <- err }

// FuzzRead reads the same bytes as gorilla does, in portions of any size: the
// messages are the same.
func FuzzRead(f *testing.F) {
	frame := func(first byte, payload string) string {
		return string([]byte{first, 0x80 | byte(len(payload)), 0, 0, 0, 0}) + payload
	}
	long := "\x82\xfe\x01\x00\x01\x02\x03\x04" + string(make([]byte, 256))
	for _, in := range []string{
		frame(0x81, "hello") + frame(0x82, "") + frame(0x88, "\x03\xe8bye"),
		frame(0x01, "he") + frame(0x89, "ping") + frame(0x00, "l") + frame(0x80, "lo") + frame(0x8a, ""),
		long + long + frame(0x01, "x") + long,
		frame(0xc1, "compressed"), "\x81\x02hi", frame(0x80, "no beginning"), frame(0x01, "a") + frame(0x81, "b"),
		"\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00key!", "\x82\xff\x00\x00\x00\x00\x00\x00\x01\x2ckey!" + string(make([]byte, 300)),
		frame(0x09, "part of a ping"), frame(0x83, "unknown"), frame(0x88, "\x03"), frame(0x88, "\x03\xee"),
	} {
		f.Add([]byte(in), 1)
		f.Add([]byte(in), 1<<10)
	}
	f.Fuzz(func(t *testing.T, in []byte, portion int) {
		env := wire.NewEnv(wire.Limits{MaxMessage: maxMessage, MaxQueue: 1 << 20, WriteTimeout: time.Minute})
		l := &listener{ended: make(chan error, 1)}
		var out wire.Outbox
		out.Init(env, l)
		conn := env.NewConn(&script{in: bytes.NewReader(in), portion: min(max(portion, 1), 1<<20)})
		out.Attach(conn)
		conn.Start(&out, l)
		err := <-l.ended
		env.Wait()
		var closed *websocket.CloseError
		if !errors.As(err, &closed) && !errors.Is(err, websocket.ErrReadLimit) {
			t.Errorf("ended by %v", err)
		}
		if want := gorillas(t, in); !slices.Equal(l.messages, want) {
			t.Errorf("got %q\nwant %q", l.messages, want)
		}
	})
}
