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
	const derived = "derived from domain and listen"
	host, port := splitAddress(cfg.Listen)
	if cfg.Registration == "" {
		cfg.Registration = RegistrationInvite
		if isLoopback(cfg.Domain) && isLoopback(host) {
			cfg.Registration = RegistrationOpen
		}
		l.origins["registration"] = derived
	}
	if cfg.PublicURL == "" {
		cfg.PublicURL = publicURL(cfg.Domain, port)
		l.origins["public_url"] = derived
	}
}

// publicURL guesses: a real domain is behind something that speaks TLS on the
// usual port, a loopback one is reached directly.
func publicURL(domain string, port int) string {
	switch {
	case !isLoopback(domain):
		return "https://" + domain
	case port == 80:
		return "http://" + domain
	}
	return "http://" + net.JoinHostPort(domain, strconv.Itoa(port))
}

// WithPort returns the configuration for a service whose listener got the port
// from the system: a PublicURL made from listen names it. One that was
// configured, or has another port than listen, stays.
func (c Config) WithPort(port int) Config {
	_, asked := splitAddress(c.Listen)
	if c.PublicURL == publicURL(c.Domain, asked) {
		c.PublicURL = publicURL(c.Domain, port)
	}
	return c
}

// check finds values that do not fit together.
func (l *loader) check(cfg Config) {
	if !l.wrong["listen"] && !l.wrong["admin_listen"] && sameSocket(cfg.Listen, cfg.AdminListen) {
		l.clash(cfg, "admin_listen", "is taken by listen too", "another port")
	}
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
