package clientfiles

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// ServeHTTP answers a request for the file that the path's last element names;
// the query means nothing. Pages of every origin may load it. Caches must ask
// again each time and are answered 304 as long as the file is the same.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		f.send(w, r)
	case http.MethodOptions:
		h.Set("Allow", "GET, HEAD, OPTIONS")
		h.Set("Access-Control-Allow-Methods", "GET, HEAD")
		h.Set("Access-Control-Allow-Headers", "*")
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
	default:
		h.Set("Allow", "GET, HEAD, OPTIONS")
		http.Error(w, "The client's files take GET only.", http.StatusMethodNotAllowed)
	}
}

func (f *Files) send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	found, ok := f.find(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
	if !ok {
		h.Set("Cache-Control", "no-store")
		http.Error(w, f.missing(), http.StatusNotFound)
		return
	}
	v := choose(strings.Join(r.Header.Values("Accept-Encoding"), ","), found.variants)
	h.Set("Cache-Control", "public, max-age=0")
	h.Set("Content-Type", found.kind)
	h.Set("ETag", v.tag)
	h.Set("Vary", "Accept-Encoding")
	if v.coding != identity {
		h.Set("Content-Encoding", v.coding)
		h.Set("Content-Length", strconv.FormatInt(v.size, 10)) // net/http does it for plain files only
	}
	http.ServeFileFS(w, r, f.fsys, v.path)
}

// missing says what to ask for instead.
func (f *Files) missing() string {
	if f.notice != "" {
		return strings.TrimSpace(f.notice)
	}
	return "There is no client file of this name. There are " +
		strings.Join(slices.Sorted(maps.Keys(f.files)), ", ") + "."
}
