package rest_test

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/api/rest"
)

// With TLS there is HTTP/2, for a whole request with a body and an answer.
func TestSecuredServer(t *testing.T) {
	f := newFixture(t)
	log := &logBuffer{}
	logger := slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	server := rest.NewServer(f.handler, logger)
	example := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(example.Close)
	rest.Secure(server, &tls.Config{Certificates: example.TLS.Certificates}, logger)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.ServeTLS(l, "", "") }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})

	roots := example.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for _, protocol := range []string{"HTTP/2.0", "HTTP/1.1"} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, Protocols: new(http.Protocols)}
		t.Cleanup(transport.CloseIdleConnections)
		transport.Protocols.SetHTTP1(protocol == "HTTP/1.1")
		transport.Protocols.SetHTTP2(protocol == "HTTP/2.0")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+l.Addr().String()+"/", strings.NewReader("[]"))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "alice." + domain
		r.Header.Set("Authorization", aliceToken)
		r.Header.Set("Content-Type", "application/json")
		res, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.Proto != protocol || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %d %s, %v", protocol, res.Proto, res.StatusCode, body, err)
		}
	}
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if strings.Contains(log.String(), "handshake") {
		t.Errorf("a failed handshake is logged: %s", log)
	}
}

func TestRedirect(t *testing.T) {
	for _, one := range []struct {
		name     string
		public   string
		request  *http.Request
		status   int
		location string
	}{
		{"the service", "https://" + domain, httptest.NewRequest("GET", "http://"+domain+"/register?token=x", nil), 301, "https://" + domain + "/register?token=x"},
		{"with a port", "https://" + domain + ":8443", httptest.NewRequest("HEAD", "http://"+domain+":8080/", nil), 301, "https://" + domain + ":8443/"},
		{"a user", "https://" + domain + ":8443", httptest.NewRequest("GET", "http://alice."+domain+"/a%2Fb", nil), 301, "https://alice." + domain + ":8443/a%2Fb"},
		{"a user beside an address", "https://10.0.0.1", httptest.NewRequest("GET", "http://alice."+domain+"/", nil), 301, "https://alice." + domain + "/"},
		{"two slashes", "https://" + domain, httptest.NewRequest("GET", "http://"+domain+"//elsewhere.test", nil), 301, "https://" + domain + "//elsewhere.test"},
		{"elsewhere", "https://" + domain, httptest.NewRequest("GET", "http://elsewhere.test/", nil), 421, ""},
		{"a write", "https://" + domain, httptest.NewRequest("POST", "http://alice."+domain+"/", nil), 400, ""},
		{"a token", "https://" + domain, httptest.NewRequest("GET", "http://alice."+domain+"/?auth=x", nil), 400, ""},
	} {
		t.Run(one.name, func(t *testing.T) {
			h, err := rest.NewRedirect(domain, one.public)
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, one.request)
			if w.Code != one.status || w.Header().Get("Location") != one.location {
				t.Errorf("got %d %s %s", w.Code, w.Header().Get("Location"), w.Body)
			}
		})
	}
}
