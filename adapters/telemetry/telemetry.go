// Package telemetry counts what the process does, in the form that Prometheus reads.
package telemetry

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tagtrail/domain/event"
	"tagtrail/projections/runner"
)

// Metrics are the counters of one process. No label holds anything about a person.
type Metrics struct {
	registry   *prometheus.Registry
	position   *prometheus.GaugeVec
	behind     *prometheus.GaugeVec
	lag        *prometheus.GaugeVec
	state      *prometheus.GaugeVec
	batch      *prometheus.HistogramVec
	took       *prometheus.HistogramVec
	failures   *prometheus.CounterVec
	requests   *prometheus.HistogramVec
	deliveries *prometheus.CounterVec
	rebuilds   rebuilds
	reacting   reacting
}

// New makes the counters, and those of the Go runtime and the process beside them.
func New(version string) *Metrics {
	group := []string{"group"}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		position: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tagtrail_projection_position", Help: "Position in the log that the group's tables show."}, group),
		behind:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tagtrail_projection_lag_positions", Help: "Distance from the group's position to the head of the log, in the log's own measure."}, group),
		lag:      prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tagtrail_projection_lag_seconds", Help: "Age of the event that was handled last, 0 when nothing is left to do."}, group),
		state:    prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tagtrail_projection_state", Help: "1 for the state that the group is in."}, []string{"group", "state"}),
		batch:    prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tagtrail_projection_batch_size", Help: "Events in a committed batch.", Buckets: prometheus.ExponentialBuckets(1, 4, 8)}, group),
		took:     prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tagtrail_projection_batch_seconds", Help: "Time to decode, project and commit a batch.", Buckets: prometheus.ExponentialBuckets(0.0005, 2.5, 12)}, group),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tagtrail_projection_failures_total", Help: "Batches that were not committed."}, []string{"group", "stopped"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_server_request_duration_seconds", Help: "Time to answer a request.", Buckets: prometheus.ExponentialBuckets(0.0005, 2.5, 12),
		}, []string{"http_request_method", "http_route", "http_response_status_code"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tagtrail_whatsapp_deliveries_total", Help: "What WhatsApp delivered, by what became of it."}, []string{"outcome"}),
	}
	m.rebuilds, m.reacting = newRebuilds(), newReacting()
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "tagtrail_build_info", Help: "The running version.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(
		m.position, m.behind, m.lag, m.state, m.batch, m.took, m.failures, m.requests, m.deliveries, build,
		m.rebuilds.phase, m.rebuilds.position, m.rebuilds.target, m.rebuilds.events, m.rebuilds.ended,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.registry.MustRegister(m.reacting.collectors()...)
	return m
}

// Handler answers the counters.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

// Batch notes a committed batch.
func (m *Metrics) Batch(group string, events int, took time.Duration) {
	m.batch.WithLabelValues(group).Observe(float64(events))
	m.took.WithLabelValues(group).Observe(took.Seconds())
}

// At notes where a group and the log are.
func (m *Metrics) At(group string, position, head event.Position, lag time.Duration) {
	m.position.WithLabelValues(group).Set(float64(position))
	m.behind.WithLabelValues(group).Set(float64(head - min(position, head)))
	m.lag.WithLabelValues(group).Set(lag.Seconds())
}

// State notes what a group does now.
func (m *Metrics) State(group string, state runner.State) {
	for _, s := range []runner.State{runner.Starting, runner.Standby, runner.Running, runner.Waiting, runner.Stopped} {
		value := 0.0
		if s == state {
			value = 1
		}
		m.state.WithLabelValues(group, string(s)).Set(value)
	}
}

// Failed notes a batch that was not committed.
func (m *Metrics) Failed(group string, stopped bool) {
	m.failures.WithLabelValues(group, strconv.FormatBool(stopped)).Inc()
}

// Request notes an answered request; route is the pattern, never the path.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// ExpectDelivery says what can become of something that WhatsApp delivered, so that it is served as 0 until it does.
func (m *Metrics) ExpectDelivery(outcome string) { m.deliveries.WithLabelValues(outcome) }

// Delivery notes what became of something that WhatsApp delivered.
func (m *Metrics) Delivery(outcome string) { m.deliveries.WithLabelValues(outcome).Inc() }
