package wire_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/activityd/activityd/bench/wire"
)

func TestDo(t *testing.T) {
	long := strings.Repeat("activity ", 50_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		switch r.URL.Path {
		case "/echo":
			w.WriteHeader(http.StatusCreated)
			fmt.Fprintf(w, "%s %s %s", r.Method, r.Header.Get("Authorization"), sent) //nolint:errcheck // the client notices
		case "/long":
			w.Header().Set("Content-Length", fmt.Sprint(len(long)))
			io.WriteString(w, long) //nolint:errcheck // the client notices
		case "/chunks":
			for i := 0; i < len(long); i += 10_000 {
				io.WriteString(w, long[i:i+10_000]) //nolint:errcheck // the client notices
				w.(http.Flusher).Flush()
			}
		}
	}))
	defer server.Close()
	addr := server.Listener.Addr().String()
	c, err := wire.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // the server is gone with it
	for range 3 {
		for _, one := range []struct {
			verb, path string
			body       []byte
			status     int
			answer     string
		}{
			{"POST", "/echo", []byte(`{"a":1}`), 201, `POST secret {"a":1}`},
			{"GET", "/echo", nil, 201, "GET secret "},
			{"GET", "/long", nil, 200, long},
			{"GET", "/chunks", nil, 200, long},
			{"GET", "/nothing", nil, 200, ""},
		} {
			status, body, err := c.Do(wire.Request(one.verb, one.path, addr, "secret", one.body))
			if err != nil || status != one.status || string(body) != one.answer {
				t.Fatalf("%s %s: %d, %d bytes %.40q, %v", one.verb, one.path, status, len(body), body, err)
			}
		}
	}
}

// An answer that cannot be told from the next one, and one that is cut short,
// are errors.
func TestBroken(t *testing.T) {
	for _, path := range []string{"/endless", "/short"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			head := "HTTP/1.1 200 OK\r\n"
			if r.URL.Path == "/short" {
				head += "Content-Length: 10\r\n"
			}
			io.WriteString(conn, head+"\r\nshort") //nolint:errcheck // the client notices
			conn.Close()                           //nolint:errcheck // it is over
		}))
		c, err := wire.Dial(server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, body, err := c.Do(wire.Request("GET", path, "test", "secret", nil)); err == nil {
			t.Errorf("%s: %q", path, body)
		}
		c.Close() //nolint:errcheck // the server is gone
		server.Close()
	}
}
