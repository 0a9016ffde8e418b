package rest

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// The fields of a form that are no parameters.
const (
	formMethod = "_method" // the verb: GET, PUT, DELETE; POST without it
	formAuth   = "_auth"   // as the header Authorization, which wins where it is sent
	formJSON   = "_json"   // the body: all other fields count for nothing then
)

// unfold puts in place of a form-encoded POST the request that it describes,
// for browsers and libraries that can send no other. It reads all of the body.
// What a form may do is no more than the described request: no cookie
// authenticates, so no page can act for a user whose token it does not have.
func (h *handler) unfold(x *exchange) error {
	r := x.request
	if r.Method != http.MethodPost || !isForm(r.Header) {
		return nil
	}
	fields, err := h.formFields(x)
	if err != nil {
		return err
	}
	described := r.Clone(r.Context())
	described.Body, described.ContentLength = http.NoBody, 0
	described.Header.Del("Content-Type")
	if described.Method, err = verbOf(fields); err != nil {
		return err
	}
	token, _, err := single(fields, formAuth)
	if err != nil {
		return err
	}
	if strings.TrimSpace(r.Header.Get("Authorization")) == "" && token != "" {
		described.Header.Set("Authorization", token)
	}
	text, given, err := single(fields, formJSON)
	switch {
	case err != nil:
		return err
	case given && strings.TrimSpace(text) == "":
		return badRequest("The field _json is empty: send JSON in it, or leave it out.", nil)
	case given:
		described.Body, described.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	default:
		query, err := parseQuery(r.URL.RawQuery)
		if err != nil {
			return err
		}
		for name, values := range fields {
			query[name] = append(query[name], values...)
		}
		described.URL.RawQuery = query.Encode()
	}
	x.request, x.unfolded = described, true
	return nil
}

// isForm reports whether the body is a form in percent-escapes.
func isForm(header http.Header) bool {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && kind == "application/x-www-form-urlencoded"
}

// formFields reads the form.
func (h *handler) formFields(x *exchange) (url.Values, error) {
	if err := checkCoding(x.request.Header); err != nil {
		return nil, err
	}
	if err := checkCharset(x.request.Header, "The body is in another charset: send the form in UTF-8."); err != nil {
		return nil, err
	}
	body, err := x.body(h.Service.Limits.MaxBody)
	if err != nil {
		return nil, err
	}
	text := string(body)
	if start := strings.TrimSpace(text); start != "" && (start[0] == '{' || start[0] == '[') {
		return nil, badRequest("The body is JSON, and its Content-Type says that it is a form: send Content-Type: application/json.", nil)
	}
	fields, err := url.ParseQuery(text)
	if err != nil {
		return nil, badRequest("The body is not a form, name=value&… in percent-escapes: escape each part of it as %XX.", err)
	}
	return fields, nil
}

// verbOf takes the verb out of the fields.
func verbOf(fields url.Values) (string, error) {
	verb, given, err := single(fields, formMethod)
	if err != nil || !given {
		return http.MethodPost, err
	}
	switch verb = strings.ToUpper(verb); verb {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete:
		return verb, nil
	}
	return "", badRequest("The field _method is GET, PUT or DELETE: send one of those, or leave it out for POST.", nil)
}

// single takes a field out that may be given once.
func single(fields url.Values, name string) (value string, given bool, err error) {
	values := fields[name]
	delete(fields, name)
	switch len(values) {
	case 0:
		return "", false, nil
	case 1:
		return values[0], true, nil
	}
	return "", true, badRequest("The field "+name+" is given twice: send it once.", nil)
}
