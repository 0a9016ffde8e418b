// Package metrics owns the numbers that a Prometheus server reads: their names,
// labels and buckets. Labels come from closed sets; none is a name, a path or a
// host. It is given plain values and imports no other package of activityd.
package metrics

import (
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const namespace = "activityd"

// Metrics are those of one process, in a registry of their own. Use New. Its
// methods may be called at the same time.
type Metrics struct {
	registry *prometheus.Registry
	methods  map[string]bool

	inFlight  prometheus.Gauge
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	bytes     *prometheus.CounterVec

	commands         *prometheus.CounterVec
	commandDurations *prometheus.HistogramVec
}

// New makes the metrics of a program of that version that answers requests and
// commands to those methods; one to any other counts as "other".
func New(version string, methods []string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		methods:  map[string]bool{},
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: "http", Name: "requests_in_flight",
			Help: "Requests that are being answered.",
		}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "http", Name: "requests_total",
			Help: "Requests by method of the API and status; 499 is a client that did not wait, 0 a connection given up.",
		}, []string{"method", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "http", Name: "request_duration_seconds",
			Help:    "Time from a request's header to the end of its answer, by method of the API and class of status.",
			Buckets: durationBuckets(),
		}, []string{"method", "class"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "http", Name: "response_bytes_total",
			Help: "Bytes of the answers' bodies by method of the API.",
		}, []string{"method"}),
	}
	m.commands, m.commandDurations = newCommandMetrics()
	for _, method := range methods {
		m.methods[method] = true
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info",
		Help:        "1, with what the program was built from.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(build, m.inFlight, m.requests, m.durations, m.bytes, m.commands, m.commandDurations,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Observe counts an answered request.
func (m *Metrics) Observe(method string, status int, took time.Duration, bytes int64) {
	if !m.methods[method] {
		method = "other"
	}
	m.requests.WithLabelValues(method, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(method, class(status)).Observe(took.Seconds())
	m.bytes.WithLabelValues(method).Add(float64(bytes))
}

// durationBuckets are those of a request or a command, in seconds.
func durationBuckets() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
}

func class(status int) string {
	classes := [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}
	if i := status / 100; i < len(classes) {
		return classes[i]
	}
	return classes[0]
}

// InFlight counts the requests that the handler has at work.
func (m *Metrics) InFlight(h http.Handler) http.Handler {
	return promhttp.InstrumentHandlerInFlight(m.inFlight, h)
}

// AddCertificate adds the end of a certificate. It is to be called once.
func (m *Metrics) AddCertificate(ends func() time.Time) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Subsystem: "tls", Name: "certificate_end_timestamp_seconds",
		Help: "When the certificate in use ends, in seconds since 1970.",
	}, func() float64 { return float64(ends().Unix()) }))
}

// maxScrapes is how many at once are answered; more get 503.
const maxScrapes = 4

// Handler answers with all metrics. Those whose source fails are left out, and
// the error is told to failed.
func (m *Metrics) Handler(failed func(error)) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling:       promhttp.ContinueOnError,
		ErrorLog:            errorLog(failed),
		MaxRequestsInFlight: maxScrapes,
	})
}

type errorLog func(error)

// Println is called with an error, among other things.
func (tell errorLog) Println(v ...any) {
	for _, one := range v {
		if err, ok := one.(error); ok {
			tell(err)
		}
	}
}
