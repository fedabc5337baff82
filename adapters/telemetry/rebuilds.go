package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"tagtrail/projections/runner"
)

// rebuilds are the gauges of generations that are built beside the live ones.
type rebuilds struct {
	phase, position, target, events *prometheus.GaugeVec
	ended                           *prometheus.CounterVec
}

func newRebuilds() rebuilds {
	group := []string{"group"}
	return rebuilds{
		phase:    prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tagtrail_rebuild_phase", Help: "1 for the phase that the group's rebuild is in, while there is one."}, []string{"group", "phase"}),
		position: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tagtrail_rebuild_position", Help: "Position in the log that the generation shows that is built."}, group),
		target:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tagtrail_rebuild_target", Help: "Position to which the generation is built, as far as it is known."}, group),
		events:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tagtrail_rebuild_events", Help: "Events that the rebuild projected since it began or went on."}, group),
		ended:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tagtrail_rebuilds_total", Help: "Rebuilds that this process brought to an end, by how they ended."}, []string{"group", "kind", "end"}),
	}
}

// Rebuild notes how far the rebuild of a group is, and its end.
func (m *Metrics) Rebuild(group string, kind runner.Kind, p runner.Progress) {
	m.rebuilds.position.WithLabelValues(group).Set(float64(p.Position))
	m.rebuilds.target.WithLabelValues(group).Set(float64(p.Target))
	m.rebuilds.events.WithLabelValues(group).Set(float64(p.Events))
	for _, phase := range []runner.Phase{runner.Queued, runner.Building, runner.Indexing, runner.Joining, runner.Comparing} {
		value := 0.0
		if phase == p.Phase {
			value = 1
		}
		m.rebuilds.phase.WithLabelValues(group, string(phase)).Set(value)
	}
	switch p.Phase {
	case runner.Done, runner.Differs, runner.Cancelled, runner.Failed:
		m.rebuilds.ended.WithLabelValues(group, string(kind), string(p.Phase)).Inc()
	case runner.Queued, runner.Building, runner.Indexing, runner.Joining, runner.Comparing:
	}
}
