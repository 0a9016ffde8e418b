package clientfiles_test

import (
	"net/http/httptest"
	"os/exec"
	"testing"

	"github.com/activityd/activityd/internal/realtime/clientfiles"
)

// TestRun has Node fetch each client, compressed with brotli, and run it as a
// browser runs a script: the io that it defines tells its generation.
func TestRun(t *testing.T) {
	for version, names := range map[clientfiles.Version]map[string]string{
		clientfiles.Version4: {"socket.io.js": "4", "socket.io.min.js": "4", "socket.io.esm.min.js": "4",
			"socket.io.dev.js": "2", "socket.io.slim.js": "2", "socket.io.slim.dev.js": "2",
			"socket.io.v0.9.17.js": "0.9", "socket.io+websocket.min.js": "0.9"},
		clientfiles.Version2:  {"socket.io.js": "2", "socket.io.min.js": "2"},
		clientfiles.Version09: {"socket.io.js": "0.9", "socket.io.min.js": "0.9"},
	} {
		server := httptest.NewServer(built(t, version))
		defer server.Close()
		args := []string{"testdata/run.mjs"}
		for name, generation := range names {
			args = append(args, server.URL+"/socket.io/"+name, generation)
		}
		if out, err := exec.CommandContext(t.Context(), "node", args...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", version, err, out)
		}
	}
}
