package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Sockets is what the door for sockets tells of itself, since the start or,
// where that is said, as it is now.
type Sockets struct {
	Connected     map[string]int64 // now, by generation of the client
	Connections   int              // now
	Refused       uint64
	Notifications map[string]uint64 // by name
	Delays        Histogram         // seconds from a commit until sockets were told
}

// ObserveCommand counts a command of a socket that was answered; code is the
// id of its error, "" for none.
func (m *Metrics) ObserveCommand(method, code string, took time.Duration) {
	if !m.methods[method] {
		method = "other"
	}
	class := "failed"
	if code == "" {
		code, class = "ok", "ok"
	}
	m.commands.WithLabelValues(method, code).Inc()
	m.commandDurations.WithLabelValues(method, class).Observe(took.Seconds())
}

// newCommandMetrics makes what ObserveCommand counts in.
func newCommandMetrics() (*prometheus.CounterVec, *prometheus.HistogramVec) {
	commands := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: namespace, Subsystem: "socket", Name: "commands_total",
		Help: "Commands of sockets by method of the API and id of the error, ok for none.",
	}, []string{"method", "code"})
	durations := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Subsystem: "socket", Name: "command_duration_seconds",
		Help:    "Time from a command's arrival, its waiting included, to its answer, by method of the API and outcome.",
		Buckets: durationBuckets(),
	}, []string{"method", "outcome"})
	return commands, durations
}

// AddSockets adds the metrics of the door for sockets, which is asked at each
// scrape. It is to be called once.
func (m *Metrics) AddSockets(ask func() Sockets) {
	desc := func(n, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "socket", n), help, labels, nil)
	}
	m.registry.MustRegister(&socketCollector{
		ask:         ask,
		connected:   desc("connected", "Sockets that are connected, by generation of the client.", "generation"),
		connections: desc("connections", "Connections, of which each may have several sockets, or none yet."),
		refused:     desc("refused_total", "Clients that were not let in."),
		told:        desc("notifications_total", "Notifications that were sent.", "event"),
		delays:      desc("notification_delay_seconds", "Time from a change's commit until the user's sockets were told."),
	})
}

type socketCollector struct {
	ask func() Sockets

	connected, connections, refused, told, delays *prometheus.Desc
}

// Describe names the metrics.
func (c *socketCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.connected, c.connections, c.refused, c.told, c.delays} {
		to <- d
	}
}

// Collect asks the door.
func (c *socketCollector) Collect(to chan<- prometheus.Metric) {
	s := c.ask()
	for generation, n := range s.Connected {
		to <- prometheus.MustNewConstMetric(c.connected, prometheus.GaugeValue, float64(n), generation)
	}
	to <- prometheus.MustNewConstMetric(c.connections, prometheus.GaugeValue, float64(s.Connections))
	to <- prometheus.MustNewConstMetric(c.refused, prometheus.CounterValue, float64(s.Refused))
	for event, n := range s.Notifications {
		to <- prometheus.MustNewConstMetric(c.told, prometheus.CounterValue, float64(n), event)
	}
	to <- s.Delays.metric(c.delays)
}
