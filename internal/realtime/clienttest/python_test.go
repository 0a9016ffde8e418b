package clienttest_test

import "testing"

// TestPython runs Debian's python3-socketio. The scenario is in client.py.
func TestPython(t *testing.T) {
	for _, transport := range []string{"polling", "websocket", "upgrade"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			runClient(t, "/usr/bin/python3", "client.py", transport, "http://"+newServer(t).addr)
		})
	}
}
