package config

import (
	"errors"
	"strings"
)

// TLSMode says where certificates come from.
type TLSMode uint8

// The modes. Without TLS the service speaks plain HTTP, for a proxy before it.
const (
	NoTLS   TLSMode = iota
	TLSFile         // TLSCert and TLSKey
	TLSACME         // an authority that speaks ACME
)

// TLS says where the certificates of the service come from.
func (c Config) TLS() TLSMode {
	switch {
	case c.ACME:
		return TLSACME
	case c.TLSCert != "":
		return TLSFile
	}
	return NoTLS
}

func tlsSettings() []Setting {
	file := path().orEmpty("; empty for none")
	plain := address().orEmpty("; empty for none")
	mail := kind[string]{allowed: "an e-mail address; empty for none", parse: parseContact, format: same, quoted: true}
	directory := kind[string]{allowed: "https:// with a host and a path; empty for Let's Encrypt", parse: parseDirectory, format: same, quoted: true}
	settings := []Setting{
		row("tls_cert", "", "PEM `file` of the certificate and those that vouch for it; listen then speaks TLS", file, func(c *Config) *string { return &c.TLSCert }),
		row("tls_key", "", "PEM `file` of the certificate's private key", file, func(c *Config) *string { return &c.TLSKey }),
		row("acme", "false", "`true` to get certificates for domain by ACME; agrees to the authority's terms", toggle(), func(c *Config) *bool { return &c.ACME }),
		row("acme_email", "", "`address` that the authority may write to", mail, func(c *Config) *string { return &c.ACMEEmail }),
		row("acme_directory", "", "`url` of the authority's directory (default: Let's Encrypt)", directory, func(c *Config) *string { return &c.ACMEDirectory }),
		row("http_listen", "", "`host:port` without TLS, for ACME's HTTP challenge and to send browsers to https", plain, func(c *Config) *string { return &c.HTTPListen }),
	}
	for i, s := range settings {
		if s.Name == "acme_directory" {
			settings[i].show = showURL
		}
	}
	return settings
}

func toggle() kind[bool] {
	return kind[bool]{
		allowed: "true, false",
		format: func(b bool) string {
			if b {
				return "true"
			}
			return "false"
		},
		parse: func(text string) (bool, error) {
			if text != "true" && text != "false" {
				return false, errors.New("is none of the choices")
			}
			return text == "true", nil
		},
	}
}

// parseContact takes what looks like an address; the authority has the last
// word.
func parseContact(text string) (string, error) {
	name, host, ok := strings.Cut(text, "@")
	switch {
	case text == "":
		return "", nil
	case !ok || name == "" || strings.ContainsFunc(name, notInContact) || !isHostName(strings.ToLower(host)):
		return "", errors.New("is not an e-mail address")
	}
	return text, nil
}

func notInContact(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune(`,;:<>()[]"\?&`, r)
}

func parseDirectory(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := parseServiceURL(text, "https")
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

// checkTLS finds settings of TLS that do not fit together.
func (l *loader) checkTLS(cfg Config) {
	switch {
	case l.wrong["tls_cert"] || l.wrong["tls_key"]:
	case cfg.TLSCert != "" && cfg.TLSKey == "":
		l.clash(cfg, "tls_cert", "has no tls_key beside it", "both of tls_cert and tls_key, or none")
	case cfg.TLSCert == "" && cfg.TLSKey != "":
		l.clash(cfg, "tls_key", "has no tls_cert beside it", "both of tls_cert and tls_key, or none")
	}
	if !l.wrong["acme"] {
		l.checkACME(cfg)
	}
	secured := l.wrong["acme"] || l.wrong["tls_cert"] || cfg.TLS() != NoTLS || cfg.TLSKey != ""
	if cfg.HTTPListen != "" && !secured {
		l.clash(cfg, "http_listen", "is beside a listen without TLS", "none, or TLS by tls_cert or acme")
	}
	if strings.HasPrefix(cfg.PublicURL, "http://") && cfg.TLS() != NoTLS && l.origins["public_url"] != originDerived {
		l.clash(cfg, "public_url", "is not https, but listen speaks TLS", "an https:// URL")
	}
}

func (l *loader) checkACME(cfg Config) {
	if !cfg.ACME {
		if cfg.ACMEEmail != "" {
			l.clash(cfg, "acme_email", "is given, but acme is not true", "none, or acme: true")
		}
		if cfg.ACMEDirectory != "" {
			l.clash(cfg, "acme_directory", "is given, but acme is not true", "none, or acme: true")
		}
		return
	}
	if cfg.TLSCert != "" || cfg.TLSKey != "" {
		l.clash(cfg, "acme", "is beside a certificate of yours (tls_cert, tls_key)", "one of the two")
	}
	if !l.wrong["domain"] && isLoopback(cfg.Domain) {
		l.clash(cfg, "acme", "needs a domain that others can reach, and domain ("+l.origins["domain"]+") is "+quote(cfg.Domain), "false, or another domain")
	}
}
