package telemetry

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tagtrail/commands/reactions"
)

// reacting are the counters of what follows from events.
type reacting struct {
	position, behind, lag, state *prometheus.GaugeVec
	events, failures             *prometheus.CounterVec
	took                         *prometheus.HistogramVec
	picks, ruled                 *prometheus.CounterVec
}

func newReacting() reacting {
	reaction := []string{"reaction"}
	return reacting{
		position: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tagtrail_reaction_position", Help: "Position in the log up to which the reaction is done."}, reaction),
		behind:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tagtrail_reaction_lag_positions", Help: "Distance from the reaction's position to the head of the log, in the log's own measure."}, reaction),
		lag:      prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tagtrail_reaction_lag_seconds", Help: "Age of the event that the reaction was done with last, 0 when nothing is left to do."}, reaction),
		state:    prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tagtrail_reaction_state", Help: "1 for the state that the reaction is in."}, []string{"reaction", "state"}),
		events:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tagtrail_reaction_events_total", Help: "Events that the reaction was done with."}, reaction),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tagtrail_reaction_failures_total", Help: "Tries that came to nothing."}, []string{"reaction", "stopped"}),
		took:     prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tagtrail_reaction_seconds", Help: "Time to react to the events that were handed over together.", Buckets: prometheus.ExponentialBuckets(0.0005, 2.5, 14)}, reaction),
		picks:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tagtrail_classifier_picks_total", Help: "What the classifier picked for closed conversations, by what became of it."}, []string{"outcome"}),
		ruled:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tagtrail_rule_contacts_total", Help: "Contacts that rules acted on, by what came of it."}, []string{"outcome"}),
	}
}

func (r reacting) collectors() []prometheus.Collector {
	return []prometheus.Collector{r.position, r.behind, r.lag, r.state, r.events, r.failures, r.took, r.picks, r.ruled}
}

// Reacted notes events that a reaction is done with.
func (m *Metrics) Reacted(reaction string, events int, took time.Duration) {
	m.reacting.events.WithLabelValues(reaction).Add(float64(events))
	m.reacting.took.WithLabelValues(reaction).Observe(took.Seconds())
}

// Reaction notes how a reaction is.
func (m *Metrics) Reaction(s reactions.Status) {
	m.reacting.position.WithLabelValues(s.Reaction).Set(float64(s.Position))
	m.reacting.behind.WithLabelValues(s.Reaction).Set(float64(s.Head - min(s.Position, s.Head)))
	m.reacting.lag.WithLabelValues(s.Reaction).Set(s.Lag.Seconds())
	for _, state := range reactions.States() {
		value := 0.0
		if state == s.State {
			value = 1
		}
		m.reacting.state.WithLabelValues(s.Reaction, string(state)).Set(value)
	}
}

// ReactionFailed notes a try that came to nothing.
func (m *Metrics) ReactionFailed(reaction string, stopped bool) {
	m.reacting.failures.WithLabelValues(reaction, strconv.FormatBool(stopped)).Inc()
}

// ExpectPick says what can become of something that the classifier picks, so that it is served as 0 until it does.
func (m *Metrics) ExpectPick(outcome string) { m.reacting.picks.WithLabelValues(outcome) }

// Pick notes what became of something that the classifier picked.
func (m *Metrics) Pick(outcome string) { m.reacting.picks.WithLabelValues(outcome).Inc() }

// ExpectRuled says what can come of a contact that a rule acts on, so that it is served as 0 until it does.
func (m *Metrics) ExpectRuled(outcome string) { m.reacting.ruled.WithLabelValues(outcome) }

// Ruled notes what came of a contact that a rule acted on.
func (m *Metrics) Ruled(outcome string) { m.reacting.ruled.WithLabelValues(outcome).Inc() }
