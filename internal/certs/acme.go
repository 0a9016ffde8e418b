package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/caddyserver/certmagic"
)

// ACMEOptions say for what certificates are got, and where. Domain, Dir, TLS,
// Exists and Logger must be set.
type ACMEOptions struct {
	Domain    string
	Email     string         // that the authority may write to; "" for none
	Directory string         // its URL; "" for Let's Encrypt
	Roots     *x509.CertPool // that vouch for the authority; nil for the system's
	Dir       string         // folder for keys, certificates and the account

	// TLS is where the service listens, which must be port 443 for the
	// authority. HTTP is where it listens without TLS, port 80 for the
	// authority; nil for nowhere, and no challenge by HTTP.
	TLS, HTTP *net.TCPAddr

	// Exists reports whether a subdomain, given as its label in lower case, is
	// one of ours: only then it gets a certificate.
	Exists func(ctx context.Context, label string) (bool, error)

	// Logger is told what happens, labels of subdomains left out.
	Logger *slog.Logger
}

// ACME gets certificates and renews them: that of the domain at once, those of
// subdomains when somebody first asks for one. Its methods may be called at the
// same time.
type ACME struct {
	options ACMEOptions
	cache   *certmagic.Cache
	domain  *certmagic.Config // its certificate is got without being asked for
	users   *certmagic.Config
	issuer  *certmagic.ACMEIssuer
	stop    context.CancelFunc
}

// cached is how many certificates are kept in memory.
const cached = 10_000

// StartACME begins to get the domain's certificate, in the background. What
// listens at TLS and HTTP must be served soon. Close must be called in the end.
func StartACME(o ACMEOptions) (*ACME, error) {
	a := &ACME{options: o}
	log := newLogger(o.Logger, o.Domain)
	a.cache = certmagic.NewCache(certmagic.CacheOptions{
		Capacity: cached, Logger: log,
		GetConfigForCert: func(c certmagic.Certificate) (*certmagic.Config, error) { return a.configFor(c.Names), nil },
	})
	common := certmagic.Config{
		DefaultServerName: o.Domain, Storage: &certmagic.FileStorage{Path: o.Dir}, Logger: log, OnEvent: a.tell,
	}
	template := certmagic.ACMEIssuer{
		CA: o.Directory, Email: o.Email, Agreed: true, TrustedRoots: o.Roots, Logger: log,
		ListenHost: host(o.TLS), AltTLSALPNPort: o.TLS.Port, DisableHTTPChallenge: o.HTTP == nil,
	}
	if template.CA == "" {
		template.CA = certmagic.LetsEncryptProductionCA
	}
	template.TestCA = template.CA // never another than the one asked for
	if o.HTTP != nil {
		template.AltHTTPPort = o.HTTP.Port
	}
	a.domain = certmagic.New(a.cache, common)
	a.issuer = certmagic.NewACMEIssuer(a.domain, template)
	a.domain.Issuers = []certmagic.Issuer{a.issuer}
	common.OnDemand = &certmagic.OnDemandConfig{DecisionFunc: a.decide}
	a.users = certmagic.New(a.cache, common)
	a.users.Issuers = []certmagic.Issuer{certmagic.NewACMEIssuer(a.users, template)}

	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	if err := a.domain.ManageAsync(ctx, []string{o.Domain}); err != nil {
		a.Close()
		return nil, fmt.Errorf("certs: get a certificate: %w", err)
	}
	return a, nil
}

// tell logs a certificate that has been got.
func (a *ACME) tell(ctx context.Context, event string, data map[string]any) error {
	if event == "cert_obtained" {
		a.options.Logger.InfoContext(ctx, "a certificate has been obtained",
			"identifier", newNames(a.options.Domain).hide(fmt.Sprint(data["identifier"])), "renewal", data["renewal"])
	}
	return nil
}

// host gives the host to listen on, "" for all.
func host(addr *net.TCPAddr) string {
	if addr.IP == nil || addr.IP.IsUnspecified() {
		return ""
	}
	return addr.IP.String()
}

// Close ends what goes on in the background.
func (a *ACME) Close() {
	a.stop()
	a.cache.Stop()
}

func (a *ACME) configFor(names []string) *certmagic.Config {
	for _, name := range names {
		if name == a.options.Domain {
			return a.domain
		}
	}
	return a.users
}

// decide refuses names that are not to get a certificate.
func (a *ACME) decide(ctx context.Context, name string) error {
	if name == a.options.Domain {
		return nil
	}
	label, ok := strings.CutSuffix(name, "."+a.options.Domain)
	if !ok || label == "" || strings.Contains(label, ".") {
		return errNotOurs
	}
	exists, err := a.options.Exists(ctx, label)
	if err == nil && !exists {
		err = errNotOurs
	}
	return err
}

var (
	errNotOurs       = errors.New("the name is not of this service")
	errNoCertificate = errors.New("no certificate for the name")
)

// Config gives the configuration of servers.
func (a *ACME) Config() *tls.Config {
	config := a.users.TLSConfig()
	config.MinVersion = tls.VersionTLS12
	config.NextProtos = append([]string{"h2", "http/1.1"}, config.NextProtos...)
	get := config.GetCertificate
	config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		cert, err := get(hello)
		if err != nil {
			return nil, errNoCertificate // the library's would tell the name
		}
		return cert, nil
	}
	return config
}

// Challenge answers the authority's HTTP challenges before h.
func (a *ACME) Challenge(h http.Handler) http.Handler { return a.issuer.HTTPChallengeHandler(h) }
