package metrics_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/metrics"
)

// scrape gives the lines of the metrics, comments left out.
func scrape(t *testing.T, m *metrics.Metrics, failed func(error)) []string {
	t.Helper()
	server := httptest.NewServer(m.Handler(failed))
	defer server.Close()
	res, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%v, %d %s", err, res.StatusCode, text)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func want(t *testing.T, lines []string, wanted ...string) {
	t.Helper()
	all := "\n" + strings.Join(lines, "\n") + "\n"
	for _, line := range wanted {
		if !strings.Contains(all, "\n"+line) {
			t.Errorf("%s is not in%s", line, all)
		}
	}
}

func never(t *testing.T) func(error) {
	return func(err error) { t.Error(err) }
}

func TestRequests(t *testing.T) {
	m := metrics.New("1.2.3", []string{"events.get", "none"})
	m.Observe("events.get", 200, 700*time.Microsecond, 100)
	m.Observe("events.get", 200, 3*time.Second, 11)
	m.Observe("events.get", 499, time.Minute, 0)
	m.Observe("none", 404, time.Millisecond, 5)
	m.Observe("/alice/secret", 0, time.Millisecond, 5)
	lines := scrape(t, m, never(t))
	want(t, lines,
		`activityd_build_info{goversion="go`,
		`activityd_http_requests_total{code="200",method="events.get"} 2`,
		`activityd_http_requests_total{code="499",method="events.get"} 1`,
		`activityd_http_requests_total{code="404",method="none"} 1`,
		`activityd_http_requests_total{code="0",method="other"} 1`,
		`activityd_http_request_duration_seconds_bucket{class="2xx",method="events.get",le="0.0005"} 0`,
		`activityd_http_request_duration_seconds_bucket{class="2xx",method="events.get",le="0.001"} 1`,
		`activityd_http_request_duration_seconds_bucket{class="2xx",method="events.get",le="30"} 2`,
		`activityd_http_request_duration_seconds_bucket{class="4xx",method="events.get",le="30"} 0`,
		`activityd_http_request_duration_seconds_count{class="none",method="other"} 1`,
		`activityd_http_response_bytes_total{method="events.get"} 111`,
		`activityd_http_requests_in_flight 0`,
		`go_goroutines `,
		`process_open_fds `,
	)
	if all := strings.Join(lines, "\n"); strings.Contains(all, "alice") || !strings.Contains(all, `version="1.2.3"`) {
		t.Errorf("got\n%s", all)
	}
}

func TestInFlight(t *testing.T) {
	m := metrics.New("dev", nil)
	h := m.InFlight(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		want(t, scrape(t, m, never(t)), "activityd_http_requests_in_flight 1")
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	want(t, scrape(t, m, never(t)), "activityd_http_requests_in_flight 0")
}

func TestStore(t *testing.T) {
	m := metrics.New("dev", nil)
	var broken error
	m.AddStore(func(ctx context.Context) (metrics.Store, error) {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("a scrape may take for ever")
		}
		return metrics.Store{
			Groups:   metrics.Histogram{Bounds: []float64{1, 4}, Counts: []uint64{2, 1, 1}, Sum: 11},
			Commits:  metrics.Histogram{Bounds: []float64{.01}, Counts: []uint64{4, 0}, Sum: .02},
			Failures: 1, Queue: 2, QueueMax: 256, CacheHits: 7, CacheStale: 8, CacheMisses: 9, Sweeps: 3, Pruned: 4,
			FeedReaders: 2, FeedLag: 12, FeedAge: 1500 * time.Millisecond,
		}, broken
	})
	lines := scrape(t, m, never(t))
	want(t, lines,
		`activityd_store_group_units_bucket{le="1"} 2`,
		`activityd_store_group_units_bucket{le="4"} 3`,
		`activityd_store_group_units_bucket{le="+Inf"} 4`,
		`activityd_store_group_units_sum 11`,
		`activityd_store_group_units_count 4`,
		`activityd_store_commit_duration_seconds_bucket{le="0.01"} 4`,
		`activityd_store_group_failures_total 1`,
		`activityd_store_queue_units 2`,
		`activityd_store_queue_units_max 256`,
		`activityd_store_cache_requests_total{result="hit"} 7`,
		`activityd_store_cache_requests_total{result="stale"} 8`,
		`activityd_store_cache_requests_total{result="miss"} 9`,
		`activityd_store_sweeps_total 3`,
		`activityd_store_pruned_changes_total 4`,
		`activityd_store_feed_readers 2`,
		`activityd_store_feed_lag_changes 12`,
		`activityd_store_feed_lag_seconds 1.5`,
	)

	broken = errors.New("the disk is away")
	var told error
	lines = scrape(t, m, func(err error) { told = errors.Join(told, err) })
	want(t, lines, `activityd_store_queue_units 2`)
	if all := strings.Join(lines, "\n"); strings.Contains(all, "feed_lag") || told == nil || !strings.Contains(told.Error(), "the disk is away") {
		t.Errorf("told %v and gave\n%s", told, all)
	}
}

func TestSockets(t *testing.T) {
	m := metrics.New("dev", []string{"events.create"})
	m.AddSockets(func() metrics.Sockets {
		return metrics.Sockets{
			Connected: map[string]int64{"0.9": 2, "3-4": 0}, Connections: 3, Refused: 4, Notifications: map[string]uint64{"eventsChanged": 5},
			Delays: metrics.Histogram{Bounds: []float64{.001, .01}, Counts: []uint64{1, 2, 3}, Sum: 7},
		}
	})
	m.ObserveCommand("events.create", "", 2*time.Millisecond)
	m.ObserveCommand("events.create", "forbidden", 2*time.Second)
	m.ObserveCommand("alice.secrets", "unknown-method", time.Millisecond)
	lines := scrape(t, m, never(t))
	want(t, lines,
		`activityd_socket_connected{generation="0.9"} 2`,
		`activityd_socket_connected{generation="3-4"} 0`,
		`activityd_socket_connections 3`,
		`activityd_socket_refused_total 4`,
		`activityd_socket_notifications_total{event="eventsChanged"} 5`,
		`activityd_socket_notification_delay_seconds_bucket{le="0.01"} 3`,
		`activityd_socket_notification_delay_seconds_count 6`,
		`activityd_socket_commands_total{code="ok",method="events.create"} 1`,
		`activityd_socket_commands_total{code="forbidden",method="events.create"} 1`,
		`activityd_socket_commands_total{code="unknown-method",method="other"} 1`,
		`activityd_socket_command_duration_seconds_bucket{method="events.create",outcome="ok",le="0.0025"} 1`,
		`activityd_socket_command_duration_seconds_count{method="events.create",outcome="failed"} 1`,
	)
	if all := strings.Join(lines, "\n"); strings.Contains(all, "alice") {
		t.Errorf("got\n%s", all)
	}
}
