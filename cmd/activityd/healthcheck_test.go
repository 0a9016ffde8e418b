package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthcheck(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		code   int
		want   string
	}{
		{"alive", func(http.ResponseWriter, *http.Request) {}, exitOK, "healthy: http://127.0.0.1:PORT/healthz answered 200 OK\n"},
		{"failing", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
			exitFailure, "activityd: unhealthy: http://127.0.0.1:PORT/healthz answered 503 Service Unavailable\n"},
		{"something else listens", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) },
			exitFailure, "activityd: unhealthy: http://127.0.0.1:PORT/healthz answered 302 Found\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.HandleFunc("GET /healthz", test.answer)
			mux.HandleFunc("GET /login", func(http.ResponseWriter, *http.Request) {})
			server := httptest.NewServer(mux)
			t.Cleanup(server.Close)
			address := server.Listener.Addr().String()
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				t.Fatal(err)
			}
			got := activityd(t, []string{"ACTIVITYD_ADMIN_LISTEN=" + address}, "", "healthcheck")
			want := strings.ReplaceAll(test.want, "PORT", port)
			if got.code != test.code || got.stdout+got.stderr != want {
				t.Errorf("got %+v, want %d %s", got, test.code, want)
			}
		})
	}
}

func TestHealthcheckWithoutService(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	tests := map[string][]string{
		"no answer from http://" + address + "/healthz: ": {"--admin-listen", address},
		"the port is known to the service alone":          {"--admin-listen", "localhost:0"},
		"the configuration has a mistake":                 {"--max-body", "lots"},
	}
	for want, args := range tests {
		got := activityd(t, nil, "", append([]string{"healthcheck"}, args...)...)
		if got.code != exitFailure || !strings.HasPrefix(got.stderr, "activityd: unhealthy: ") || !strings.Contains(got.stderr, want) {
			t.Errorf("got %+v, want %s", got, want)
		}
	}
}

func TestHealthURL(t *testing.T) {
	for listen, want := range map[string]string{
		"localhost:3001":   "http://localhost:3001/healthz",
		":3001":            "http://localhost:3001/healthz",
		"0.0.0.0:3001":     "http://localhost:3001/healthz",
		"[::]:3001":        "http://localhost:3001/healthz",
		"[::1]:3001":       "http://[::1]:3001/healthz",
		"192.168.1.5:3001": "http://192.168.1.5:3001/healthz",
	} {
		if got, err := healthURL(listen); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", listen, got, err, want)
		}
	}
}
