package app

import (
	"context"
	"time"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/projections"
	"tagtrail/projections/runner"
)

const (
	// reportEvery is how often a projector looks whether there is something to report.
	reportEvery = time.Second
	// reportAgain is when it reports although nothing changed, so that others see that it lives.
	reportAgain = 10 * time.Second
	// reportOld is the age at which a report is of a projector that is gone.
	reportOld = 3 * reportAgain
)

// report tells other processes how the groups of this one are, until ctx ends.
// While it cannot, they see that the reports grow old.
func report(ctx context.Context, sink *postgres.Sink, groups []projections.Group, projector *runner.Runner) error {
	type said struct {
		state  runner.State
		reason string
		at     time.Time
	}
	last := map[string]said{}
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		for i, s := range projector.Status() {
			before := last[s.Group]
			if s.State == runner.Standby || s.State == before.state && s.Reason == before.reason && time.Since(before.at) < reportAgain {
				continue // whoever leads the group reports on it
			}
			if sink.Report(ctx, groups[i], string(s.State), s.Reason) == nil {
				last[s.Group] = said{s.State, s.Reason, time.Now()}
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// GroupStatus says how a group of projections is.
type GroupStatus struct {
	Group      string         `json:"group"`
	Generation string         `json:"generation"`      // the schema of its tables
	Kind       string         `json:"kind"`            // live, building, built, previous or named
	Current    bool           `json:"current"`         // whether it is the one that this build serves
	Feeds      string         `json:"feeds,omitempty"` // the generation beside that gets every batch too
	Position   event.Position `json:"position"`
	Head       event.Position `json:"head"` // of the log
	State      string         `json:"state"`
	Reason     string         `json:"reason"`
	ReportedAt time.Time      `json:"reported_at"`
}

// Projections answers how every group is, by what its projector last reported.
func (b *Backends) Projections(ctx context.Context) ([]GroupStatus, error) {
	reports, err := postgres.NewSink(b.Postgres).Reports(ctx)
	if err != nil {
		return nil, err
	}
	head, err := b.Store.Head(ctx)
	if err != nil {
		return nil, err
	}
	current := map[string]bool{}
	for _, g := range projections.All() {
		current[postgres.Schema(g)] = true
	}
	found := []GroupStatus{}
	for _, r := range reports {
		state, reason := stands(r, current[r.Schema])
		found = append(found, GroupStatus{
			Group: r.Group, Generation: r.Schema, Kind: r.Kind, Current: current[r.Schema], Feeds: r.Feeds, Position: r.Position, Head: head,
			State: state, Reason: reason, ReportedAt: r.ReportedAt,
		})
	}
	return found, nil
}

// stands answers how a generation is. One that a projector moves on is as that said, while it has no indexes yet too.
func stands(r postgres.Report, current bool) (state, reason string) {
	switch {
	case r.Kind != "live" && !current:
		return r.Kind, ""
	case r.State == "", time.Since(r.ReportedAt) > reportOld && r.State != string(runner.Stopped):
		return "unattended", "no projector has reported for a while"
	}
	return r.State, r.Reason
}
