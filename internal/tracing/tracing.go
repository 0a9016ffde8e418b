// Package tracing owns the spans of OpenTelemetry: one for each request, with
// those of its units of work below it, sent to a collector by OTLP over HTTP.
// A span holds the method, the status and the request's id, never a name, a
// path, a value or a token. Who does not trace does not make a Tracer, and pays
// nothing. The package imports no other of activityd, and leaves the library's
// globals alone.
package tracing

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Options say where spans go. All must be set.
type Options struct {
	Endpoint string  // the collector's URL for traces
	Sample   float64 // part of the requests that is traced, from 0 to 1
	Version  string  // of this program

	// Report hears when sending begins to fail, with why, and with nil when it
	// works again.
	Report func(error)
}

// Tracer makes spans. Use New; Close must be called in the end. Its methods may
// be called at the same time.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// The attributes of spans.
const (
	attrMethod    = attribute.Key("activityd.method")
	attrRequestID = attribute.Key("activityd.request_id")
	attrUnits     = attribute.Key("activityd.group_units")
	attrFailed    = attribute.Key("activityd.failed")
	attrStatus    = attribute.Key("http.response.status_code")
)

// New makes a tracer, which sends in the background: a collector that does not
// answer holds nothing up, and its spans are lost.
func New(ctx context.Context, o Options) (*Tracer, error) {
	exporter, err := otlptrace.New(ctx, newClient(o.Endpoint))
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	// The trace id decides alone, so that all services with the same part take
	// the same traces, and no client can have more of them taken.
	share := sdk.TraceIDRatioBased(o.Sample)
	provider := sdk.NewTracerProvider(
		sdk.WithSampler(sdk.ParentBased(share, sdk.WithRemoteParentSampled(share), sdk.WithRemoteParentNotSampled(share))),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "activityd"), attribute.String("service.version", o.Version))),
		sdk.WithBatcher(&reporting{SpanExporter: exporter, report: o.Report}),
	)
	return &Tracer{provider: provider, tracer: provider.Tracer("activityd")}, nil
}

// Close sends what was gathered, until ctx ends.
func (t *Tracer) Close(ctx context.Context) error {
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("tracing: send the last spans: %w", err)
	}
	return nil
}

// Handler gives each request to h a span, below the one that its traceparent
// names if any. The span has no name until Answered is called.
func (t *Tracer) Handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := t.tracer.Start(parent(r), "request", trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// parent reads the traceparent. What else clients hand on of their traces is
// left behind: it would be sent to the collector as they wrote it.
func parent(r *http.Request) context.Context {
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	return trace.ContextWithRemoteSpanContext(ctx, trace.SpanContextFromContext(ctx).WithTraceState(trace.TraceState{}))
}

// Answered says of the request in ctx what it was.
func (t *Tracer) Answered(ctx context.Context, method string, status int, requestID string) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	span.SetName(method)
	span.SetAttributes(attrMethod.String(method), attrStatus.Int(status), attrRequestID.String(requestID))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}

// Unit gives a unit of work in ctx a span, which ends when the function given
// is called: with how many units were in its commit, and its error. Where the
// request is not traced it is almost free.
func (t *Tracer) Unit(ctx context.Context) func(units int, err error) {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return func(int, error) {}
	}
	_, span := t.tracer.Start(ctx, "unit of work")
	return func(units int, err error) {
		span.SetAttributes(attrUnits.Int(units), attrFailed.Bool(err != nil))
		span.End()
	}
}

// reporting is an exporter whose failures are told here, once, and not by the
// library, which would write them past the log.
type reporting struct {
	sdk.SpanExporter
	report func(error)
	failed bool // the library exports one batch at a time
}

func (e *reporting) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	if failed := err != nil; failed != e.failed {
		e.failed = failed
		e.report(err)
	}
	return nil
}

// sendTimeout bounds one sending to the collector.
const sendTimeout = 10 * time.Second
