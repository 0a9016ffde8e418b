package rest_test

import (
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/activityd/activityd/internal/api/rest"
)

// What is logged below the adapter has the request's id too.
func TestRequestIDsBelow(t *testing.T) {
	log := &logBuffer{}
	logger := slog.New(rest.WithRequestIDs(slog.NewJSONHandler(log, nil))).With("part", "page")
	f := newFixture(t, func(s *setup) {
		s.pages = map[string]http.Handler{"/register": http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			logger.ErrorContext(r.Context(), "it failed", "error", errors.New("cause"))
		})}
	})
	f.do(t, request("GET", "/register", "", host(domain), header("X-Request-Id", "of-mine")))
	logger.Info("of no request")
	lines := log.lines(t)
	if len(lines) != 2 || lines[0]["request_id"] != "of-mine" || lines[0]["part"] != "page" || lines[1]["request_id"] != nil {
		t.Errorf("logged %v", lines)
	}
	for _, line := range f.log.lines(t) {
		if line["request_id"] != "of-mine" {
			t.Errorf("logged %v", line)
		}
	}
}
