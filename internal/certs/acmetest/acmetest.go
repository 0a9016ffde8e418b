// Package acmetest runs Pebble, the small ACME authority that Let's Encrypt
// tests clients with, for tests of what gets certificates. It is built from the
// module tools/pebble. It imports nothing of activityd.
package acmetest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Authority is a running Pebble. Every name there is has the address 127.0.0.1
// for it.
type Authority struct {
	Directory string         // its URL
	Roots     *x509.CertPool // that vouch for the authority's own server
	RootsFile string         // the same in PEM
	Issued    *x509.CertPool // that vouch for what it issues
}

// Start runs an authority that asks at those ports of 127.0.0.1 where others ask
// at 443 and 80. The test's end stops it.
func Start(t testing.TB, tlsPort, httpPort int) *Authority {
	t.Helper()
	dir := t.TempDir()
	cert, key := SelfSigned(t, "localhost")
	a := &Authority{Roots: x509.NewCertPool(), RootsFile: write(t, dir, "cert.pem", cert)}
	a.Roots.AppendCertsFromPEM(cert)
	listen, manage := freeAddress(t), freeAddress(t)
	a.Directory = "https://" + listen + "/dir"
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": listen, "managementListenAddress": manage,
		"certificate": a.RootsFile, "privateKey": write(t, dir, "key.pem", key),
		"httpPort": httpPort, "tlsPort": tlsPort,
		"retryAfter": map[string]int{"authz": 1, "order": 1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	run(t, build(t), "-config", write(t, dir, "config.json", config), "-dnsserver", resolver(t))
	a.Issued = a.root(t, "https://"+manage+"/roots/0")
	return a
}

// build makes the binary, once for the test.
func build(t testing.TB) string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	binary := filepath.Join(t.TempDir(), "pebble")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/letsencrypt/pebble/v2/cmd/pebble")
	cmd.Dir = filepath.Join(filepath.Dir(here), "..", "..", "..", "tools", "pebble")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build pebble: %v\n%s", err, out)
	}
	return binary
}

func run(t testing.TB, binary string, args ...string) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	var log output
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatalf("start pebble: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("pebble said:\n%s", log.String())
		}
	})
}

// root waits until the authority answers and gives what vouches for its
// certificates.
func (a *Authority) root(t testing.TB, url string) *x509.CertPool {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.Roots}}}
	defer client.CloseIdleConnections()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(time.Minute)
	for {
		text, err := get(client, url)
		if err == nil {
			pool := x509.NewCertPool()
			if !pool.AppendCertsFromPEM(text) {
				t.Fatalf("the authority's root is %s", text)
			}
			return pool
		}
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("the authority does not answer: %v", err)
		}
	}
}

func get(client *http.Client, url string) ([]byte, error) {
	res, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %s", res.Status)
	}
	return text, err
}

// resolver answers every question for an address with 127.0.0.1, over TCP,
// which is what Pebble asks by.
func resolver(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{Listener: listener, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		answer := new(dns.Msg).SetReply(question)
		for _, q := range question.Question {
			if q.Qtype == dns.TypeA {
				answer.Answer = append(answer.Answer, &dns.A{
					Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(127, 0, 0, 1),
				})
			}
		}
		_ = w.WriteMsg(answer) // whoever asked asks again
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.ActivateAndServe() // fails when its listener is closed
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-ended
	})
	return listener.Addr().String()
}

// SelfSigned makes a certificate for names, and its key, in PEM. 127.0.0.1 is
// one of its names.
func SelfSigned(t testing.TB, names ...string) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: plain})
}

func write(t testing.TB, dir, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// freeAddress gives one that nothing listened on a moment ago: Pebble does not
// tell which port it was given.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

// output is written by a process and read by the test.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
