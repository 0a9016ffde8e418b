package auth

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// TokenFromRequest gives the token that a request carries, "" for none. The
// first of these that is there decides, even where its token is bad:
//
//  1. Authorization: Bearer {token}
//  2. Authorization: Basic {base64 of user:token}; the user means nothing
//  3. Authorization: {token}
//  4. the query's auth={token}
//
// So the query counts only when the header is absent or blank. The scheme's
// case does not matter. A header that is none of these (an unknown scheme, a
// broken Basic) is taken as a token, which Authenticate will not know; Bearer
// and Basic without a token are none. Of repeated headers or parameters the
// first counts.
func TokenFromRequest(h http.Header, query url.Values) string {
	header := strings.TrimSpace(h.Get("Authorization"))
	if header == "" {
		return query.Get("auth")
	}
	scheme, rest := header, ""
	if i := strings.IndexAny(header, " \t"); i >= 0 {
		scheme, rest = header[:i], strings.TrimSpace(header[i:])
	}
	switch strings.ToLower(scheme) {
	case "bearer":
		return rest
	case "basic":
		if password, ok := basicPassword(rest); ok {
			return password
		}
	}
	return header
}

// basicPassword gives the password of Basic credentials, "" where they are
// empty; ok is false where they cannot be read.
func basicPassword(credentials string) (password string, ok bool) {
	if credentials == "" {
		return "", true
	}
	text, err := base64.StdEncoding.DecodeString(credentials)
	if err != nil {
		return "", false
	}
	_, password, ok = strings.Cut(string(text), ":")
	return password, ok
}
