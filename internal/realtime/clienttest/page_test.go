package clienttest_test

import (
	"net/http"
	"testing"
)

// servePage serves the page of 2012 and its client.
func servePage(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/page/socket.io.js" {
		http.ServeFile(w, r, "node_modules/client-0.9/dist/socket.io.js")
		return
	}
	http.ServeFile(w, r, "page.html")
}

// TestChromium opens the page in a browser, the only place where JSONP runs.
func TestChromium(t *testing.T) {
	for _, transport := range []string{"jsonp-polling", "xhr-polling", "websocket"} {
		t.Run(transport, func(t *testing.T) {
			runClient(t, "node", "page.mjs", "http://"+newServer(t).addr+"/page/#"+transport)
		})
	}
}
