package engineio

import (
	"net/http"
	"net/url"
	"strings"
)

// Handshake is what is kept of the HTTP request that opened a session: little,
// because it lives as long as the session. It is immutable.
type Handshake struct {
	// Host is the Host header, a port included.
	Host string
	// Path is the decoded path of the request.
	Path string
	// RawQuery is the query as the client sent it.
	RawQuery string
	// RemoteAddr is the peer as net/http tells it.
	RemoteAddr string
	// TLS tells whether the connection itself was encrypted.
	TLS bool

	header []string // name, value, name, value
}

// NewHandshake keeps what a session needs of r, and of the header only the
// names in keep.
func NewHandshake(r *http.Request, keep []string) *Handshake {
	h := &Handshake{
		Host:       strings.Clone(r.Host),
		Path:       strings.Clone(r.URL.Path),
		RawQuery:   strings.Clone(r.URL.RawQuery),
		RemoteAddr: r.RemoteAddr,
		TLS:        r.TLS != nil,
	}
	for _, name := range keep {
		if v := r.Header.Get(name); v != "" {
			h.header = append(h.header, name, strings.Clone(v))
		}
	}
	return h
}

// Query returns the first value of a parameter of the URL's query, or "". It
// decodes on each call, so that nothing decoded stays in memory.
func (h *Handshake) Query(name string) string {
	values, _ := url.ParseQuery(h.RawQuery) // what is well-formed is taken
	return values.Get(name)
}

// Header returns a header that the server was told to keep, or "".
func (h *Handshake) Header(name string) string {
	for i := 0; i+1 < len(h.header); i += 2 {
		if strings.EqualFold(h.header[i], name) {
			return h.header[i+1]
		}
	}
	return ""
}
