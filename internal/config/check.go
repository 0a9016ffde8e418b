package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// derive fills the settings whose default depends on others.
func (l *loader) derive(cfg *Config) {
	if l.wrong["domain"] || l.wrong["listen"] {
		return
	}
	host, port := splitAddress(cfg.Listen)
	if cfg.Registration == "" {
		cfg.Registration = RegistrationInvite
		if isLoopback(cfg.Domain) && isLoopback(host) {
			cfg.Registration = RegistrationOpen
		}
		l.origins["registration"] = originDerived
	}
	if cfg.PublicURL == "" {
		cfg.PublicURL = cfg.publicURL(port)
		l.origins["public_url"] = originDerived
	}
}

// publicURL guesses for a service on the port: a real domain is behind something
// that speaks TLS on the usual port, or gets its certificates there; one with a
// certificate of its own, or a loopback one, is reached directly.
func (c Config) publicURL(port int) string {
	scheme, usual := "http", 80
	if c.TLS() == TLSFile {
		scheme, usual = "https", 443
	} else if !isLoopback(c.Domain) {
		return "https://" + c.Domain
	}
	if port == usual {
		return scheme + "://" + c.Domain
	}
	return scheme + "://" + net.JoinHostPort(c.Domain, strconv.Itoa(port))
}

// WithPort returns the configuration for a service whose listener got the port
// from the system: a PublicURL made from listen names it. One that was
// configured, or has another port than listen, stays.
func (c Config) WithPort(port int) Config {
	_, asked := splitAddress(c.Listen)
	if c.PublicURL == c.publicURL(asked) {
		c.PublicURL = c.publicURL(port)
	}
	return c
}

// check finds values that do not fit together.
func (l *loader) check(cfg Config) {
	l.checkSockets(cfg)
	l.checkTLS(cfg)
	if l.wrong["public_url"] || l.wrong["domain"] || l.wrong["listen"] {
		return
	}
	u, err := url.Parse(cfg.PublicURL)
	if err != nil {
		l.clash(cfg, "public_url", "is not a URL", "")
		return
	}
	if _, err := netip.ParseAddr(u.Hostname()); err != nil && u.Hostname() != cfg.Domain {
		l.clash(cfg, "public_url", fmt.Sprintf("has another host than domain (%s), %s", l.origins["domain"], quote(cfg.Domain)),
			"the domain as host, or an address for path style")
	}
}

// checkSockets finds addresses that are given twice.
func (l *loader) checkSockets(cfg Config) {
	taken := func(name, address, by, other string) bool {
		if l.wrong[name] || l.wrong[by] || address == "" || !sameSocket(address, other) {
			return false
		}
		l.clash(cfg, name, "is taken by "+by+" too", "another port")
		return true
	}
	taken("admin_listen", cfg.AdminListen, "listen", cfg.Listen)
	if !taken("http_listen", cfg.HTTPListen, "listen", cfg.Listen) {
		taken("http_listen", cfg.HTTPListen, "admin_listen", cfg.AdminListen)
	}
}

// checkMongoDBURI asks who knows the options of a MongoDB URI.
func (l *loader) checkMongoDBURI(cfg Config, check func(string) error) {
	if check == nil || cfg.MongoDBURI == "" || l.wrong["mongodb_uri"] {
		return
	}
	if err := check(string(cfg.MongoDBURI)); err != nil {
		l.clash(cfg, "mongodb_uri", err.Error(), "")
	}
}

// clash records that the value of a setting, right in itself, does not fit.
func (l *loader) clash(cfg Config, name, problem, allowed string) {
	for _, s := range l.settings {
		if s.Name != name {
			continue
		}
		m := wrongValue(s, l.origins[name], s.get(cfg), problem)
		m.Allowed = allowed
		l.mistakes = append(l.mistakes, m)
	}
}

// splitAddress takes a checked host:port apart.
func splitAddress(address string) (host string, port int) {
	host, text, _ := net.SplitHostPort(address)
	port, _ = strconv.Atoi(text)
	return host, port
}

// sameSocket tells whether two addresses cannot both be listened on. Names
// other than localhost are not looked up.
func sameSocket(a, b string) bool {
	hostA, portA := splitAddress(a)
	hostB, portB := splitAddress(b)
	if portA != portB || portA == 0 {
		return false
	}
	if hostA == hostB || isWildcard(hostA) || isWildcard(hostB) {
		return true
	}
	return hostA == "localhost" && isLoopback(hostB) || hostB == "localhost" && isLoopback(hostA)
}

func isWildcard(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "" || err == nil && addr.IsUnspecified()
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && addr.Unmap().IsLoopback()
}
