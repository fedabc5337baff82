package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	embeddedstore "tagtrail/adapters/embedded/eventstore"
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
		api:    true,
		groups: projections.All(),
		beside: own.watch,
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
// that others run. There is none yet: it reports its health and waits.
func Worker(ctx context.Context, env Env) error {
	return beside(ctx, env, roles{})
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

// EventStore runs the embedded event store alone, for any EventStoreDB client. Beyond loopback, and where it is wanted,
// it asks who is calling, over TLS.
func EventStore(address string, secure bool) Part {
	return func(ctx context.Context, env Env) error {
		wanted, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrListen, err)
		}
		dir, err := openDataDir(env.Config.DataDir)
		if err != nil {
			return err
		}
		defer dir.release()
		listener, err := listen(ctx, address)
		if err != nil {
			return err
		}
		var security *embeddedstore.Security
		if secure || !wanted.IP.IsLoopback() {
			if security, err = embeddedstore.Secure(dir.file("eventstore-tls"), hostsAt(wanted)); err != nil {
				return errors.Join(fmt.Errorf("%w: %w", ErrDataDir, err), listener.Close())
			}
		}
		store, err := openStore(dir, env, security)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		served := make(chan error, 1)
		go func() { served <- store.Serve(listener) }()
		if security == nil {
			env.Say("the event store is ready at esdb://%s?tls=false", listener.Addr())
		} else {
			env.Say("the event store is ready at esdb://%s?tls=true&tlsCaFile=%s", listener.Addr(), security.CA)
			env.Say("the password of %s is in %s", embeddedstore.Admin, security.Password)
		}
		if env.Ready != nil {
			env.Ready(listener.Addr().String())
		}
		select {
		case <-ctx.Done():
			err = nil
		case err = <-served:
		}
		return errors.Join(err, store.Close())
	}
}

// hostsAt are the names and addresses by which clients may call what listens on an address.
func hostsAt(address *net.TCPAddr) []string {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	if len(address.IP) > 0 && !address.IP.IsUnspecified() {
		return append(hosts, address.IP.String())
	}
	own, _ := net.InterfaceAddrs() // without them, there are the names
	for _, a := range own {
		if network, ok := a.(*net.IPNet); ok {
			hosts = append(hosts, network.IP.String())
		}
	}
	return hosts
}

// Scavenge gives back the space of events that nobody can read any more, in a data directory that no process holds.
func Scavenge(ctx context.Context, env Env) error {
	if !fileExists(filepath.Join(env.Config.DataDir, "eventstore")) {
		return fmt.Errorf("%w: %s holds no event store", ErrDataDir, env.Config.DataDir)
	}
	dir, err := openDataDir(env.Config.DataDir)
	if err != nil {
		return err
	}
	defer dir.release()
	found, err := embeddedstore.Scavenge(ctx, embeddedstore.Options{
		Dir: dir.file("eventstore"), Logger: env.Log, NoCompression: env.uncompressed,
	})
	if errors.Is(err, embeddedstore.ErrInUse) || errors.Is(err, embeddedstore.ErrNewerFormat) {
		return fmt.Errorf("%w: %w", ErrDataDir, err)
	}
	if err != nil {
		return err
	}
	env.Say("reclaimed %d events of %d streams; the event store takes %d bytes, it took %d", found.Events, found.Streams, found.After, found.Before)
	return nil
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

// fileExists says whether there is anything under the name.
func fileExists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}
