package legacy_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/realtime/legacy"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// leave ends a session from elsewhere.
func (s *server) leave(sid string) error {
	r, err := s.raw()
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // the answer has told all
	if err := r.get("1/"+sid+"?disconnect=1", "Connection: close\r\n"); err != nil {
		return err
	}
	_, _, err = r.read()
	return err
}

// cuts are the states in which connections are cut, and how many at once.
var cuts = []struct {
	name   string
	count  int
	unused bool // the session may be, to the server
	bring  func(*raw) error
}{
	{"an idle WebSocket", 400, false, (*raw).upgrade},
	{"an idle poll", 400, false, func(r *raw) error {
		sid, err := r.handshake()
		if err != nil {
			return err
		}
		if err := r.get("1/xhr-polling/"+sid, ""); err != nil {
			return err
		}
		if _, body, err := r.read(); err != nil || body != "1::" {
			return fmt.Errorf("poll %q: %w", body, err)
		}
		return r.get("1/xhr-polling/"+sid, "")
	}},
	{"an unused handshake", 50, true, func(r *raw) error {
		_, err := r.handshake()
		return err
	}},
	{"a WebSocket that was only asked for", 50, true, func(r *raw) error { // CVE-2022-41940
		sid, err := r.handshake()
		if err != nil {
			return err
		}
		return r.get("1/websocket/"+sid, upgradeHeader)
	}},
	{"half a frame", 50, false, func(r *raw) error {
		if err := r.upgrade(); err != nil {
			return err
		}
		return r.write(clientFrame(0x81, `5:::{"name":"echo"}`)[:12])
	}},
	{"an answer on its way", 50, false, func(r *raw) error {
		if err := r.upgrade(); err != nil {
			return err
		}
		return r.write(clientFrame(0x81, "1::/alice") +
			strings.Repeat(clientFrame(0x81, `5:1+:/alice:{"name":"echo","args":[1]}`), 50) +
			clientFrame(0x81, `5::/alice:{"name":"leave"}`))
	}},
	{"half a POST", 50, false, func(r *raw) error {
		sid, err := r.handshake()
		if err != nil {
			return err
		}
		if err := r.get("1/xhr-polling/"+sid, ""); err != nil {
			return err
		}
		if _, _, err := r.read(); err != nil {
			return err
		}
		return r.write("POST /socket.io/1/xhr-polling/" + sid + " HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n5:::")
	}},
}

// tally counts how often handlers are told of their end.
type tally struct {
	mu      sync.Mutex
	made    int
	pending int // not told yet
	twice   int
}

type tallied struct {
	socketio.Handler
	tally *tally
	told  bool
}

func (h *tallied) Disconnected(r socketio.Reason) {
	h.Handler.Disconnected(r)
	h.tally.mu.Lock()
	defer h.tally.mu.Unlock()
	if h.told {
		h.tally.twice++
		return
	}
	h.told = true
	h.tally.pending--
}

func (c *tally) wrap(connect socketio.ConnectFunc) socketio.ConnectFunc {
	return func(k socketio.Socket, r *socketio.ConnectRequest) (socketio.Handler, error) {
		h, err := connect(k, r)
		if err != nil {
			return nil, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.made++
		c.pending++
		return &tallied{Handler: h, tally: c}, nil
	}
}

func (c *tally) settled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending == 0
}

// TestAbruptCuts cuts thousands of connections by a TCP reset, in whatever they
// were doing: nothing is left of them.
func TestAbruptCuts(t *testing.T) {
	count := new(tally)
	s := serve(t, func(c *legacy.Config) {
		c.Connect = count.wrap(c.Connect)
		c.CloseTimeout = time.Second
	})
	goroutines, descriptors := runtime.NumGoroutine(), openFiles(t)
	const rounds = 3
	for range rounds {
		cutAll(t, s)
		eventually(t, "sessions are gone", func() bool { return s.legacy.Len() == 0 })
		eventually(t, "handlers are told", count.settled)
		eventually(t, "goroutines are back", func() bool { return runtime.NumGoroutine() <= goroutines })
		eventually(t, "descriptors are back", func() bool { return openFiles(t) <= descriptors })
	}
	if count.twice != 0 || count.made < rounds*800 {
		t.Errorf("%d handlers, %d told twice", count.made, count.twice)
	}
}

// cutAll brings connections into all states, and then cuts all of them at once.
func cutAll(t *testing.T, s *server) {
	t.Helper()
	var opened, closed sync.WaitGroup
	cut := make(chan struct{})
	places := make(chan struct{}, 50) // the kernel refuses who comes with too many
	for _, c := range cuts {
		for range c.count {
			opened.Add(1)
			closed.Go(func() {
				places <- struct{}{}
				r, err := s.raw()
				if err == nil {
					err = c.bring(r)
				}
				<-places
				opened.Done()
				if err != nil {
					t.Errorf("%s: %v", c.name, err)
					return
				}
				<-cut
				if err := r.reset(); err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
				if !c.unused {
					return
				}
				if err := s.leave(r.sid); err != nil { // else it is kept for half a minute
					t.Errorf("%s: %v", c.name, err)
				}
			})
		}
	}
	opened.Wait()
	close(cut)
	closed.Wait()
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	limit := time.After(time.Minute)
	for !so() {
		select {
		case <-again.C:
		case <-limit:
			t.Fatalf("not within a minute: %s", what)
		}
	}
}
