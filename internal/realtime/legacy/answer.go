package legacy

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// maxJSONPDigits bounds the number of the callback of a JSONP request.
const maxJSONPDigits = 9

// answerText answers with plain text. A client that is gone is noticed
// elsewhere.
func answerText(w http.ResponseWriter, status int, body string) {
	_ = answer(w, status, "text/plain; charset=UTF-8", []byte(body))
}

func answer(w http.ResponseWriter, status int, contentType string, body []byte) error {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

// answerWithin is answer with a time for a slow reader.
func answerWithin(w http.ResponseWriter, d time.Duration, status int, contentType string, body []byte) error {
	// Writers without deadlines (HTTP/2 has its own) go without.
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(d))
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }()
	if err := answer(w, status, contentType, body); err != nil {
		return err
	}
	return control.Flush()
}

// form is how a transport wraps what it carries. The zero form is that of XHR.
type form struct {
	jsonp string // the number of the callback
}

// jsonpForm returns the form for the callback io.j[number]; what is no number
// counts as 0, and is never written back.
func jsonpForm(number string) form {
	if !isCallback(number) {
		number = "0"
	}
	return form{jsonp: number}
}

func isCallback(number string) bool {
	for _, c := range []byte(number) {
		if !isDigit(c) {
			return false
		}
	}
	return number != "" && len(number) <= maxJSONPDigits
}

// wrap returns the answer that carries text.
func (f form) wrap(text []byte) (contentType string, body []byte) {
	if f.jsonp == "" {
		return "text/plain; charset=UTF-8", text
	}
	return "text/javascript; charset=UTF-8", f.call(quote(text))
}

// call returns a script that gives an expression to the callback.
func (f form) call(expression []byte) []byte {
	return append(append([]byte("io.j["+f.jsonp+"]("), expression...), ");"...)
}

// quote returns text as a JavaScript string that is safe within a page.
func quote(text []byte) []byte {
	quoted, _ := json.Marshal(string(text)) // strings always encode
	return quoted
}
