package rest

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/hosts"
)

const headerRequestID = "X-Request-Id"

// jsonType is the type of all answers, files and pages aside.
const jsonType = "application/json; charset=utf-8"

// setCommon sets the headers of every answer. Any origin may read it, without
// credentials of the browser's: nothing here is authenticated by a cookie.
// Nothing is kept on the way or on disk, since answers hold personal data; a
// client that wants to asks again with If-None-Match.
func setCommon(h http.Header, requestID string, now time.Time) {
	h.Set("API-Version", api.Version)
	h.Set("Server-Time", string(activity.TimestampOf(now).AppendJSON(nil)))
	h.Set("Content-Type", jsonType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set(headerRequestID, requestID)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers",
		"API-Version, Server-Time, X-Request-Id, ETag, Location, Retry-After, Allow, WWW-Authenticate, Content-Disposition")
}

// setPreflight sets what a browser asks for before a request that is not
// simple. It may remember the answer for a day.
func setPreflight(h http.Header) {
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS")
	h.Set("Access-Control-Allow-Headers",
		"Authorization, Content-Type, If-Match, If-None-Match, Range, If-Range, Last-Event-ID, X-Request-Id, X-Requested-With")
	h.Set("Access-Control-Max-Age", "86400")
}

// maxRequestID is the most characters of an id that a client gives.
const maxRequestID = 128

// requestID takes the client's id when it is printable ASCII without spaces and
// not too long, else makes one.
func requestID(given string) string {
	notPrintable := func(r rune) bool { return r <= ' ' || r > '~' }
	if given == "" || len(given) > maxRequestID || strings.ContainsFunc(given, notPrintable) {
		return strings.ToLower(rand.Text())
	}
	return given
}

// matches reports whether an If-None-Match holds the tag or *. Weak tags count
// as the strong ones, as its comparison asks for.
func matches(ifNoneMatch []string, tag string) bool {
	for _, one := range hosts.Listed(ifNoneMatch) {
		if one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}
