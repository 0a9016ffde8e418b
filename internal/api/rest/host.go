package rest

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/activityd/activityd/internal/activity"
)

// place is what a Host names.
type place uint8

const (
	elsewhere   place = iota // no host of ours
	serviceHost              // the bare domain, or an IP address
	userHost                 // a user's subdomain
	nobodysHost              // a subdomain that no user can have
)

// maxHost is the most bytes of a host name without port and final dot.
const maxHost = 253

// placeOf reads the value of a Host header, which may have a port, capitals and
// a final dot. The name is that of userHost's user, in lower case. An IP
// address is always the service's; localhost only when it is the domain, which
// is lower-case.
func placeOf(host, domain string) (place, activity.Username) {
	name, bracketed, ok := withoutPort(host)
	if !ok {
		return elsewhere, ""
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		if addr.Zone() != "" || addr.Is6() != bracketed {
			return elsewhere, ""
		}
		return serviceHost, ""
	}
	name = strings.ToLower(name)
	if bracketed || len(name) > maxHost || strings.ContainsFunc(name, notInHost) {
		return elsewhere, ""
	}
	if name == domain {
		return serviceHost, ""
	}
	label, ok := strings.CutSuffix(name, "."+domain)
	if !ok || label == "" || strings.Contains(label, ".") {
		return elsewhere, ""
	}
	username, fault := activity.ParseUsername(label)
	if fault != nil {
		return nobodysHost, ""
	}
	return userHost, username
}

// withoutPort takes the port, the final dot of a name and the brackets of an
// IPv6 address away.
func withoutPort(host string) (name string, bracketed, ok bool) {
	if strings.HasPrefix(host, "[") {
		name, rest, closed := strings.Cut(host[1:], "]")
		port, colon := strings.CutPrefix(rest, ":")
		return name, true, closed && (colon || rest == "") && isPort(port)
	}
	name, port, _ := strings.Cut(host, ":")
	return strings.TrimSuffix(name, "."), false, isPort(port)
}

// isPort takes an empty port too: "host:" is a host with the usual one.
func isPort(text string) bool {
	if text == "" {
		return true
	}
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil && text[0] != '+'
}

// notInHost takes underscores for letters: a subdomain with one names nobody,
// but it is a subdomain.
func notInHost(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
}
