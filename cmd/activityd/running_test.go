package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// running is `activityd serve` in the test's own process, over real listeners.
type running struct {
	url, admin string // "http://127.0.0.1:1234"
	stdout     *output
	stderr     *output // the log
	stop       func() int
}

// start runs serve on free ports; the test's end stops it.
func start(t *testing.T, flags ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{stdout: &output{}, stderr: &output{}}
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data-dir", t.TempDir()}, flags...)
	code := make(chan int, 1)
	go func() { code <- run(ctx, args, nil, strings.NewReader(""), r.stdout, r.stderr) }()
	r.stop = sync.OnceValue(func() int {
		cancel()
		return <-code
	})
	t.Cleanup(func() {
		if code := r.stop(); code != exitOK || t.Failed() {
			t.Errorf("exit code %d; the log:\n%s", code, r.stderr)
		}
	})
	r.greeted(t, code)
	return r
}

var greeting = regexp.MustCompile(`(?s)API +(\S+)/\n.*admin +(\S+)/healthz\n.*\n\n`)

// greeted waits until serve has told where it is.
func (r *running) greeted(t *testing.T, code chan int) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(time.Minute)
	for {
		if found := greeting.FindStringSubmatch(r.stdout.String()); found != nil {
			r.url, r.admin = found[1], found[2]
			return
		}
		select {
		case <-again.C:
		case n := <-code:
			code <- n
			t.Fatalf("serve ended: %s", r.stderr)
		case <-deadline:
			t.Fatalf("serve did not start: %s%s", r.stdout, r.stderr)
		}
	}
}

// body gives the answer's, and closes it.
func body(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// output is written by the program and read by the test.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
