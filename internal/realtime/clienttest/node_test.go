package clienttest_test

import (
	"bytes"
	"context"
	"os/exec"
	"testing"
	"time"
)

// limit is far more than any client needs.
const limit = time.Minute

// runClient runs a program to its end; it tells on its output what was wrong.
func runClient(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	command := exec.CommandContext(ctx, name, args...)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out.String())
	}
	t.Log(out.String())
}

// TestNode runs the clients of npm. The scenarios are in client.cjs.
func TestNode(t *testing.T) {
	for _, c := range []struct {
		client     string
		transports []string
	}{
		{"0.9", []string{"polling", "websocket"}},
		{"1", []string{"polling", "websocket", "upgrade"}},
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
