package main_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/certs/acmetest"
	"github.com/activityd/activityd/internal/servertest"
)

// TestServeByTLS runs the binary with a certificate in files.
func TestServeByTLS(t *testing.T) {
	binary, dir := servertest.Build(t), t.TempDir()
	cert, key := acmetest.SelfSigned(t, "localhost", "*.localhost")
	files := map[string][]byte{"cert.pem": cert, "key.pem": key}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	flags := []string{"--tls-cert", filepath.Join(dir, "cert.pem"), "--tls-key", filepath.Join(dir, "key.pem")}
	s := servertest.Start(t, binary, filepath.Join(dir, "data"), append(flags, "--http-listen", "127.0.0.1:0")...)
	if !strings.HasPrefix(s.URL, "https://localhost:") || !strings.Contains(s.Started, "users  https://{username}.localhost:"+s.Port+"/") ||
		!strings.Contains(s.Started, s.URL+"/register?token=") {
		t.Errorf("it printed\n%s", s.Started)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	t.Cleanup(client.CloseIdleConnections)
	res, err := client.Get("https://127.0.0.1:" + s.Port + "/service/info")
	if err != nil {
		t.Fatal(err)
	}
	if text := read(t, res); res.Proto != "HTTP/2.0" || res.StatusCode != http.StatusOK {
		t.Errorf("%s %s %s", res.Proto, res.Status, text)
	}

	admin := regexp.MustCompile(`admin +http://(\S+)/healthz`).FindStringSubmatch(s.Started)[1]
	if out, err := servertest.Run(t.Context(), binary, "", append([]string{"healthcheck", "--admin-listen", admin}, flags...)...); err != nil {
		t.Errorf("healthcheck: %v, %s", err, out)
	}
	res, err = http.Get("http://" + admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	metrics := read(t, res)
	for _, want := range []string{
		`activityd_http_requests_total{code="200",method="service.info"} 1`, "activityd_tls_certificate_end_timestamp_seconds 1.",
		"activityd_build_info{", "activityd_store_group_units_count", "activityd_store_feed_readers 1", "go_goroutines",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("%s is not in\n%s", want, metrics)
		}
	}
	if err := s.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestServeByACME runs the binary with certificates from an authority: of the
// domain, and of users, but not of those that there are not.
func TestServeByACME(t *testing.T) {
	const domain = "activity.test"
	port := freePort(t)
	authority := acmetest.Start(t, port, freePort(t))
	t.Setenv("SSL_CERT_FILE", authority.RootsFile) // the binary trusts the authority by it
	binary, data := servertest.Build(t), filepath.Join(t.TempDir(), "data")
	address := "127.0.0.1:" + strconv.Itoa(port)
	s := servertest.Start(t, binary, data, "--listen", address, "--domain", domain, "--acme", "true", "--acme-directory", authority.Directory)
	if s.URL != "https://"+domain {
		t.Errorf("it printed\n%s", s.Started)
	}
	if out, err := servertest.Run(t.Context(), binary, "correct horse battery staple\n",
		"user", "add", "alice", "--email", "alice@example.org", "--password-stdin", "--data-dir", data); err != nil {
		t.Fatalf("add a user: %v, %s", err, out)
	}
	for host, want := range map[string]bool{domain: true, "alice." + domain: true, "mallory." + domain: false} {
		status, err := askAs(host, address, authority.Issued)
		if (err == nil) != want || want && status != http.StatusOK {
			t.Errorf("%s: %d, %v", host, status, err)
		}
	}
	if err := s.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if _, err := os.Stat(filepath.Join(data, "acme")); err != nil {
		t.Error(err)
	}
}

// askAs gives the status of a host's root at an address.
func askAs(host, address string, roots *x509.CertPool) (int, error) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: host}, TLSHandshakeTimeout: time.Minute}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequest(http.MethodGet, "https://"+address+"/service/info", nil)
	if err != nil {
		return 0, err
	}
	r.Host = host
	res, err := transport.RoundTrip(r)
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", host, err)
	}
	return res.StatusCode, res.Body.Close()
}

// freePort gives one that nothing listened on a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().(*net.TCPAddr).Port
}
