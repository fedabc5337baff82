package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"tagtrail/adapters/postgres"
	"tagtrail/adapters/telemetry"
	"tagtrail/projections/runner"
)

// handlerFor answers what the process serves over HTTP: how it is, always, and the API where that is its role.
func handlerFor(ctx context.Context, env Env, b *Backends, r roles, positions *postgres.Positions, projector *runner.Runner, metrics *telemetry.Metrics) (http.Handler, func(), error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", livez)
	mux.Handle("GET /readyz", readyz(checks(b, positions, projector)))
	mux.Handle("GET /metrics", metrics.Handler())
	return mux, func() {}, nil
}

// checks are what a process needs to be of use.
func checks(b *Backends, positions *postgres.Positions, projector *runner.Runner) []check {
	all := []check{
		{"event store", func(ctx context.Context) error { _, err := b.Store.Head(ctx); return err }},
		{"postgres", func(ctx context.Context) error { return b.Postgres.Ping(ctx) }},
	}
	for i, s := range projector.Status() {
		all = append(all, check{"projections " + s.Group, func(context.Context) error {
			return wellBeing(projector.Status()[i])
		}})
	}
	return all
}

// wellBeing says what is the matter with a group of projections. Being behind
// the log is no fault of a running one once it has caught up: reads say which
// position they need.
func wellBeing(s runner.Status) error {
	switch s.State {
	case runner.Running, runner.Standby:
		if !s.CaughtUp {
			return fmt.Errorf("catching up, at position %d of %d", s.Position, s.Head)
		}
		return nil
	case runner.Starting, runner.Waiting, runner.Stopped:
	}
	return errors.New(string(s.State) + ": " + s.Reason)
}
