package engineio_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/realtime/engineio"

	"github.com/gorilla/websocket"
)

// startTLS serves config over TLS, with HTTP/2 for those that speak it, to a
// client of HTTP/1.1 or 2. WebSockets are always of HTTP/1.1.
func startTLS(t *testing.T, config engineio.Config, http2 bool) *peer {
	t.Helper()
	p := &peer{t: t}
	config.Open = p.echoing
	var err error
	if p.server, err = engineio.NewServer(config); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewUnstartedServer(p.server)
	web.EnableHTTP2 = true
	web.StartTLS()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	trust := &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12}
	transport := &http.Transport{TLSClientConfig: trust.Clone(), ForceAttemptHTTP2: http2}
	p.client = &http.Client{Transport: rewrite{transport, web.URL}}
	p.dialer = &websocket.Dialer{TLSClientConfig: trust}
	p.address = "wss" + strings.TrimPrefix(web.URL, "https")
	t.Cleanup(func() {
		p.server.Close()
		transport.CloseIdleConnections()
		web.Close()
	})
	return p
}

// rewrite sends what is meant for http://test to a server.
type rewrite struct {
	transport http.RoundTripper
	url       string
}

func (w rewrite) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "https", strings.TrimPrefix(w.url, "https://")
	return w.transport.RoundTrip(r)
}

// TestTLS uses polling, a WebSocket and the upgrade over TLS, for polling in
// both versions of HTTP.
func TestTLS(t *testing.T) {
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(name, func(t *testing.T) {
			p := startTLS(t, engineio.Config{}, http2)
			for _, query := range []string{"EIO=3", "EIO=4"} {
				session := p.poll(query)
				if !p.last().session.Handshake().TLS {
					t.Error("the handshake knows nothing of TLS")
				}
				hello := frame(p.last().session.Revision(), "4hello")
				polled := make(chan response)
				go func() { polled <- p.get(session) }()
				p.expect(p.post(session, hello), 200, "ok")
				p.expect(<-polled, 200, hello)

				s := p.upgrade(session)
				s.send("2probe")
				s.expect("3probe")
				s.send("5", "4there")
				s.expect("4there")

				s = p.open(query)
				large := "4" + strings.Repeat("x", 700_000)
				s.send(large, "4hello", large)
				s.expect(large, "4hello", large)
				s.send("1")
				s.closes()
				p.ended(engineio.ReasonTransportClose)
			}
			s := p.open("EIO=4")
			p.server.Close()
			if code := s.closes(); code != websocket.CloseGoingAway {
				t.Errorf("close code %d", code)
			}
		})
	}
}

// TestTLSNeedsHTTP1 asks for a WebSocket over HTTP/2, where there is none: the
// refusal is as clear as any other.
func TestTLSNeedsHTTP1(t *testing.T) {
	p := startTLS(t, engineio.Config{}, true)
	res, err := p.client.Do(p.request("GET", "EIO=4&transport=websocket", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.ProtoMajor != 2 || res.StatusCode != 400 {
		t.Errorf("got %s %d", res.Proto, res.StatusCode)
	}
	session := p.poll("EIO=4")
	p.expect(p.get(strings.Replace(session, "polling", "websocket", 1)), 400, `{"code":3,"message":"Bad request"}`)
	p.expect(p.post(session, "4hello"), 200, "ok")
	p.expect(p.get(session), 200, "4hello")
}
