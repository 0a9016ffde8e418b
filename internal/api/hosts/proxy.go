package hosts

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the networks whose word about a request is taken.
type Proxies []netip.Prefix

func (p Proxies) trust(addr netip.Addr) bool {
	return addr.IsValid() && slices.ContainsFunc(p, func(one netip.Prefix) bool { return one.Contains(addr) })
}

// Client gives the address of the client and the Host that it asked for. Of
// X-Forwarded-For the part that trusted proxies wrote counts: from the right,
// up to the first address that is no trusted proxy's. Of X-Forwarded-Host the
// last counts, which the proxy before us wrote. The address is zero where the
// connection has none.
func (p Proxies) Client(r *http.Request) (addr netip.Addr, host string) {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr) // fails for connections that are not IP
	addr = peer.Addr().Unmap()
	if !p.trust(addr) {
		return addr, r.Host
	}
	host = r.Host
	if given := Listed(r.Header["X-Forwarded-Host"]); len(given) > 0 {
		host = given[len(given)-1]
	}
	for _, text := range slices.Backward(Listed(r.Header["X-Forwarded-For"])) {
		before, ok := forwardedAddr(text)
		if !ok {
			break
		}
		addr = before
		if !p.trust(addr) {
			break
		}
	}
	return addr, host
}

// Listed gives the elements of a header that is a list.
func Listed(values []string) []string {
	var all []string
	for _, value := range values {
		for one := range strings.SplitSeq(value, ",") {
			if one = strings.TrimSpace(one); one != "" {
				all = append(all, one)
			}
		}
	}
	return all
}

// forwardedAddr reads an address as proxies write it: with or without a port.
func forwardedAddr(text string) (netip.Addr, bool) {
	if pair, err := netip.ParseAddrPort(text); err == nil {
		return pair.Addr().Unmap().WithZone(""), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return addr.Unmap().WithZone(""), err == nil
}
