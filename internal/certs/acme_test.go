package certs_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/certs"
	"github.com/activityd/activityd/internal/certs/acmetest"
)

const domain = "activity.test"

// service gets its certificates by ACME.
type service struct {
	acme      *certs.ACME
	authority *acmetest.Authority
	address   string
	log       *syncBuffer

	mu    sync.Mutex
	asked []string // labels that Exists was asked for
}

// serve starts a service of which only alice is a user. plain says whether it
// listens without TLS too.
func serve(t *testing.T, dir string, plain bool) *service {
	t.Helper()
	public, http80 := listen(t), listen(t)
	s := &service{address: public.Addr().String(), log: &syncBuffer{}}
	s.authority = acmetest.Start(t, public.Addr().(*net.TCPAddr).Port, http80.Addr().(*net.TCPAddr).Port)
	o := certs.ACMEOptions{
		Domain: domain, Email: "ops@activity.test", Directory: s.authority.Directory, Roots: s.authority.Roots, Dir: dir,
		TLS: public.Addr().(*net.TCPAddr), Exists: s.exists, Logger: slog.New(slog.NewTextHandler(s.log, nil)),
	}
	if plain {
		o.HTTP = http80.Addr().(*net.TCPAddr)
	}
	acme, err := certs.StartACME(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(acme.Close)
	s.acme = acme
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto+" "+r.Host)
	})
	discard := log.New(io.Discard, "", 0)
	server := httptest.Server{Listener: tls.NewListener(public, acme.Config()), Config: &http.Server{Handler: hello, ErrorLog: discard}}
	server.Start()
	t.Cleanup(server.Close)
	if plain {
		challenges := httptest.Server{Listener: http80, Config: &http.Server{Handler: acme.Challenge(hello), ErrorLog: discard}}
		challenges.Start()
		t.Cleanup(challenges.Close)
	}
	return s
}

func (s *service) exists(_ context.Context, label string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, label)
	if label == "broken" {
		return false, errors.New("the store is away")
	}
	return label == "alice", nil
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// patience is how long getting a certificate may take.
const patience = time.Minute

// certificate gives the serial number of the one that is shown for a name.
func (s *service) certificate(t *testing.T, name string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: s.authority.Issued, ServerName: name}}
	conn, err := dialer.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return "", err
	}
	defer conn.Close() //nolint:errcheck // nothing was written
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.String(), nil
}

func TestCertificatesOfAnAuthority(t *testing.T) {
	for name, plain := range map[string]bool{"by TLS alone": false, "by HTTP too": true} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "acme")
			s := serve(t, dir, plain)
			first := map[string]string{}
			for _, host := range []string{domain, "alice." + domain} {
				serial, err := s.certificate(t, host)
				if err != nil {
					t.Fatalf("%s: %v\n%s", host, err, s.log)
				}
				first[host] = serial
			}
			for host, serial := range first {
				if again, err := s.certificate(t, host); err != nil || again != serial {
					t.Errorf("%s: another certificate at once, %v", host, err)
				}
			}
			for _, host := range []string{"mallory." + domain, "broken." + domain, "a.b." + domain, "elsewhere.test"} {
				if _, err := s.certificate(t, host); err == nil {
					t.Errorf("%s got a certificate", host)
				}
			}
			if asked := strings.Join(s.asked, " "); strings.Contains(asked, "elsewhere") || strings.Contains(asked, "a.b") || !strings.Contains(asked, "mallory") {
				t.Errorf("asked for %s", asked)
			}
			for _, secret := range []string{"alice", "mallory", "PRIVATE"} {
				if strings.Contains(s.log.String(), secret) {
					t.Errorf("%s is in the log:\n%s", secret, s.log)
				}
			}
			if !strings.Contains(s.log.String(), "{username}."+domain) {
				t.Errorf("the log says nothing:\n%s", s.log)
			}
			isPrivate(t, dir)
		})
	}
}

// isPrivate holds that only the service's user can read the keys.
func isPrivate(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		files++
		return err
	})
	if err != nil || files < 3 {
		t.Errorf("%d files, %v", files, err)
	}
}

type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
