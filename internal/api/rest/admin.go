package rest

import (
	"context"
	"net/http"

	"github.com/activityd/activityd/internal/activity"
)

// NewAdmin makes the handler for operators, on a listener of its own: GET
// /healthz tells that the process answers, GET /readyz whether it can serve,
// GET /metrics is the handler given, which may be nil for none. Ready gives why
// it cannot serve, nil when it can; operators are told the reason.
func NewAdmin(ready func(context.Context) error, metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		adminAnswer(w, http.StatusOK, `{"status":"ok"}`)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := ready(r.Context()); err != nil {
			adminAnswer(w, http.StatusServiceUnavailable, string(append(activity.AppendString([]byte(`{"status":"unavailable","reason":`), err.Error()), '}')))
			return
		}
		adminAnswer(w, http.StatusOK, `{"status":"ok"}`)
	})
	if metrics != nil {
		mux.Handle("GET /metrics", metrics)
	}
	return mux
}

func adminAnswer(w http.ResponseWriter, status int, body string) {
	h := w.Header()
	h.Set("Content-Type", jsonType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // whoever asked is gone
}
