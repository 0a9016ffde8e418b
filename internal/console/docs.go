package console

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// docsFiles are a notice and, where web/ was built before, the explorer: its
// page and assets, which are compressed and named by their content.
//
//go:embed docs
var docsFiles embed.FS

// Docs serves the explorer of the API at /docs and all that it needs below:
// /docs/openapi.yaml is the description, with the addresses of this service.
// Without the built pages it serves a notice. It loads nothing from elsewhere;
// what is tried out in it goes to the service at root, such as
// http://localhost:3000, and to its users' subdomains.
func Docs(root *url.URL, description []byte) http.Handler {
	d := &docs{description: addressed(description, root)}
	page, err := docsFiles.ReadFile("docs/built/index.html")
	if err != nil {
		page, _ = docsFiles.ReadFile("docs/notice.html") // embedded, always
	}
	d.page = page
	// Styles are set by the explorer's script, so they cannot be told by hash.
	d.policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
		"connect-src 'self'" + subdomains(root) + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return d
}

// subdomains gives the users' hosts as a policy writes them; an address has
// none.
func subdomains(root *url.URL) string {
	if _, err := netip.ParseAddr(root.Hostname()); err == nil {
		return ""
	}
	return " " + root.Scheme + "://*." + root.Host
}

type docs struct {
	page, description []byte
	policy            string // Content-Security-Policy
}

// addressed puts the service's own address in the place of the default one.
func addressed(description []byte, root *url.URL) []byte {
	description = bytes.ReplaceAll(description, []byte("default: localhost:3000\n"), []byte("default: "+strconv.Quote(root.Host)+"\n"))
	return bytes.ReplaceAll(description, []byte("default: http\n"), []byte("default: "+root.Scheme+"\n"))
}

func (d *docs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", d.policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "These pages take GET only.", http.StatusMethodNotAllowed)
	case r.URL.Path == "/docs" || r.URL.Path == "/docs/":
		d.send(w, "text/html; charset=utf-8", d.page)
	case r.URL.Path == "/docs/openapi.yaml":
		d.send(w, "application/yaml", d.description)
	default:
		d.asset(w, r)
	}
}

func (d *docs) send(w http.ResponseWriter, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the client may be gone
}

// asset serves a file that never changes under its name. The few clients that
// take no gzip get it unpacked.
func (d *docs) asset(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, "/docs/assets/")
	packed, err := docsFiles.ReadFile("docs/built/assets/" + name + ".gz")
	if !ok || !fs.ValidPath(name) || err != nil {
		http.Error(w, "There is nothing at this path.", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	kind := "text/javascript; charset=utf-8"
	if path.Ext(name) == ".css" {
		kind = "text/css; charset=utf-8"
	}
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		d.send(w, kind, packed)
		return
	}
	plain, err := unpack(packed)
	if err != nil {
		http.Error(w, "The file could not be unpacked.", http.StatusInternalServerError)
		return
	}
	d.send(w, kind, plain)
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	var plain bytes.Buffer
	if _, err := plain.ReadFrom(r); err != nil {
		return nil, err
	}
	return plain.Bytes(), r.Close()
}
