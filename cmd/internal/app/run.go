package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"tagtrail/adapters/postgres"
	"tagtrail/adapters/telemetry"
	"tagtrail/projections"
	"tagtrail/projections/runner"
)

// roles say what one process does.
type roles struct {
	api      bool
	groups   []projections.Group             // that it projects
	rebuilds bool                            // whether it works at the rebuilds and erasures that are asked for, and reacts to events
	beside   func(ctx context.Context) error // runs for as long; may be nil
	ready    func(address string)            // called when the process answers
}

const (
	batchMax   = 10_000
	drainLimit = 10 * time.Second
	headers    = 32 << 10

	// headerPatience is how long a connection may take to say what it wants. It is no shorter, because clients open connections
	// ahead of their requests, and one that is cut off while its first request is written looks to them like a failure.
	headerPatience = 15 * time.Second
)

// run does what the roles say until ctx ends or something fails. Requests are
// answered to their end before anything that they need is taken away.
func run(ctx context.Context, env Env, b *Backends, listener net.Listener, r roles) error {
	metrics := telemetry.New(env.Version)
	positions := postgres.NewPositions(b.Postgres, projections.All(), env.Log)
	sink := postgres.NewSink(b.Postgres).Telling(positions)
	following := b.following(env.Log)
	following.Groups, following.Sink, following.Metrics = r.groups, sink, metrics
	projector, err := runner.New(following)
	if err != nil {
		return err
	}
	work, err := openJobs(ctx, b, positions, env.Log, r.rebuilds)
	if err != nil {
		return err
	}
	handler, closeHandler, err := handlerFor(ctx, env, b, r, positions, projector, metrics, work)
	if err != nil {
		return err
	}
	defer closeHandler()
	server := &http.Server{
		Handler: handler, MaxHeaderBytes: headers, ErrorLog: slog.NewLogLogger(env.Log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: headerPatience, ReadTimeout: 30 * time.Second, WriteTimeout: 90 * time.Second, IdleTimeout: 2 * time.Minute,
	}

	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	running, failed := errgroup.WithContext(background)
	running.Go(func() error { return projector.Run(failed) })
	running.Go(func() error { return report(failed, sink, r.groups, projector) })
	running.Go(func() error { return positions.Run(failed) })
	running.Go(func() error { return publish(failed, sink, r.groups, env.Log) })
	if r.rebuilds {
		running.Go(func() error { return serveRebuilds(failed, b, env.Log, metrics) })
		running.Go(func() error { return serveErasures(failed, b, env.Log) })
		running.Go(func() error { return work.Run(failed) })
		running.Go(func() error { return serveReactions(failed, env, b, positions, metrics) })
	}
	running.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	if r.beside != nil {
		running.Go(func() error { return r.beside(failed) })
	}

	select {
	case <-projector.Ready():
		if r.ready != nil {
			r.ready(listener.Addr().String())
		}
		if env.Ready != nil {
			env.Ready(listener.Addr().String())
		}
	case <-ctx.Done():
	case <-failed.Done():
	}
	select {
	case <-ctx.Done():
		env.Say("stopping")
	case <-failed.Done():
	}
	draining, cancel := context.WithTimeout(background, drainLimit)
	defer cancel()
	if err := server.Shutdown(draining); err != nil {
		_ = server.Close()
	}
	stop()
	return running.Wait()
}

// ErrListen says that the address to listen on cannot be had.
var ErrListen = errors.New("cannot listen")

func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrListen, err)
	}
	return listener, nil
}
