package engineio

import (
	"net/http"
	"strings"

	"github.com/gorilla/websocket"
)

// query is what the protocol reads of a request's query.
type query struct {
	websocket bool
	revision  uint8 // 2, 3 or 4; 0 for anything else
	sid       string
	jsonp     string // the digits of the callback; "" for XHR
	isJSONP   bool
	base64    bool // the client takes no binary
	stamped   bool // a client of the official line, not a test by hand
}

// parseQuery reads the query; ok is false if the transport is unknown.
func parseQuery(r *http.Request) (q query, ok bool) {
	values := r.URL.Query()
	switch values.Get("EIO") {
	case "2":
		q.revision = 2
	case "3":
		q.revision = 3
	case "4":
		q.revision = 4
	}
	q.sid = values.Get("sid")
	q.base64 = values.Get("b64") != ""
	q.stamped = values.Get("t") != ""
	if values.Has("j") && q.revision < 4 {
		q.isJSONP = true
		q.jsonp = digits(values.Get("j"))
	}
	switch values.Get("transport") {
	case "websocket":
		q.websocket = true
	case "polling":
	default:
		return q, false
	}
	return q, true
}

// digits returns the digits of s, of which nothing else may reach a script.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func isUpgrade(r *http.Request) bool { return websocket.IsWebSocketUpgrade(r) }
