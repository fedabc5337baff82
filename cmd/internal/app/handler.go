package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/eventstore"
	"tagtrail/adapters/files"
	"tagtrail/adapters/httpapi"
	"tagtrail/adapters/jobs"
	"tagtrail/adapters/postgres"
	"tagtrail/adapters/telemetry"
	"tagtrail/adapters/vault"
	"tagtrail/adapters/whatsapp"
	"tagtrail/cmd/internal/config"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/projections"
	"tagtrail/projections/runner"
)

// handlerFor answers what the process serves over HTTP: how it is, always, and
// the API where that is its role.
func handlerFor(ctx context.Context, env Env, b *Backends, r roles, positions *postgres.Positions, projector *runner.Runner, metrics *telemetry.Metrics, work *jobs.Jobs) (http.Handler, func(), error) {
	ready := readyz(checks(b, positions, projector, r))
	if !r.api {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /livez", livez)
		mux.Handle("GET /readyz", ready)
		mux.Handle("GET /metrics", metrics.Handler())
		return mux, func() {}, nil
	}
	group := served()
	past, err := groupNamed(projections.Audit)
	if err != nil {
		return nil, nil, err
	}
	reads, err := postgres.OpenReader(ctx, b.postgresURL, postgres.ReadSchema(group))
	if err != nil {
		return nil, nil, err
	}
	readsPast, err := postgres.OpenReader(ctx, b.postgresURL, postgres.ReadSchema(past))
	if err != nil {
		reads.Close()
		return nil, nil, err
	}
	closeReads := func() { reads.Close(); readsPast.Close() }
	cursorKey, err := postgres.Secret(ctx, b.Postgres, "cursors of lists")
	if err != nil {
		closeReads()
		return nil, nil, err
	}
	for _, outcome := range whatsapp.Outcomes() {
		metrics.ExpectDelivery(string(outcome))
	}
	handler := httpapi.New(httpapi.Config{
		Commands: b.Commands, Reads: reads, Positions: groupPositions{positions, group.Name},
		Past:        httpapi.Past{Reads: readsPast, Positions: groupPositions{positions, past.Name}, Opener: b.Codec},
		Generations: generations{b},
		Certifier:   certificates{b},
		Imports:     b.imports(work),
		Gathered:    gathered{Backends: b},
		Operations:  operations{work},
		NewFile: func(out io.Writer, format string, guarded bool) httpapi.RowWriter {
			return files.NewWriter(out, files.Format(format), guarded)
		},
		Head: b.Store.Head, LogID: b.LogID, CursorKey: cursorKey,
		WhatsApp: func(problem func(http.ResponseWriter, *http.Request, error)) func(http.ResponseWriter, *http.Request, uuid.UUID) {
			return whatsapp.New(whatsapp.Config{
				Commands: b.Commands, Problem: problem, Now: time.Now,
				Count: func(o whatsapp.Outcome) { metrics.Delivery(string(o)) },
			}).ServeChannel
		},
		Faults: slices.Concat(whatsapp.Faults(), []*fault.Fault{eventstore.ErrUnavailable, vault.ErrUnavailable, projections.ErrUnavailable}),
		Live:   http.HandlerFunc(livez), Ready: ready, Metrics: metrics.Handler(),
		PublicURL: env.Config.PublicURL, Version: env.Version, Log: env.Log,
		Rates: httpapi.Rates{Key: config.Rate(env.Config.KeyRate), Organization: config.Rate(env.Config.OrganizationRate)},
		Observe: func(operation, method string, status int, took time.Duration) {
			metrics.Request(method, operation, status, took)
		},
	})
	return handler, closeReads, nil
}

// served is the group whose tables the API answers from; of what was, it answers from those of the group audit.
func served() projections.Group {
	for _, g := range projections.All() {
		if g.Name == "console" {
			return g
		}
	}
	panic("there is no group console")
}

// groupPositions are the positions of one group.
type groupPositions struct {
	of    *postgres.Positions
	group string
}

func (p groupPositions) Position(ctx context.Context) (event.Position, error) {
	return p.of.Position(ctx, p.group)
}

func (p groupPositions) Wait(ctx context.Context, position event.Position) error {
	return p.of.Wait(ctx, p.group, position)
}

// checks are what a process needs to be of use.
func checks(b *Backends, positions *postgres.Positions, projector *runner.Runner, r roles) []check {
	all := []check{
		{"event store", func(ctx context.Context) error { _, err := b.Store.Head(ctx); return err }},
		{"postgres", func(ctx context.Context) error { return b.Postgres.Ping(ctx) }},
	}
	if r.api && len(r.groups) == 0 {
		all = append(all, check{"tables", tablesOfOthers(b, positions)})
	}
	for i, s := range projector.Status() {
		all = append(all, check{"projections " + s.Group, func(context.Context) error {
			return wellBeing(projector.Status()[i])
		}})
	}
	return all
}

// tablesOfOthers asks for the tables that another process projects: whether they
// are there, and whether they were once as far as the log.
func tablesOfOthers(b *Backends, positions *postgres.Positions) func(ctx context.Context) error {
	group, sink := served(), postgres.NewSink(b.Postgres)
	var caughtUp atomic.Bool
	return func(ctx context.Context) error {
		if caughtUp.Load() {
			_, err := positions.Position(ctx, group.Name)
			return err
		}
		reports, err := sink.Reports(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(reports, func(r postgres.Report) bool { return r.Schema == postgres.Schema(group) }) {
			return errors.New("no projector has made them yet")
		}
		head, err := b.Store.Head(ctx)
		if err != nil {
			return err
		}
		at, err := positions.Position(ctx, group.Name)
		if err == nil && at < head {
			err = fmt.Errorf("catching up, at position %d of %d", at, head)
		}
		caughtUp.Store(err == nil)
		return err
	}
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
