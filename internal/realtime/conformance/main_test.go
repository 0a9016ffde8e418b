package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// TestRun starts the program and talks to both of its servers.
func TestRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stdout, out := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"-port", "0", "-connect-timeout", "5s"}, out) }()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(strings.TrimSpace(strings.TrimPrefix(line, "listening on ")))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(fmt.Sprintf("http://127.0.0.1:%s/engine.io/?EIO=4&transport=polling", port))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(body), `"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}`) {
		t.Errorf("got %q, %v", body, err)
	}
	for path, exchange := range map[string][2]string{
		"engine.io": {"4hello", "4hello"},
		"socket.io": {"40/random", `44/random,{"message":"Invalid namespace"}`},
	} {
		conn, _, err := websocket.DefaultDialer.Dial(fmt.Sprintf("ws://127.0.0.1:%s/%s/?EIO=4&transport=websocket", port, path), nil) //nolint:bodyclose // an upgrade has none
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }() // the server closes it
		if _, _, err := conn.ReadMessage(); err != nil {
			t.Fatal(err)
		}
		if err := conn.WriteMessage(websocket.TextMessage, []byte(exchange[0])); err != nil {
			t.Fatal(err)
		}
		if _, got, err := conn.ReadMessage(); err != nil || string(got) != exchange[1] {
			t.Errorf("got %q, %v", got, err)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := run(t.Context(), []string{"-ping-interval", "1ns"}, io.Discard); err == nil {
		t.Error("it runs with an interval of a nanosecond")
	}
}
