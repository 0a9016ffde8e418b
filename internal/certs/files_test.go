package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/certs"
	"github.com/activityd/activityd/internal/certs/acmetest"
)

// pair is a certificate in files.
type pair struct{ cert, key string }

func newPair(t *testing.T) pair {
	dir := t.TempDir()
	return pair{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// reports gathers what is told of files.
type reports []string

func (r *reports) add(err error) {
	if err == nil {
		*r = append(*r, "")
		return
	}
	*r = append(*r, err.Error())
}

func TestFilesThatChange(t *testing.T) {
	files := newPair(t)
	firstCert, firstKey := acmetest.SelfSigned(t, "first.test")
	write(t, files.cert, firstCert)
	write(t, files.key, firstKey)
	now := time.Unix(1e9, 0)
	var told reports
	f, err := certs.OpenFiles(certs.FileOptions{Cert: files.cert, Key: files.key, Clock: func() time.Time { return now }, Report: told.add})
	if err != nil {
		t.Fatal(err)
	}
	serves := func(name string) {
		t.Helper()
		if got := f.Current().Leaf.Subject.CommonName; got != name {
			t.Errorf("the certificate is of %s, want %s", got, name)
		}
	}
	const later = 6 * time.Second
	serves("first.test")
	secondCert, secondKey := acmetest.SelfSigned(t, "second.test")
	write(t, files.cert, secondCert)
	serves("first.test") // not yet looked at
	now = now.Add(later)
	serves("first.test") // the key is still the other's
	now = now.Add(later)
	serves("first.test")
	if len(told) != 1 || !strings.Contains(told[0], "private key does not match") {
		t.Fatalf("told %q", told)
	}
	write(t, files.key, secondKey)
	now = now.Add(later)
	serves("second.test")
	if len(told) != 2 || told[1] != "" {
		t.Fatalf("told %q", told)
	}
	if err := os.Remove(files.key); err != nil {
		t.Fatal(err)
	}
	now = now.Add(later)
	serves("second.test")
	write(t, files.key, secondKey)
	now = now.Add(later)
	serves("second.test")
	if len(told) != 4 || !strings.HasPrefix(told[2], "tls_key: ") || told[3] != "" {
		t.Fatalf("told %q", told)
	}
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	cert, key := acmetest.SelfSigned(t, "one.test")
	_, other := acmetest.SelfSigned(t, "two.test")
	for name, one := range map[string]struct {
		cert, key []byte
		want      string
	}{
		"no certificate": {nil, key, "tls_cert: "},
		"no key":         {cert, nil, "tls_key: "},
		"nonsense":       {[]byte("nonsense"), key, "failed to find any PEM data"},
		"another's key":  {cert, other, "private key does not match"},
	} {
		t.Run(name, func(t *testing.T) {
			files := newPair(t)
			if one.cert != nil {
				write(t, files.cert, one.cert)
			}
			if one.key != nil {
				write(t, files.key, one.key)
			}
			_, err := certs.OpenFiles(certs.FileOptions{Cert: files.cert, Key: files.key, Clock: time.Now})
			if err == nil || !strings.Contains(err.Error(), one.want) || strings.Contains(err.Error(), "PRIVATE") {
				t.Errorf("got %v, want %s", err, one.want)
			}
		})
	}
}

func TestVersionsOfTLS(t *testing.T) {
	files := newPair(t)
	cert, key := acmetest.SelfSigned(t, "one.test")
	write(t, files.cert, cert)
	write(t, files.key, key)
	f, err := certs.OpenFiles(certs.FileOptions{Cert: files.cert, Key: files.key, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	for version, want := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		here, there := net.Pipe()
		served := make(chan error, 1)
		go func() {
			server := tls.Server(there, f.Config())
			served <- server.Handshake()
			_ = there.Close()
		}()
		client := tls.Client(here, &tls.Config{RootCAs: roots, ServerName: "one.test", MinVersion: version, MaxVersion: version})
		if err := client.Handshake(); (err == nil) != want {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		_ = here.Close()
		if err := <-served; (err == nil) != want {
			t.Errorf("%s: %v for the server", tls.VersionName(version), err)
		}
	}
}
