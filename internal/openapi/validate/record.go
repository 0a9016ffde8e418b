package validate

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

// maxJudged bounds the answers and bodies that are judged, in bytes: longer
// ones, which tests of bounds make, pass.
const maxJudged = 256 << 10

// Handler gives a handler that answers as h does and holds what it answered to
// the description. Domain is the one that h serves. It reports to t, which must
// not have ended.
func (s *Spec) Handler(t testing.TB, h http.Handler, domain string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &recorder{ResponseWriter: w}
		x := exchangeOf(r, domain) // before the handler rewrites it
		var body recording
		if r.Body != nil && r.Body != http.NoBody {
			seen := r.WithContext(r.Context())
			seen.Body = &readBody{r.Body, &body}
			r = seen
		}
		h.ServeHTTP(answer, r)
		x.Status, x.Header = answer.status, answer.Header()
		s.judge(t, x, &body, &answer.body)
	})
}

// Client gives a client that sends as http.DefaultClient does and holds what
// comes back to the description. Domain is the server's. It reports to t, which
// must not have ended.
func (s *Spec) Client(t testing.TB, domain string) *http.Client {
	return &http.Client{Transport: &transport{t: t, spec: s, domain: domain}}
}

// exchangeOf gives what is known before the answer.
func exchangeOf(r *http.Request, domain string) Exchange {
	return Exchange{Verb: r.Method, Path: belowRoot(r, domain), Query: r.URL.Query(), ContentType: r.Header.Get("Content-Type")}
}

// judge checks an exchange that was recorded as a whole. A fuzz target may not
// report to the F that made the handler: there a fault is a panic.
func (s *Spec) judge(t testing.TB, x Exchange, body, answer *recording) {
	sent, whole := body.all()
	answered, toTheEnd := answer.all()
	if !whole || !toTheEnd || x.Verb == http.MethodHead || x.Status == http.StatusNotModified {
		return
	}
	x.Body, x.Answer = sent, answered
	err := s.Check(x)
	if _, fuzzed := t.(*testing.F); fuzzed && err != nil {
		panic(err)
	}
	if err != nil {
		t.Error(err)
	}
}

// belowRoot gives the path below the root that a request is for: its user's on
// a subdomain and in path style, else the service's.
func belowRoot(r *http.Request, domain string) string {
	path := r.URL.EscapedPath()
	host, _, _ := strings.Cut(cmp.Or(r.Host, r.URL.Host), ":")
	if strings.HasSuffix(strings.ToLower(host), "."+domain) {
		return path
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	name, fault := activity.ParseUsername(first)
	if fault != nil || name.Reserved() {
		return path
	}
	return "/" + rest
}

// recording keeps what is written to it, up to maxJudged. A server may answer
// before it has all of a request, so a body may still be sent while it is read.
type recording struct {
	mu   sync.Mutex
	text []byte
	over bool // there was more
}

func (r *recording) keep(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over = r.over || len(r.text)+len(b) > maxJudged; !r.over {
		r.text = append(r.text, b...)
	}
}

// all gives what was kept so far; ok is false when that is not all.
func (r *recording) all() (text []byte, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.text), !r.over
}

// readBody keeps what is read of a request's body.
type readBody struct {
	io.ReadCloser
	kept *recording
}

func (b *readBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.kept.keep(p[:n])
	return n, err
}

// recorder keeps what is answered.
type recorder struct {
	http.ResponseWriter
	status int
	body   recording
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	w.body.keep(b)
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController find what the connection can do.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

type transport struct {
	t      testing.TB
	spec   *Spec
	domain string
}

// RoundTrip sends the request and gives the answer, whose body has been read.
func (tr *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var body recording
	if r.Body != nil {
		sent := r.Clone(r.Context())
		sent.Body = &readBody{r.Body, &body}
		r = sent
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(res.Body)
	if err == nil {
		var answer recording
		answer.keep(text)
		x := exchangeOf(r, tr.domain)
		x.Status, x.Header = res.StatusCode, res.Header
		tr.spec.judge(tr.t, x, &body, &answer)
	}
	res.Body = &readAgain{bytes.NewReader(text), res.Body, err}
	return res, nil
}

// readAgain gives what was read, then the error that ended the reading.
type readAgain struct {
	*bytes.Reader
	io.Closer
	err error
}

func (b *readAgain) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && b.err != nil {
		return n, b.err
	}
	return n, err
}
