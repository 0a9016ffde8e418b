package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxDomain leaves room for a user name of 21 characters and a dot within the
// 253 characters of a host name.
const maxDomain = 253 - 22

func address() kind[string] {
	return kind[string]{
		allowed: "host:port such as localhost:3000, :3000 or [::1]:3000",
		quoted:  true,
		format:  same,
		parse: func(text string) (string, error) {
			host, port, err := net.SplitHostPort(text)
			if err != nil {
				return "", errors.New("is not host:port")
			}
			if _, err := strconv.ParseUint(port, 10, 16); err != nil {
				return "", errors.New("has no port from 0 to 65535")
			}
			if _, err := netip.ParseAddr(host); err != nil && host != "" && !isHostName(host) {
				return "", errors.New("has no valid host")
			}
			return text, nil
		},
	}
}

func hostName() kind[string] {
	return kind[string]{
		allowed: fmt.Sprintf("a lower-case host name of at most %d characters without port, such as localhost or activity.example.org", maxDomain),
		quoted:  true,
		format:  same,
		parse: func(text string) (string, error) {
			_, notIP := netip.ParseAddr(strings.Trim(text, "[]"))
			_, port, notPair := net.SplitHostPort(text)
			switch {
			case text == "":
				return "", errors.New("is empty")
			case notIP == nil:
				return "", errors.New("is an address, which has no subdomains (addresses are served in path style without being configured)")
			case strings.Contains(text, "://"):
				return "", errors.New("is a URL")
			case notPair == nil && port != "":
				return "", errors.New("has a port")
			case text != strings.ToLower(text):
				return "", errors.New("is not lower-case")
			case len(text) > maxDomain:
				return "", errors.New("is too long")
			case !isHostName(text):
				return "", errors.New("is not a host name")
			}
			return text, nil
		},
	}
}

// isHostName tells whether text is a host name of RFC 1123 in lower case.
func isHostName(text string) bool {
	labels := strings.Split(text, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		other := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
		if strings.ContainsFunc(label, other) {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(text) <= 253 && strings.Trim(last, "0123456789") != ""
}

func parsePublicURL(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		return "", errors.New("is not an http or https URL")
	case u.User != nil:
		return "", errors.New("has a user or password")
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.ForceQuery, strings.Contains(text, "#"):
		return "", errors.New("has more than a host and a port")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", errors.New("has no port from 1 to 65535")
		}
	}
	if _, err := netip.ParseAddr(u.Hostname()); err != nil && !isHostName(u.Hostname()) {
		return "", errors.New("has no valid lower-case host")
	}
	return u.Scheme + "://" + u.Host, nil
}

// parseServiceURL reads the URL of what the server calls: a scheme of those, a
// host, and perhaps a port and a path.
func parseServiceURL(text string, schemes ...string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || !slices.Contains(schemes, u.Scheme) || u.Hostname() == "":
		return nil, fmt.Errorf("is not an %s URL", strings.Join(schemes, " or "))
	case u.User != nil:
		return nil, errors.New("has a user or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("has more than a host, a port and a path")
	}
	if _, err := netip.ParseAddr(u.Hostname()); err != nil && !isHostName(u.Hostname()) {
		return nil, errors.New("has no valid lower-case host")
	}
	return u, nil
}

// showURL hides what a mistaken public URL may hold beside its host.
func showURL(text string) string {
	if strings.Contains(text, "@") {
		return redactURI(text)
	}
	return text
}

func parseMongoDBURI(text string) (Secret, error) {
	if text == "" {
		return "", nil
	}
	scheme, rest, _ := strings.Cut(text, "://")
	if scheme != "mongodb" && scheme != "mongodb+srv" {
		return "", errors.New("is not a MongoDB URI")
	}
	authority, _, _ := strings.Cut(rest, "?")
	hosts, _, _ := strings.Cut(authority[strings.LastIndexByte(authority, '@')+1:], "/")
	switch {
	case hosts == "":
		return "", errors.New("has no host")
	case strings.Contains(rest, ":"+redacted+"@"), strings.Contains(rest, "="+redacted):
		return "", fmt.Errorf("says %s where the secret was: put the secret in, or give the setting by flag or environment", redacted)
	}
	return Secret(text), nil
}

// parsePrefixes reads networks and addresses; an address is a network of one.
func parsePrefixes(text string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		prefix, err := parsePrefix(part)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(prefixes, prefix) {
			prefixes = append(prefixes, prefix)
		}
	}
	return prefixes, nil
}

func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil || prefix.Addr().Is4In6():
		return netip.Prefix{}, fmt.Errorf("holds %q, which is neither an address nor a network", text)
	case prefix != prefix.Masked():
		return netip.Prefix{}, fmt.Errorf("holds %q, which names more than the network %s", text, prefix.Masked())
	}
	return prefix, nil
}

func formatPrefixes(prefixes []netip.Prefix) string {
	texts := make([]string, len(prefixes))
	for i, prefix := range prefixes {
		texts[i] = prefix.String()
		if prefix.IsSingleIP() {
			texts[i] = prefix.Addr().String()
		}
	}
	return strings.Join(texts, ",")
}
