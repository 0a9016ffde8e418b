package main

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/activityd/activityd/internal/api/rest"
	"github.com/activityd/activityd/internal/config"
	"github.com/activityd/activityd/internal/metrics"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/tracing"
)

// watch is what operators see of the service.
type watch struct {
	metrics *metrics.Metrics
	tracer  *tracing.Tracer // nil where nothing is traced
	log     *slog.Logger
}

func newWatch(m *metrics.Metrics, tracer *tracing.Tracer, store storage.Store, log *slog.Logger) watch {
	m.AddStore(func(ctx context.Context) (metrics.Store, error) { return storeMetrics(ctx, store) })
	return watch{metrics: m, tracer: tracer, log: log}
}

// newMetrics makes the metrics for a table of methods.
func newMetrics(methods []string) *metrics.Metrics {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return metrics.New(versionOf(version, info), methods)
}

// newTracer gives nil where the configuration names no collector.
func newTracer(ctx context.Context, cfg config.Config, log *slog.Logger) (*tracing.Tracer, error) {
	if cfg.OTLPEndpoint == "" {
		return nil, nil
	}
	return tracing.New(ctx, tracing.Options{
		Endpoint: cfg.OTLPEndpoint, Sample: cfg.TraceSample, Version: version,
		Report: func(err error) {
			if err != nil {
				log.Warn("traces are lost: the collector does not take them", "error", err)
				return
			}
			log.Info("the collector takes traces again")
		},
	})
}

// flushTime is how long the last spans may take to be sent.
const flushTime = 5 * time.Second

// closeTracer sends the last spans, once nothing makes more. Nil is no tracer.
func closeTracer(tracer *tracing.Tracer, log *slog.Logger) {
	if tracer == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	if err := tracer.Close(ctx); err != nil {
		log.Warn("traces are lost", "error", err)
	}
}

// observe tells of one request.
func (w watch) observe(ctx context.Context, s rest.Served) {
	w.metrics.Observe(s.Method, s.Status, s.Took, s.Bytes)
	if w.tracer != nil {
		w.tracer.Answered(ctx, s.Method, s.Status, s.RequestID)
	}
}

// around counts and traces the requests to a handler.
func (w watch) around(h http.Handler) http.Handler {
	if w.tracer != nil {
		h = w.tracer.Handler(h)
	}
	return w.metrics.InFlight(h)
}

// watchCertificate shows when the files' certificate ends. Those of ACME renew
// themselves, and the log tells when they cannot.
func (w watch) watchCertificate(keys security) {
	if keys.files != nil {
		w.metrics.AddCertificate(func() time.Time { return keys.files.Current().Leaf.NotAfter })
	}
}

// page is /metrics.
func (w watch) page() http.Handler {
	return w.metrics.Handler(func(err error) { w.log.Warn("cannot gather all metrics", "error", err) })
}

func storeMetrics(ctx context.Context, store storage.Store) (metrics.Store, error) {
	s, err := store.Stats(ctx)
	return metrics.Store{
		Groups: metrics.Histogram(s.Groups), Commits: metrics.Histogram(s.Commits), Failures: s.Failures,
		Queue: s.Queue, QueueMax: s.QueueMax,
		CacheHits: s.CacheHits, CacheStale: s.CacheStale, CacheMisses: s.CacheMisses,
		Sweeps: s.Sweeps, Pruned: s.Pruned,
		FeedReaders: s.Feed.Readers, FeedLag: s.Feed.Lag, FeedAge: s.Feed.Age,
	}, err
}
