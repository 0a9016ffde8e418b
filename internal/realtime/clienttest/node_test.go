package clienttest_test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"
)

// limit is far more than any client needs on the slowest machine.
const limit = 8 * time.Minute

// runClient runs a program to its end; it tells on its output what was wrong.
func runClient(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	command := exec.CommandContext(ctx, name, args...)
	command.WaitDelay = 10 * time.Second // a browser's children may hold the output for a while
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		t.Fatalf("%s: %v\n%s", name, err, out.String())
	}
	t.Log(out.String())
}

// TestNode runs the clients of npm, one of each dialect. The scenarios are in
// client.cjs, and what a generation cannot do in generations.cjs.
func TestNode(t *testing.T) {
	for _, c := range []struct {
		client     string
		transports []string
	}{
		{"0.9", []string{"polling", "websocket"}},
		{"1.0", []string{"polling", "websocket", "upgrade"}},
		{"1.1", []string{"polling", "websocket", "upgrade"}},
		{"1.2", []string{"polling", "websocket", "upgrade"}},
		{"1.3", []string{"polling", "websocket", "upgrade"}},
		{"1.4", []string{"polling", "websocket", "upgrade"}},
		{"1.5", []string{"polling", "websocket", "upgrade"}},
		{"1.7", []string{"polling", "websocket", "upgrade"}},
		{"2", []string{"polling", "websocket", "upgrade"}},
		{"3", []string{"polling", "websocket", "upgrade"}},
		{"4", []string{"polling", "websocket", "upgrade"}},
	} {
		for _, transport := range c.transports {
			t.Run(c.client+"/"+transport, func(t *testing.T) {
				t.Parallel()
				runClient(t, "node", "client.cjs", c.client, transport, "http://"+newServer(t).addr)
			})
		}
	}
}
