package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	embeddedstore "tagtrail/adapters/embedded/eventstore"
	embeddedpostgres "tagtrail/adapters/embedded/postgres"
)

// embedded is what this process starts because the machine does not have it.
type embedded struct {
	dir     *dataDir
	store   *embeddedstore.Server // nil when an event store is configured
	socket  string                // of the store
	sockets string                // directory of the socket
	served  chan error
	log     *slog.Logger

	postgresOptions embeddedpostgres.Options

	mu       sync.Mutex
	postgres *embeddedpostgres.Cluster // nil when a PostgreSQL is configured
}

// startEmbedded starts the event store and the PostgreSQL that are not
// configured, in a data directory that it lets go of when they stop, or do not start.
func startEmbedded(ctx context.Context, env Env, dir *dataDir) (_ *embedded, err error) {
	e := &embedded{
		dir: dir, served: make(chan error, 1), log: env.Log,
		postgresOptions: embeddedpostgres.Options{Dir: dir.file("postgres"), Logger: env.Log, Binaries: env.Config.PostgresBinaries},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.stop())
		}
	}()
	starting, giveUp := context.WithCancel(ctx)
	defer giveUp()
	started := make(chan error, 1)
	go func() { started <- e.startPostgres(starting, env) }()
	if err := e.startStore(env); err != nil {
		giveUp() // a person should not wait for PostgreSQL only to read this
		env.Log.Debug("the private postgresql is not waited for", "reason", <-started)
		return nil, err
	}
	if err := <-started; err != nil {
		return nil, err
	}
	r := running{EventStore: e.socket}
	if e.postgres != nil {
		r.Postgres = e.postgres.URL()
	}
	return e, dir.publish(r)
}

func (e *embedded) startPostgres(ctx context.Context, env Env) (err error) {
	if env.Config.PostgresURL != "" {
		return nil
	}
	env.Say("starting the private PostgreSQL in %s", e.dir.file("postgres"))
	e.postgres, err = embeddedpostgres.Start(ctx, e.postgresOptions)
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // whatever could not be found out then, that is why
	}
	if errors.Is(err, embeddedpostgres.ErrNotInstalled) {
		return fmt.Errorf("%w: install it, or set TAGTRAIL_POSTGRES_URL", err)
	}
	for _, unusable := range []error{embeddedpostgres.ErrInUse, embeddedpostgres.ErrOwner, embeddedpostgres.ErrVersion, embeddedpostgres.ErrNotACluster} {
		if errors.Is(err, unusable) {
			return fmt.Errorf("%w: %w", ErrDataDir, err)
		}
	}
	return err
}

func (e *embedded) startStore(env Env) (err error) {
	if env.Config.EventStoreURL != "" {
		return nil
	}
	env.Say("starting the embedded event store in %s", e.dir.file("eventstore"))
	if e.store, err = openStore(e.dir, env, nil); err != nil {
		return err
	}
	if e.sockets, err = socketDir(e.dir.path); err != nil {
		return err
	}
	e.socket = filepath.Join(e.sockets, "eventstore")
	listener, err := new(net.ListenConfig).Listen(context.Background(), "unix", e.socket)
	if err != nil {
		return err
	}
	go func() { e.served <- e.store.Serve(listener) }()
	return nil
}

// addresses say where the backends are: the embedded ones, but for those that are configured.
func (e *embedded) addresses(env Env) addresses {
	at := configured(env)
	if e.store != nil {
		at.eventStore = "unix:" + e.socket
	}
	if e.postgres != nil {
		at.postgres, at.ownPostgres = e.postgres.URL(), true
	}
	return at
}

// watch ends when the event store ends by itself, which nothing here can go on
// without. A PostgreSQL that ends is started again: its address stays the same,
// and whoever needs it waits.
func (e *embedded) watch(ctx context.Context) error {
	for {
		e.mu.Lock()
		cluster := e.postgres
		e.mu.Unlock()
		var ended <-chan struct{}
		if cluster != nil {
			ended = cluster.Done()
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-e.served:
			return fmt.Errorf("the embedded event store ended: %w", err)
		case <-ended:
		}
		e.log.Error("the private postgresql ended and is started again", "reason", cluster.Err())
		if err := e.restartPostgres(ctx, cluster); err != nil {
			return err
		}
	}
}

func (e *embedded) restartPostgres(ctx context.Context, ended *embeddedpostgres.Cluster) error {
	if err := ended.Stop(ctx); err != nil {
		e.log.Warn("what was left of the private postgresql did not end well", "reason", err)
	}
	for ctx.Err() == nil {
		cluster, err := embeddedpostgres.Start(ctx, e.postgresOptions)
		if err == nil {
			e.mu.Lock()
			e.postgres = cluster
			e.mu.Unlock()
			return nil
		}
		e.log.Error("the private postgresql does not start", "reason", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return nil
}

// stop ends what was started, the log last, and lets go of the data directory.
func (e *embedded) stop() error {
	var errs []error
	if e.postgres != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		errs = append(errs, e.postgres.Stop(ctx))
		cancel()
	}
	if e.store != nil {
		errs = append(errs, e.store.Close())
	}
	if e.sockets != "" {
		errs = append(errs, os.RemoveAll(e.sockets))
	}
	e.dir.release()
	return errors.Join(errs...)
}
