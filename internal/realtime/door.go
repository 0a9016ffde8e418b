package realtime

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/hosts"
)

// authorization is the one header of the handshake that is kept, where a client
// sends it.
const authorization = "Authorization"

// forwarded gives the request as its client sent it, whatever proxies we trust
// it came through, and what its Host names.
func (s *Server) forwarded(r *http.Request) (*http.Request, hosts.Place) {
	addr, host := s.proxies.Client(r)
	at, _ := hosts.Parse(host, s.Domain)
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || host == r.Host && addr == peer.Addr().Unmap() {
		return r, at
	}
	own := r.WithContext(r.Context()) // a copy
	own.Host, own.RemoteAddr = host, netip.AddrPortFrom(addr, peer.Port()).String()
	return own, at
}

// opens reports whether a request is a handshake: one of the later protocols
// without a session's id, or one of protocol 1, whose path ends at its version.
func opens(r *http.Request) bool {
	version, session, _ := strings.Cut(below(r.URL.Path), "/")
	return session == "" && (version != "" || r.URL.Query().Get("sid") == "")
}

// below gives what follows the mount; some clients leave its last slash out.
func below(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, strings.TrimSuffix(Path, "/")), "/")
}

// refuse answers a request that is not for the library to answer.
func refuse(w http.ResponseWriter, r *http.Request, status int, e *activity.Error) {
	h := w.Header()
	if origin := r.Header.Get("Origin"); origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Vary", "Origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "5")
	}
	w.WriteHeader(status)
	_, _ = w.Write(api.AppendError(nil, e)) // whoever asked is gone
}
