// Package certs owns the certificates of the service: read from files, and read
// again when those change, or got from an authority by ACME. It is given plain
// values and imports no other package of activityd.
package certs

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// lookEvery is how often the files are looked at, when there are connections.
const lookEvery = 5 * time.Second

// FileOptions say where a certificate is. All must be set.
type FileOptions struct {
	Cert, Key string // files in PEM
	Clock     func() time.Time

	// Report hears when files that have changed cannot be used, once for each
	// change, and with nil when others are in use. It must be quick.
	Report func(error)
}

// Files is a certificate that follows its files: a connection that is made
// more than 5 s after the last look sees to it that they are read again. Where
// they cannot be used, as between the writing of the one and of the other, what
// was read before stays in use. It needs no goroutine, and its methods may be
// called at the same time.
type Files struct {
	options FileOptions

	mu      sync.Mutex
	looked  time.Time
	current *tls.Certificate
	cert    []byte // what current was made of
	key     []byte
	problem string // reported last; "" for none
}

// OpenFiles reads the files, and fails where they cannot be used.
func OpenFiles(o FileOptions) (*Files, error) {
	f := &Files{options: o, looked: o.Clock()}
	if _, err := f.read(); err != nil {
		return nil, err
	}
	return f, nil
}

// Config gives the configuration of servers.
func (f *Files) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.Current(), nil },
	}
}

// Current gives the certificate in use, after a look at the files if it is time.
// Its Leaf is set.
func (f *Files) Current() *tls.Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.options.Clock(); now.Sub(f.looked) >= lookEvery {
		f.looked = now
		f.look()
	}
	return f.current
}

// look reads the files again and reports what came of it, once.
func (f *Files) look() {
	changed, err := f.read()
	switch {
	case err != nil && err.Error() != f.problem:
		f.problem = err.Error()
		f.options.Report(err)
	case err == nil && (changed || f.problem != ""):
		f.problem = ""
		f.options.Report(nil)
	}
}

// read makes the certificate of the files if they are others than before.
func (f *Files) read() (changed bool, err error) {
	cert, err := os.ReadFile(f.options.Cert)
	if err != nil {
		return false, fmt.Errorf("tls_cert: %w", err)
	}
	key, err := os.ReadFile(f.options.Key)
	if err != nil {
		return false, fmt.Errorf("tls_key: %w", err)
	}
	if bytes.Equal(cert, f.cert) && bytes.Equal(key, f.key) {
		return false, nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return false, fmt.Errorf("tls_cert, tls_key: %w", err)
	}
	f.current, f.cert, f.key = &pair, cert, key
	return true, nil
}
