package tracing_test

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/activityd/activityd/internal/tracing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector takes spans as an OpenTelemetry collector does.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	spans  []*tracepb.Span
	body   string
	status int
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{status: http.StatusOK}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var sent tracepb.TracesData
		if err = errors.Join(err, proto.Unmarshal(body, &sent)); err != nil || r.Method != http.MethodPost ||
			r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("%s %s %v: %v", r.Method, r.URL, r.Header, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.body += string(body)
		for _, resource := range sent.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				c.spans = append(c.spans, scope.Spans...)
			}
		}
		w.WriteHeader(c.status)
	}))
	t.Cleanup(c.Close)
	return c
}

func start(t *testing.T, c *collector, sample float64, report func(error)) *tracing.Tracer {
	t.Helper()
	tracer, err := tracing.New(t.Context(), tracing.Options{Endpoint: c.URL + "/v1/traces", Sample: sample, Version: "1.2.3", Report: report})
	if err != nil {
		t.Fatal(err)
	}
	return tracer
}

// ask has one request answered, with two units of work in it.
func ask(t *testing.T, tracer *tracing.Tracer, status int, header ...string) {
	t.Helper()
	service := httptest.NewServer(tracer.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tracer.Unit(r.Context())(7, nil)
		tracer.Unit(r.Context())(0, errors.New("secret cause"))
		w.WriteHeader(status)
		tracer.Answered(r.Context(), "events.create", status, "request-1")
	})))
	defer service.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, service.URL+"/secret-path?auth=secret-token", strings.NewReader("secret-value"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "secret-header")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := service.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
}

func finish(t *testing.T, tracer *tracing.Tracer) {
	t.Helper()
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func never(t *testing.T) func(error) {
	return func(err error) { t.Errorf("reported: %v", err) }
}

// attributes gives them as text.
func attributes(s *tracepb.Span) string {
	var all []string
	for _, a := range s.Attributes {
		all = append(all, a.Key+"="+strings.Join(strings.Fields(a.Value.String()), ""))
	}
	return strings.Join(all, " ")
}

func TestSpansOfARequest(t *testing.T) {
	c := newCollector(t)
	tracer := start(t, c, 1, never(t))
	ask(t, tracer, http.StatusServiceUnavailable)
	finish(t, tracer)
	if len(c.spans) != 3 {
		t.Fatalf("%d spans", len(c.spans))
	}
	first, second, request := c.spans[0], c.spans[1], c.spans[2]
	if request.Name != "events.create" || request.Kind != tracepb.Span_SPAN_KIND_SERVER || len(request.ParentSpanId) != 0 ||
		request.Status.Code != tracepb.Status_STATUS_CODE_ERROR || request.Status.Message != "" ||
		attributes(request) != `activityd.method=string_value:"events.create" http.response.status_code=int_value:503 activityd.request_id=string_value:"request-1"` {
		t.Errorf("the request's span is %v", request)
	}
	for i, unit := range []*tracepb.Span{first, second} {
		want := []string{"activityd.group_units=int_value:7 activityd.failed=bool_value:false", "activityd.group_units=int_value:0 activityd.failed=bool_value:true"}[i]
		if unit.Name != "unit of work" || string(unit.ParentSpanId) != string(request.SpanId) ||
			string(unit.TraceId) != string(request.TraceId) || attributes(unit) != want {
			t.Errorf("the unit's span is %v", unit)
		}
	}
	if strings.Contains(c.body, "secret") || !strings.Contains(c.body, "1.2.3") {
		t.Errorf("sent %q", c.body)
	}
}

func TestTraceparent(t *testing.T) {
	const id, above = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	c := newCollector(t)
	tracer := start(t, c, 1, never(t))
	ask(t, tracer, http.StatusOK, "traceparent", "00-"+id+"-"+above+"-01", "tracestate", "other=secret-state")
	ask(t, tracer, http.StatusOK, "traceparent", "nonsense")
	finish(t, tracer)
	if len(c.spans) != 6 {
		t.Fatalf("%d spans", len(c.spans))
	}
	if got := c.spans[2]; hexOf(got.TraceId) != id || hexOf(got.ParentSpanId) != above || got.TraceState != "" {
		t.Errorf("got %v", got)
	}
	if got := c.spans[5]; hexOf(got.TraceId) == id || len(got.ParentSpanId) != 0 {
		t.Errorf("nonsense gave %v", got)
	}
	if strings.Contains(c.body, "secret") {
		t.Errorf("sent %q", c.body)
	}
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// No client can make the service trace more than it is told to.
func TestSample(t *testing.T) {
	c := newCollector(t)
	tracer := start(t, c, 0, never(t))
	ask(t, tracer, http.StatusOK)
	ask(t, tracer, http.StatusOK, "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	finish(t, tracer)
	if len(c.spans) != 0 {
		t.Errorf("%d spans", len(c.spans))
	}
}

func TestFailuresAreReportedOnce(t *testing.T) {
	c := newCollector(t)
	c.status = http.StatusBadGateway
	var reports []error
	tracer := start(t, c, 1, func(err error) { reports = append(reports, err) })
	ask(t, tracer, http.StatusOK)
	finish(t, tracer)
	if len(reports) != 1 || !strings.Contains(reports[0].Error(), "the collector answered 502") {
		t.Errorf("reported %v", reports)
	}
}

func TestCollectorThatIsAway(t *testing.T) {
	c := newCollector(t)
	c.Close()
	reported := make(chan error, 1)
	tracer := start(t, c, 1, func(err error) { reported <- err })
	ask(t, tracer, http.StatusOK)
	finish(t, tracer)
	if err := <-reported; err == nil {
		t.Error("reported as working")
	}
}

func TestUnitOutsideOfARequest(t *testing.T) {
	c := newCollector(t)
	tracer := start(t, c, 1, never(t))
	tracer.Unit(context.Background())(1, nil)
	tracer.Answered(context.Background(), "none", 200, "x")
	finish(t, tracer)
	if len(c.spans) != 0 {
		t.Errorf("%d spans", len(c.spans))
	}
}
