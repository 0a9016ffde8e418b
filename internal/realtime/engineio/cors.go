package engineio

import "net/http"

// AllowOrigin lets a page of any origin talk to us, and reports whether that is
// all that the request asks for. Clients up to 2.x send credentials, for which
// the origin must be named; there is nothing that a cookie could do here: none
// is set or read.
func AllowOrigin(w http.ResponseWriter, r *http.Request) (done bool) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Origin")
	origin, preflight := r.Header.Get("Origin"), r.Method == http.MethodOptions
	if origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	if origin != "" && preflight {
		h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
		h.Set("Access-Control-Max-Age", "86400")
		if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
			h.Set("Access-Control-Allow-Headers", asked)
			h.Add("Vary", "Access-Control-Request-Headers")
		}
	}
	if preflight {
		w.WriteHeader(http.StatusNoContent)
	}
	return preflight
}
