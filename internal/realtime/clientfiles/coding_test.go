package clientfiles_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestAcceptEncoding(t *testing.T) {
	f := fake(t, coded())
	for accept, want := range map[string]string{
		"":                                   "",
		"identity":                           "",
		"br":                                 "br",
		"gzip":                               "gzip",
		"x-gzip":                             "gzip",
		"GZip, DEFLATE":                      "gzip",
		"gzip, deflate, br, zstd":            "br",
		" gzip ;q=1 ,br; q=0.5":              "gzip",
		"gzip;Q=0.5,br;Q=0.501":              "br",
		"br;q=0, gzip;q=0":                   "",
		"br;q=0.000, gzip;q=0.001":           "gzip",
		"*":                                  "br",
		"br;q=0, *":                          "gzip",
		"*, br;q=0":                          "gzip",
		"*;q=0":                              "",
		"*;q=0, gzip":                        "gzip",
		"*;q=0.1, gzip;q=0.2":                "gzip",
		"identity;q=1, gzip;q=0.5":           "",
		"identity;q=0.5, gzip;q=0.5":         "gzip",
		"identity;q=0.5, *;q=0.4":            "",
		"identity;q=0":                       "",
		"identity;q=0, br;q=0, *;q=0":        "",
		"deflate, zstd":                      "",
		"brotli, xgzip, gzip2":               "",
		",, ,gzip,":                          "gzip",
		", ;q=1":                             "",
		"gzip;q=0.3, gzip":                   "gzip",
		"gzip;q=0, gzip":                     "",
		"br;q=2, gzip;q=0.1":                 "gzip",
		"br;q=1.001, gzip;q=0.1":             "gzip",
		"br;q=1.000, gzip":                   "br",
		"br;q=-1, gzip;q=0.1":                "gzip",
		"br;q=0.1234, gzip;q=0.1":            "gzip",
		"br;q=0.1;x=1, gzip;q=0.1":           "gzip",
		"br;q=NaN, gzip;q=0.1":               "gzip",
		"br;q=.9, gzip;q=0.1":                "gzip",
		"br;q=, gzip;q=0.1":                  "gzip",
		"br;, gzip;q=0.1":                    "gzip",
		"br;level=5, gzip;q=0.1":             "gzip",
		"br;x=1, gzip;q=0.1":                 "gzip",
		"br;q:1, gzip;q=0.1":                 "gzip",
		"br;q=1., gzip;q=1.0":                "br",
		strings.Repeat("deflate;q=0.1,", 99): "",
	} {
		w := ask(t, f, http.MethodGet, "socket.io.js", "Accept-Encoding", accept)
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("%q: %q, not %q", accept, got, want)
		}
		body := "the plain file"
		if want != "" {
			body = "its " + want
		}
		if w.Body.String() != body {
			t.Errorf("%q: %q", accept, w.Body)
		}
	}
}

func TestAcceptEncodingFields(t *testing.T) {
	f := fake(t, coded())
	if got := ask(t, f, http.MethodGet, "socket.io.js").Header().Get("Content-Encoding"); got != "" {
		t.Errorf("unasked: %q", got)
	}
	two := ask(t, f, http.MethodGet, "socket.io.js", "Accept-Encoding", "deflate", "Accept-Encoding", "gzip")
	if got := two.Header().Get("Content-Encoding"); got != "gzip" {
		t.Errorf("in two fields: %q", got)
	}
	plain := fake(t, map[string]string{"4/socket.io.js": "plain", "4/socket.io.js.gz": "gz"})
	if got := ask(t, plain, http.MethodGet, "socket.io.js", "Accept-Encoding", "gzip;q=0.1, br").Body.String(); got != "gz" {
		t.Errorf("without brotli: %q", got)
	}
}

// FuzzAcceptEncoding: no field panics, and none is sent a coding that it does
// not name.
func FuzzAcceptEncoding(f *testing.F) {
	for _, seed := range []string{"", "gzip, br", "br;q=0.5,*;q=0", "x-gzip;q=1.000", "identity;q=0", ";;q=,=", "*"} {
		f.Add(seed)
	}
	files := fake(f, coded())
	f.Fuzz(func(t *testing.T, accept string) {
		w := ask(t, files, http.MethodGet, "socket.io.js", "Accept-Encoding", accept)
		got := w.Header().Get("Content-Encoding")
		if w.Code != http.StatusOK || (!strings.Contains(accept, "*") && !strings.Contains(strings.ToLower(accept), got)) {
			t.Errorf("%q: %d, %q", accept, w.Code, got)
		}
	})
}
