package rest

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/hosts"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/auth"
)

// method gives the handler of a row of the table.
func (h *handler) method(m *api.Method) func(*exchange, map[string]string) error {
	return func(x *exchange, path map[string]string) error {
		x.method = m.ID
		in, err := h.input(x, path)
		if err != nil {
			return err
		}
		ctx, begun, stop := h.within(x.about())
		defer stop()
		result, err := h.Service.Invoke(ctx, m, x.call(in.Query), in)
		if err != nil {
			return err
		}
		return x.answer(m.Status, result, begun)
	}
}

// batch is POST / on a user's root.
func (h *handler) batch(x *exchange, _ map[string]string) error {
	x.method = api.BatchCommand
	in, err := h.input(x, nil)
	if err != nil {
		return err
	}
	ctx, _, stop := h.within(x.about())
	defer stop()
	body, err := h.Service.Batch(ctx, x.call(in.Query), in.Body, func(method string, err error) {
		x.logEntry(h.Logger, method, err)
	})
	if err != nil {
		return err
	}
	x.send(http.StatusOK, body)
	return nil
}

// call says who asks for what, as far as a request tells.
func (x *exchange) call(query url.Values) *api.Call {
	r := x.request
	return &api.Call{
		Username:  x.username,
		Token:     auth.TokenFromRequest(r.Header, query),
		Remote:    x.remote,
		UserAgent: r.UserAgent(),
		IfMatch:   strings.Join(r.Header.Values("If-Match"), ", "),
	}
}

// input is the one place that knows how a request carries parameters: in the
// path, the query, and a JSON body (without a byte order mark, which is not
// JSON). GET has no body, unless a form described it; DELETE may have one. All
// of the request is read when it returns without an error.
func (h *handler) input(x *exchange, path map[string]string) (params.Input, error) {
	query, err := parseQuery(x.request.URL.RawQuery)
	if err != nil {
		return params.Input{}, err
	}
	body, err := x.body(h.Service.Limits.MaxBody)
	if err != nil {
		return params.Input{}, err
	}
	if len(body) > 0 && x.reads() && !x.unfolded {
		return params.Input{}, badRequest("A GET has no body: put its parameters into the query.", nil)
	}
	if len(body) > 0 {
		if err := checkType(x.request.Header); err != nil {
			return params.Input{}, err
		}
	}
	return params.Input{Path: path, Query: query, Body: body}, nil
}

// body reads all of the body, at most so many bytes. How long that may take is
// the server's ReadTimeout, which ends here: while a method runs it would count
// as the client's leaving.
func (x *exchange) body(most int) ([]byte, error) {
	r := x.request
	if r.ContentLength > int64(most) {
		return nil, tooLarge(most)
	}
	b, err := io.ReadAll(http.MaxBytesReader(x.ResponseWriter, r.Body, int64(most)))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge(most)
	case err != nil:
		return nil, badRequest("The body did not arrive as the headers say: send all of it, without long pauses.", err)
	}
	_ = http.NewResponseController(x.ResponseWriter).SetReadDeadline(time.Time{}) // a test's writer may know none
	return b, nil
}

func parseQuery(raw string) (url.Values, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, badRequest("The query is not name=value&… in percent-escapes: escape each part of it as %XX.", err)
	}
	return query, nil
}

func checkCoding(header http.Header) error {
	for _, coding := range hosts.Listed(header["Content-Encoding"]) {
		if !strings.EqualFold(coding, "identity") {
			return badRequest("The body is compressed: send it without Content-Encoding.", nil)
		}
	}
	return nil
}

// checkCharset takes UTF-8, and what does not say.
func checkCharset(header http.Header, otherwise string) error {
	_, args, err := mime.ParseMediaType(header.Get("Content-Type"))
	if charset, ok := args["charset"]; err == nil && ok && !strings.EqualFold(charset, "utf-8") {
		return badRequest(otherwise, nil)
	}
	return nil
}

// checkType takes JSON in UTF-8. No type at all counts as that.
func checkType(header http.Header) error {
	if err := checkCoding(header); err != nil {
		return err
	}
	given := header.Get("Content-Type")
	if given == "" {
		return nil
	}
	kind, _, err := mime.ParseMediaType(given)
	if err != nil || kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return badRequest("The body is not JSON: send JSON, with Content-Type: application/json.", err)
	}
	return checkCharset(header, "The body is in another charset: send JSON in UTF-8.")
}

func tooLarge(most int) error {
	return activity.NewError(activity.CodeRequestTooLarge, "The body is longer than %d bytes: send less at once.", most).
		With(api.TooLarge{Limit: "max_body", Most: most})
}

func badRequest(message string, cause error) error {
	return activity.NewError(activity.CodeInvalidRequestStructure, "%s", message).Because(cause)
}
