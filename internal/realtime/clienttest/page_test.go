package clienttest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"strings"
	"testing"
)

// servePages serves the pages, and the clients as they come from npm.
func servePages(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	client, isClient := strings.CutSuffix(name, ".js")
	if !isClient {
		http.ServeFile(w, r, "pages/"+name)
		return
	}
	file := "node_modules/" + client + "/dist/socket.io.js"
	if _, err := os.Stat(file); err != nil {
		file = "node_modules/" + client + "/socket.io.js" // before 1.7
	}
	http.ServeFile(w, r, file)
}

// otherOrigin serves the pages alone: what they connect to is of another origin.
func otherOrigin(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(servePages))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// open opens one page after the other in a browser: to start one costs more than
// ten pages do.
func open(t *testing.T, urls []string) {
	t.Helper()
	runClient(t, "node", append([]string{"pages.mjs"}, urls...)...)
}

// TestChromium2012 opens the page of 2012, with its scripts from the server and
// from elsewhere.
func TestChromium2012(t *testing.T) {
	s := newServer(t)
	var urls []string
	for _, origin := range []string{s.addr, otherOrigin(t)} {
		for _, transport := range []string{"jsonp-polling", "xhr-polling", "websocket"} {
			urls = append(urls, "http://"+origin+"/pages/2012.html?"+s.addr+"#"+transport)
		}
	}
	open(t, urls)
}

// TestChromium opens a page with each later client. Browsers have what Node
// lacks: binary polls, JSONP, and 1.0 as it was meant.
func TestChromium(t *testing.T) {
	s := newServer(t)
	other := otherOrigin(t)
	var urls []string
	for _, c := range []struct {
		client, origin string
		transports     []string
	}{
		{"1.0", s.addr, []string{"polling", "websocket", "upgrade", "jsonp"}},
		{"1.2", s.addr, []string{"polling", "websocket", "upgrade", "jsonp"}},
		{"1.3", s.addr, []string{"polling", "websocket", "upgrade", "jsonp"}},
		{"1.4", other, []string{"polling", "websocket", "upgrade", "jsonp"}},
		{"1.7", other, []string{"polling", "websocket", "upgrade", "jsonp"}},
		{"2", s.addr, []string{"polling", "websocket", "upgrade", "jsonp"}},
		{"2", other, []string{"polling", "websocket", "upgrade", "jsonp"}},
		{"4", s.addr, []string{"polling", "websocket", "upgrade"}},
		{"4", other, []string{"polling", "websocket", "upgrade"}},
	} {
		for _, transport := range c.transports {
			urls = append(urls, "http://"+c.origin+"/pages/later.html?client="+c.client+
				"&transport="+transport+"&server="+s.addr)
		}
	}
	open(t, urls)
}
