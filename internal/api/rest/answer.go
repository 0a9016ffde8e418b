package rest

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/activityd/activityd/internal/api"
)

// chunk is how many bytes of a long list are gathered before they are sent.
const chunk = 32 << 10

// errWrite marks an answer that the client did not take.
const errWrite = constError("write the answer")

type constError string

func (e constError) Error() string { return string(e) }

// answer writes the result of a method. answering is called before the first
// byte is sent.
func (x *exchange) answer(status int, result any, answering func()) error {
	if list, ok := result.(api.Stream); ok {
		return x.stream(status, list, answering)
	}
	body, err := api.AppendResult(nil, result)
	if err != nil {
		return err
	}
	answering()
	if tag := x.tag(result); tag != "" {
		x.Header().Set("ETag", tag)
		if x.reads() && matches(x.request.Header.Values("If-None-Match"), tag) {
			x.Header().Del("Content-Type")
			x.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	x.send(status, body)
	return nil
}

// tag gives the ETag of a result, "" for none. What is nobody's own may be
// kept, but not used unasked: an old Server-Time would mislead.
func (x *exchange) tag(result any) string {
	switch r := result.(type) {
	case api.Versioned:
		return api.ETag(r.Version())
	case api.Tagged:
		x.Header().Set("Cache-Control", "public, no-cache")
		return r.Tag()
	}
	return ""
}

// reads reports whether the request only reads.
func (x *exchange) reads() bool {
	return x.request.Method == http.MethodGet || x.request.Method == http.MethodHead
}

// send writes an answer as a whole.
func (x *exchange) send(status int, body []byte) {
	x.Header().Set("Content-Length", strconv.Itoa(len(body)))
	x.sendChunk(status, body)
}

// stream writes a list element by element, in chunks: memory does not grow with
// it. A failure before the first chunk is sent is an error as others are; after
// that it ends the connection, and the array is never closed.
func (x *exchange) stream(status int, list api.Stream, answering func()) error {
	b := make([]byte, 0, chunk+chunk/4)
	b = append(b, '[')
	first := true
	for element, err := range list {
		if err != nil {
			return err
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = element.AppendJSON(b)
		if len(b) < chunk {
			continue
		}
		answering()
		x.sendChunk(status, b)
		if x.request.Method == http.MethodHead {
			return nil
		}
		b = b[:0]
	}
	answering()
	b = append(b, ']')
	if !x.begun {
		x.send(status, b)
		return nil
	}
	x.sendChunk(status, b)
	return nil
}

// sendChunk writes a part of the body, or only the header for HEAD. It does not
// return when the client is gone: nothing more is read from the store then.
func (x *exchange) sendChunk(status int, b []byte) {
	rc := x.control()
	if !x.begun {
		x.WriteHeader(status)
	}
	if x.request.Method == http.MethodHead {
		return
	}
	_, err := x.Write(b)
	if err == nil {
		err = rc.Flush()
	}
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		x.abort(fmt.Errorf("%w: %w", errWrite, err))
	}
}
