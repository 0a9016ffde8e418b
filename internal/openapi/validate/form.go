package validate

import (
	"cmp"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// form reports whether the request is a form that describes another.
func (x Exchange) form() bool {
	kind, _, err := mime.ParseMediaType(x.ContentType)
	return err == nil && x.Verb == http.MethodPost && kind == "application/x-www-form-urlencoded"
}

// verb gives the verb of the request, or of the one that a form describes.
func (x Exchange) verb() string {
	if !x.form() {
		return x.Verb
	}
	fields, err := url.ParseQuery(string(x.Body))
	if err != nil {
		return x.Verb
	}
	return cmp.Or(strings.ToUpper(fields.Get("_method")), x.Verb)
}
