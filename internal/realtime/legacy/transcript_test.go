package legacy_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// The transcripts in testdata are what a client of 0.9.17 and our server say.
// Lines begin with > for the client and < for the server; \u2028 and the like
// are written as in Go.

type line struct {
	fromClient bool
	text       string
}

func transcript(t *testing.T, path string) []line {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	var lines []line
	for s := bufio.NewScanner(f); s.Scan(); {
		direction, text, ok := strings.Cut(s.Text(), " ")
		if !ok || strings.HasPrefix(s.Text(), "#") {
			continue
		}
		decoded, err := strconv.Unquote("`" + text + "`")
		if strings.HasPrefix(text, `"`) {
			decoded, err = strconv.Unquote(text)
		}
		if err != nil {
			t.Fatalf("%s: %s: %v", path, s.Text(), err)
		}
		lines = append(lines, line{direction == ">", decoded})
	}
	if len(lines) == 0 {
		t.Fatalf("%s is empty", path)
	}
	return lines
}

func transcripts(t *testing.T, kind string, run func(*testing.T, []line)) {
	t.Helper()
	paths, err := filepath.Glob("testdata/" + kind + "*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) { run(t, transcript(t, path)) })
	}
}

// TestWebSocketTranscripts replays packets over WebSocket.
func TestWebSocketTranscripts(t *testing.T) {
	s := serve(t, nil)
	transcripts(t, "packets", func(t *testing.T, lines []line) {
		conn := s.dial(t, s.handshake(t, ""))
		for _, l := range lines {
			switch {
			case l.fromClient:
				send(t, conn, l.text)
			case l.text == "closed":
				expectClose(t, conn, websocket.CloseNormalClosure)
			default:
				expect(t, conn, l.text)
			}
		}
	})
}

// TestPollingTranscripts replays the same packets, each in a request of its own,
// over XHR and JSONP.
func TestPollingTranscripts(t *testing.T) {
	s := serve(t, nil)
	for _, c := range []struct {
		name, transport string
		wrap            func(string) string
		body            func(string) string
	}{
		{"xhr", "xhr-polling", func(s string) string { return s }, func(s string) string { return s }},
		{"jsonp", "jsonp-polling", func(s string) string { return "io.j[7](" + quoted(s) + ");" },
			func(s string) string { return url.Values{"d": {quoted(s)}}.Encode() }},
	} {
		transcripts(t, "packets", func(t *testing.T, lines []line) {
			path := fmt.Sprintf("1/%s/%s?i=7", c.transport, s.handshake(t, ""))
			for i := 0; i < len(lines); {
				if lines[i].fromClient {
					got := s.post(t, path, c.body(lines[i].text))
					if got.status != http.StatusOK || got.body != "1" {
						t.Fatalf("%s: POST %q: %d %q", c.name, lines[i].text, got.status, got.body)
					}
					i++
					continue
				}
				// What the server says in a row comes in one poll.
				var said []string
				for ; i < len(lines) && !lines[i].fromClient; i++ {
					text := lines[i].text
					if text == "closed" {
						text = "7:::1+0"
						if said != nil && said[len(said)-1] == "0::" {
							continue // nothing is to be added to that
						}
					}
					said = append(said, text)
				}
				if got := s.get(t, path); got != c.wrap(payload(said...)) {
					t.Fatalf("%s: poll: got %q, want %q", c.name, got, c.wrap(payload(said...)))
				}
			}
		})
	}
}

// payload frames packets as protocol 1 does.
func payload(packets ...string) string {
	if len(packets) == 1 {
		return packets[0]
	}
	var b strings.Builder
	for _, p := range packets {
		units := 0
		for _, r := range p {
			units++
			if r > 0xffff {
				units++
			}
		}
		fmt.Fprintf(&b, "\ufffd%d\ufffd%s", units, p)
	}
	return b.String()
}
