package app

import (
	"context"
	"errors"
	"fmt"

	"tagtrail/domain/fault"
	"tagtrail/projections"
)

// ErrUnknownGroup answers a group of projections that this build does not have.
var ErrUnknownGroup = fault.New(fault.Invalid, "projections.unknown-group", "there is no such group of projections")

// errNeedsBackends answers a part that runs beside databases, and is told of none.
var errNeedsBackends = fault.New(fault.Invalid, "config.needs-backends", "this part needs TAGTRAIL_EVENTSTORE_URL and TAGTRAIL_POSTGRES_URL; tagtrail serve runs without")

// Serve runs everything in one process, with what this machine lacks started in
// the data directory. At the first start it makes an organisation and its owner key.
func Serve(ctx context.Context, env Env) (err error) {
	dir, err := openDataDir(env.Config.DataDir)
	if errors.Is(err, errInUse) {
		return fmt.Errorf("%w; stop it first, or name another with --data-dir", err)
	}
	if err != nil {
		return err
	}
	listener, err := listen(ctx, env.Config.Listen) // before anything is made or started for nothing
	if err != nil {
		dir.release()
		return err
	}
	defer func() { _ = listener.Close() }()
	own, err := startEmbedded(ctx, env, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, own.stop()) }()
	b, err := openBackends(ctx, own.addresses(env), env.Log, env.unsealed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	key, err := ensureOwner(ctx, b, own.dir)
	if err != nil {
		return err
	}
	return run(ctx, env, b, listener, roles{
		api:      true,
		groups:   projections.All(),
		rebuilds: true,
		beside:   own.watch,
		ready: func(address string) {
			env.Say("tagtrail is ready at http://%s (its manual: http://%s/docs)", address, address)
			env.Say("the owner key is in %s", key)
		},
	})
}

// API answers requests, beside databases that others run.
func API(ctx context.Context, env Env) error {
	return beside(ctx, env, roles{api: true})
}

// Project runs one group of projections, beside databases that others run.
func Project(group string) Part {
	return func(ctx context.Context, env Env) error {
		for _, g := range projections.All() {
			if g.Name == group {
				return beside(ctx, env, roles{groups: []projections.Group{g}})
			}
		}
		return fmt.Errorf("%q: %w", group, ErrUnknownGroup)
	}
}

// Worker does the work that is asked for in the background, beside databases
// that others run: it builds generations of the tables anew, completes erasures,
// and gives the commands that follow from events.
func Worker(ctx context.Context, env Env) error {
	return beside(ctx, env, roles{rebuilds: true})
}

func beside(ctx context.Context, env Env, r roles) (err error) {
	if env.Config.EventStoreURL == "" || env.Config.PostgresURL == "" {
		return errNeedsBackends
	}
	listener, err := listen(ctx, env.Config.Listen)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	b, err := openBackends(ctx, configured(env), env.Log, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	r.ready = func(address string) { env.Say("ready at http://%s", address) }
	return run(ctx, env, b, listener, r)
}
