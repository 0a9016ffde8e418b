package clientfiles_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/realtime/clientfiles"
)

// always are the names that stand for the same files in every version; those
// with none are not there.
func always() map[string]string {
	return map[string]string{
		"socket.io.esm.min.js":                          "4/socket.io.esm.min.js",
		"socket.io.esm.min.js.map":                      "4/socket.io.esm.min.js.map",
		"socket.io.dev.js":                              "2/socket.io.dev.js",
		"socket.io.dev.js.map":                          "2/socket.io.dev.js.map",
		"socket.io.slim.js":                             "2/socket.io.slim.js",
		"socket.io.slim.js.map":                         "2/socket.io.slim.js.map",
		"socket.io.slim.dev.js":                         "2/socket.io.slim.dev.js",
		"socket.io.slim.dev.js.map":                     "2/socket.io.slim.dev.js.map",
		"socket.io.v0.9.js":                             "0.9/socket.io.js",
		"socket.io.v0.9.min.js":                         "0.9/socket.io.min.js",
		"socket.io.v0.9.17.js":                          "0.9/socket.io.js",
		"socket.io.v0.9.6.js":                           "0.9/socket.io.js",
		"socket.io.v0.9.17.min.js":                      "0.9/socket.io.min.js",
		"socket.io+websocket.js":                        "0.9/socket.io.js",
		"socket.io%2Bwebsocket.js":                      "0.9/socket.io.js",
		"socket.io+websocket+xhr-polling.js":            "0.9/socket.io.js",
		"socket.io+websocket.min.js":                    "0.9/socket.io.min.js",
		"socket.io+websocket+htmlfile.v0.9.11.js":       "0.9/socket.io.js",
		"socket.io+xhr-polling.v0.9.min.js":             "0.9/socket.io.min.js",
		"socket.io.v0.9.17.js.map":                      "",
		"socket.io.v0.8.7.js":                           "",
		"socket.io.v0.9.17.x.js":                        "",
		"socket.io.v4.8.4.js":                           "",
		"socket.io+.js":                                 "",
		"socket.io+websocket.v1.7.4.js":                 "",
		"socket.io.msgpack.min.js":                      "",
		"socket.io.esm.js":                              "",
		"socket.io.js.br":                               "",
		"socket.io.js.gz":                               "",
		"/socket.io/..%2Fnotice.txt":                    "",
		"/socket.io/%2e%2e/files/built/4/socket.io.map": "",
		"/socket.io/":                                   "",
	}
}

// bare are the names that each version has its own files for.
func bare() map[clientfiles.Version]map[string]string {
	return map[clientfiles.Version]map[string]string{
		clientfiles.Version4: {
			"socket.io.js":         "4/socket.io.js",
			"socket.io.js.map":     "4/socket.io.js.map",
			"socket.io.min.js":     "4/socket.io.min.js",
			"socket.io.min.js.map": "4/socket.io.min.js.map",
		},
		clientfiles.Version2: {
			"socket.io.js":         "2/socket.io.js",
			"socket.io.js.map":     "2/socket.io.js.map",
			"socket.io.min.js":     "2/socket.io.js",
			"socket.io.min.js.map": "",
		},
		clientfiles.Version09: {
			"socket.io.js":         "0.9/socket.io.js",
			"socket.io.js.map":     "",
			"socket.io.min.js":     "0.9/socket.io.min.js",
			"socket.io.min.js.map": "",
		},
	}
}

// TestNames holds the names to the files that npm has.
func TestNames(t *testing.T) {
	for version, bare := range bare() {
		f := built(t, version)
		for _, names := range []map[string]string{bare, always()} {
			for name, path := range names {
				w := ask(t, f, http.MethodGet, name)
				if path == "" && w.Code != http.StatusNotFound {
					t.Errorf("%s: %s is there: %d", version, name, w.Code)
				}
				if path != "" && (w.Code != http.StatusOK || w.Body.String() != content(t, path)) {
					t.Errorf("%s: %s is not %s: %d, %d bytes", version, name, path, w.Code, w.Body.Len())
				}
			}
		}
	}
}

var sourceMap = regexp.MustCompile(`//# sourceMappingURL=(\S+)\s*$`)

// TestClients: each is of its version, keeps its notice, and names only a map
// that is served, and that is its own.
func TestClients(t *testing.T) {
	banner := map[string]*regexp.Regexp{
		"4":   regexp.MustCompile(`^/\*!\n \* Socket.IO v4\.\d+\.\d+\n \* \(c\) .*\n \* Released under the MIT License`),
		"2":   regexp.MustCompile(`^/\*!\n \* Socket.IO v2\.5\.0\n \* \(c\) .*\n \* Released under the MIT License`),
		"0.9": regexp.MustCompile(`^/\*! Socket.IO(\.min)?\.js build:0\.9\.17, .* MIT Licensed \*/`),
	}
	for version, names := range map[clientfiles.Version]map[string]string{
		clientfiles.Version4: {"socket.io.js": "4", "socket.io.min.js": "4", "socket.io.esm.min.js": "4",
			"socket.io.dev.js": "2", "socket.io.slim.js": "2", "socket.io.slim.dev.js": "2", "socket.io.v0.9.js": "0.9", "socket.io.v0.9.min.js": "0.9"},
		clientfiles.Version2:  {"socket.io.js": "2", "socket.io.min.js": "2"},
		clientfiles.Version09: {"socket.io.js": "0.9", "socket.io.min.js": "0.9"},
	} {
		f := built(t, version)
		for name, generation := range names {
			script := ask(t, f, http.MethodGet, name).Body.String()
			if !banner[generation].MatchString(script) {
				t.Errorf("%s: %s begins with %.150q", version, name, script)
			}
			named := sourceMap.FindStringSubmatch(script)
			if (named == nil) != (generation == "0.9") {
				t.Errorf("%s: %s names the map %q", version, name, named)
			}
			if named == nil {
				continue
			}
			var sources struct {
				Version int
				File    string
			}
			w := ask(t, f, http.MethodGet, named[1])
			if err := json.Unmarshal(w.Body.Bytes(), &sources); err != nil || sources.Version != 3 || sources.File+".map" != named[1] {
				t.Errorf("%s: %s names %s, which is %d, %v, %+v", version, name, named[1], w.Code, err, sources)
			}
		}
	}
}

func TestServes(t *testing.T) {
	f := fake(t, nil)
	for name, want := range map[string]bool{
		"socket.io.js":             true,
		"socket.io.min.js.map":     true,
		"socket.io.v0.9.17.js":     true,
		"socket.io+websocket.js":   true,
		"socket.io.msgpack.min.js": true, // to be told that it does not exist
		"":                         false,
		"1/":                       false,
		"1/websocket/123":          false,
		"socket.io":                false,
		"socket.io.js/":            false,
		"socket.io/socket.io.js":   false,
		"socket.io.json":           false,
		"other.js":                 false,
	} {
		if f.Serves(name) != want {
			t.Errorf("%q: want %t", name, want)
		}
	}
}

func TestUnknownVersion(t *testing.T) {
	for _, version := range []clientfiles.Version{"", "3", "0.9.17"} {
		if f, err := clientfiles.New(version); err == nil || f != nil {
			t.Errorf("%q: %v, %v", version, f, err)
		}
	}
}

// Built with Go alone, there is a notice in place of the clients.
func TestNotice(t *testing.T) {
	f := fake(t, nil)
	for _, name := range []string{"socket.io.js", "socket.io.v0.9.17.js", "socket.io+websocket.js", "socket.io.js.map", "socket.io.x.js"} {
		w := ask(t, f, http.MethodGet, name)
		if w.Code != http.StatusNotFound || w.Body.String() != "the notice\n" || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" ||
			w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %v\n%s", name, w.Code, w.Header(), w.Body)
		}
	}
}

// A client that was not built is missing; no other takes its place.
func TestIncomplete(t *testing.T) {
	f := fake(t, map[string]string{"0.9/socket.io.js": "0.9"})
	for name, want := range map[string]string{
		"socket.io.js":          "There is no client file of this name. There are socket.io.v0.9.js.\n",
		"socket.io.v0.9.min.js": "There is no client file of this name. There are socket.io.v0.9.js.\n",
		"socket.io.v0.9.9.js":   "0.9",
	} {
		if got := ask(t, f, http.MethodGet, name).Body.String(); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if names := ask(t, built(t, clientfiles.Version4), http.MethodGet, "socket.io.msgpack.min.js").Body.String(); !strings.Contains(names, " socket.io.min.js, ") {
		t.Errorf("the names are told as %s", names)
	}
}
