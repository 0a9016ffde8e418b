package rest

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
)

// exchange is one request and its answer: it counts what is written, and knows
// what the log line will say.
type exchange struct {
	http.ResponseWriter
	request  *http.Request // of the client; where that was a form, what it describes
	id       string
	remote   netip.Addr
	username activity.Username // whose root; "" for the service's
	method   string            // the id of the method, for the log; "" when none was found

	unfolded bool // request is what a form describes

	begun   bool // the header is written
	aborted bool // the client did not stay for the answer
	status  int
	bytes   int64
	err     error // for the log
}

// writeTimeout is how long a client may take for each chunk of an answer.
const writeTimeout = 30 * time.Second

// statusGone stands in the log, and there only, for a client that went away.
const statusGone = 499

// WriteHeader notes the status.
func (x *exchange) WriteHeader(status int) {
	if !x.begun && status >= http.StatusOK {
		x.begun, x.status = true, status
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (x *exchange) Write(b []byte) (int, error) {
	if !x.begun {
		x.WriteHeader(http.StatusOK)
	}
	n, err := x.ResponseWriter.Write(b)
	x.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController find what the connection can do.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// gone reports whether nobody is left to hear of err. Whose body was too slow
// still is, though net/http ends the context then.
func (x *exchange) gone(err error) bool {
	return x.request.Context().Err() != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

// abort ends the connection, so that the client knows that it did not get all.
func (x *exchange) abort(err error) {
	x.err, x.aborted = err, x.gone(err) || errors.Is(err, errWrite)
	panic(http.ErrAbortHandler)
}

// control allows the client the time for the next chunk. A writer that knows
// no deadlines is a test's.
func (x *exchange) control() *http.ResponseController {
	rc := http.NewResponseController(x.ResponseWriter)
	_ = rc.SetWriteDeadline(time.Now().Add(writeTimeout))
	return rc
}

// fail answers with an error, where there is still somebody to hear it and
// nothing has been sent; else it ends the connection.
func (x *exchange) fail(err error) {
	if x.gone(err) && !x.begun {
		x.status = statusGone
	}
	if x.gone(err) || x.begun {
		x.abort(err)
	}
	x.err = err
	e := api.ErrorOf(err)
	d := detailOf(e)
	status := statusFor(err, e.Code)
	h := x.Header()
	h.Set("Content-Type", jsonType)
	h.Del("Etag")
	switch status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", fmt.Sprint(max(1, d.RetryAfter)))
	case http.StatusMovedPermanently:
		h.Set("Location", d.URL)
	case http.StatusRequestEntityTooLarge:
		h.Set("Connection", "close") // rather than read on
	}
	x.send(status, api.AppendError(nil, e))
}

// log writes the one line of the request. Nothing in it is a name, a path, a
// query or a value.
func (x *exchange) log(logger *slog.Logger, took time.Duration) {
	level, about := x.aboutError(x.err)
	attrs := append([]slog.Attr{
		slog.String("method", x.method),
		slog.Int("status", x.status),
		slog.Int64("bytes", x.bytes),
		slog.Duration("duration", took),
		slog.String("request_id", x.id),
		slog.Any("remote", x.remote),
	}, about...)
	logger.LogAttrs(x.request.Context(), level, "request", attrs...)
}

// logEntry writes a line for an entry of a batch that failed by our fault.
func (x *exchange) logEntry(logger *slog.Logger, method string, err error) {
	level, about := x.aboutError(err)
	if level == slog.LevelInfo || x.gone(err) {
		return
	}
	attrs := append([]slog.Attr{slog.String("method", method), slog.String("request_id", x.id)}, about...)
	logger.LogAttrs(x.request.Context(), level, "batch entry", attrs...)
}

// aboutError gives what the log says of an error; of a client that did not
// stay, that.
func (x *exchange) aboutError(err error) (slog.Level, []slog.Attr) {
	if err != nil && x.aborted {
		return slog.LevelInfo, []slog.Attr{slog.Bool("aborted", true)}
	}
	level, about := api.AboutError(err)
	if err != nil && StatusOf(api.ErrorOf(err).Code) == 0 {
		return slog.LevelError, append(about, slog.String("error", err.Error()))
	}
	return level, about
}
