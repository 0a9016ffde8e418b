// Package hosts tells from a request's Host and its proxies' headers whose root
// the request is for and whom it comes from. Every adapter asks it, so that all
// agree. It imports activity only.
package hosts

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/activityd/activityd/internal/activity"
)

// Place is what a Host names.
type Place uint8

// The places.
const (
	Elsewhere Place = iota // no host of ours
	Service                // the bare domain, or an IP address
	User                   // a user's subdomain
	Nobody                 // a subdomain that no user can have
)

// maxHost is the most bytes of a host name without port and final dot.
const maxHost = 253

// Parse reads the value of a Host header, which may have a port, capitals and
// a final dot. The name is that of User's user, in lower case. An IP
// address is always the service's; localhost only when it is the domain, which
// is lower-case.
func Parse(host, domain string) (Place, activity.Username) {
	name, bracketed, ok := withoutPort(host)
	if !ok {
		return Elsewhere, ""
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		if addr.Zone() != "" || addr.Is6() != bracketed {
			return Elsewhere, ""
		}
		return Service, ""
	}
	name = strings.ToLower(name)
	if bracketed || len(name) > maxHost || strings.ContainsFunc(name, notInHost) {
		return Elsewhere, ""
	}
	if name == domain {
		return Service, ""
	}
	label, ok := strings.CutSuffix(name, "."+domain)
	if !ok || label == "" || strings.Contains(label, ".") {
		return Elsewhere, ""
	}
	username, fault := activity.ParseUsername(label)
	if fault != nil {
		return Nobody, ""
	}
	return User, username
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

// Misdirected is the error for Elsewhere. The API's table has no id for the
// status 421, which says all; it is an unknown resource.
func Misdirected(domain string) *activity.Error {
	return activity.NewError(activity.CodeUnknownResource,
		"This server does not answer for the Host of the request: send it to %[1]s or {username}.%[1]s.", domain)
}
