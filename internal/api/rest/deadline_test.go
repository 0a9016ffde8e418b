package rest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// timed is a connection that notes its deadlines.
type timed struct {
	*httptest.ResponseRecorder
	read, write []time.Time
}

func (w *timed) SetReadDeadline(at time.Time) error {
	w.read = append(w.read, at)
	return nil
}

func (w *timed) SetWriteDeadline(at time.Time) error {
	w.write = append(w.write, at)
	return nil
}

// The server's ReadTimeout would cancel a method that runs, and its
// WriteTimeout would cut a long list.
func TestDeadlinesFollowTheWork(t *testing.T) {
	f := streaming(t)
	f.store.events = events(1000, nil)
	for _, one := range []struct {
		name   string
		r      *http.Request
		chunks int
	}{
		{"create", request(http.MethodPost, "/channels", `{"name":"x"}`), 1},
		{"list", request(http.MethodGet, "/work/events", ""), 5},
	} {
		w := &timed{ResponseRecorder: httptest.NewRecorder()}
		f.handler.ServeHTTP(w, one.r)
		if len(w.read) != 1 || !w.read[0].IsZero() {
			t.Errorf("%s: read deadlines %v", one.name, w.read)
		}
		if len(w.write) < one.chunks || w.write[0].IsZero() {
			t.Errorf("%s: %d write deadlines for %d bytes", one.name, len(w.write), w.Body.Len())
		}
	}
}

func TestAbandonedBodyKeepsItsDeadline(t *testing.T) {
	f := newFixture(t)
	w := &timed{ResponseRecorder: httptest.NewRecorder()}
	f.handler.ServeHTTP(w, request(http.MethodPost, "/nothing", `{}`))
	if len(w.read) != 0 {
		t.Errorf("read deadlines %v", w.read)
	}
}
