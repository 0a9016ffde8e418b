package rest_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/api/rest"
)

// Whoever watches is told of every request what the log says, by methods of a
// closed set, in the context in which the request came.
func TestObserve(t *testing.T) {
	type key struct{}
	f := newFixture(t)
	var seen []rest.Served
	h := rest.New(rest.Options{
		Service: f.service, Domain: domain, Logger: slog.New(slog.DiscardHandler),
		Pages: map[string]http.Handler{"/register": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
		})},
		Observe: func(ctx context.Context, s rest.Served) {
			if ctx.Value(key{}) == nil {
				t.Error("another context")
			}
			seen = append(seen, s)
		},
	})
	labels := rest.MethodLabels(f.service.Methods())
	for _, one := range []struct {
		request *http.Request
		method  string
		status  int
	}{
		{request("GET", "/channels", ""), "channels.get", 200},
		{request("GET", "/channels", "", header("Authorization", "wrong")), "channels.get", 401},
		{request("DELETE", "/channels", ""), "none", 405},
		{request("GET", "/no/such/path/at/all", ""), "none", 404},
		{request("GET", "/channels", "", host("elsewhere.test")), "none", 421},
		{request("POST", "/", "[]"), "batch", 200},
		{request("OPTIONS", "/channels", "", header("Access-Control-Request-Method", "GET")), "preflight", 204},
		{request("GET", "/register", "", host(domain)), "page", 418},
	} {
		seen = nil
		one.request.Header.Set("X-Request-Id", "of-mine")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, one.request.WithContext(context.WithValue(t.Context(), key{}, true)))
		if len(seen) != 1 {
			t.Fatalf("%s: told %d times", one.method, len(seen))
		}
		got := seen[0]
		if got.Method != one.method || got.Status != one.status || got.RequestID != "of-mine" || got.Bytes != int64(w.Body.Len()) || got.Took < 0 {
			t.Errorf("%s %s: told %+v, want %s %d", one.request.Method, one.request.URL, got, one.method, one.status)
		}
		if !slices.Contains(labels, got.Method) {
			t.Errorf("%s is none of the labels", got.Method)
		}
	}
}

func TestAdminMetrics(t *testing.T) {
	h := rest.NewAdmin(func(context.Context) error { return nil }, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("numbers"))
	}))
	for verb, want := range map[string]string{"GET": "numbers", "POST": "Method Not Allowed\n"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(verb, "/metrics", nil))
		if w.Body.String() != want {
			t.Errorf("%s: got %d %s", verb, w.Code, w.Body)
		}
	}
}
