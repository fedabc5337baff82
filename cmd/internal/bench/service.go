package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	embeddedpostgres "tagtrail/adapters/embedded/postgres"
	"tagtrail/adapters/eventstore"
	"tagtrail/adapters/postgres"
	"tagtrail/adapters/vault"
	"tagtrail/commands"
	"tagtrail/domain"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/projections"
	"tagtrail/projections/runner"
)

// service is tagtrail as one process runs it on a bare machine, without the HTTP in front: the embedded event store
// on a socket, the private PostgreSQL, and all groups of projections.
type service struct {
	*store
	org       organization.ID
	commands  *commands.Service
	events    *eventstore.Store
	codec     *eventstore.Codec
	pool      *postgres.Pool // of whoever writes
	reads     *postgres.Pool
	positions *postgres.Positions
}

// console is the group that lists are read from. To define it takes as long as a command.
var console = sync.OnceValue(func() projections.Group { return projections.All()[0] })

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// openService starts everything but the projections, with one organisation.
func openService(ctx context.Context, dir string) (s *service, err error) {
	s = &service{}
	if s.store, err = openStore(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	cluster, err := embeddedpostgres.Start(ctx, embeddedpostgres.Options{Dir: filepath.Join(dir, "pg")})
	if err != nil {
		return s, err
	}
	s.closers = append(s.closers, func() error { return cluster.Stop(context.WithoutCancel(ctx)) })
	if err := postgres.Migrate(ctx, cluster.URL()); err != nil {
		return s, err
	}
	if s.pool, err = postgres.Open(ctx, cluster.URL()); err != nil {
		return s, err
	}
	s.closers = append(s.closers, func() error { s.pool.Close(); return nil })
	if s.reads, err = postgres.OpenReader(ctx, cluster.URL(), postgres.ReadSchema(console())); err != nil {
		return s, err
	}
	s.closers = append(s.closers, func() error { s.reads.Close(); return nil })
	keys := filepath.Join(dir, "keys")
	if err := os.Mkdir(keys, 0o700); err != nil {
		return s, err
	}
	sealer, err := vault.New(ctx, vault.Config{DB: s.pool, Directory: keys})
	if err != nil {
		return s, err
	}
	s.codec = &eventstore.Codec{Catalog: domain.Catalog(), Sealer: sealer}
	s.events = eventstore.NewStore(s.client, s.codec)
	s.commands = commands.New(s.events, sealer, unlimited{}, time.Now)
	s.positions = postgres.NewPositions(s.pool, projections.All(), quiet())
	return s, s.begin(ctx)
}

// unlimited counts nothing: the organisation has no plan.
type unlimited struct{}

func (unlimited) Contacts(context.Context, organization.ID) (int, error) { return 0, nil }

// begin makes the organisation.
func (s *service) begin(ctx context.Context) error {
	s.org = organization.ID{UUID: uuid.Must(uuid.NewV7())}
	key, err := commands.MintKey(s.org)
	if err != nil {
		return err
	}
	_, err = s.commands.CreateOrganization(s.asking(ctx), commands.CreateOrganization{Organization: s.org, Name: "Bench", Key: key, KeyName: "Owner"})
	return err
}

// asking answers a context for one command of the organisation's administrator.
func (s *service) asking(ctx context.Context) context.Context {
	return commands.WithOrigin(ctx, commands.Origin{Organization: s.org, Actor: s.actor(), Source: event.ManualAdmin})
}

func (s *service) actor() event.Actor { return event.Actor{Kind: "owner", ID: s.org.String()} }

// project moves groups along the log until stop; it answers when all of them have been at the end of it.
func (s *service) project(ctx context.Context, groups ...projections.Group) (stop func() error, err error) {
	return s.run(ctx, s.following(hasty), groups)
}

// hasty is how often the end of the log is looked for where it is measured how soon it is reached.
const hasty = 20 * time.Millisecond

// serve moves all groups along as project does, and looks at the end of the log no more often than whoever serves.
func (s *service) serve(ctx context.Context) (stop func() error, err error) {
	return s.run(ctx, s.following(0), projections.All())
}

func (s *service) run(ctx context.Context, config runner.Config, groups []projections.Group) (stop func() error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	config.Groups = groups
	r, err := runner.New(config)
	if err != nil {
		cancel()
		return nil, err
	}
	var running sync.WaitGroup
	var failed error
	running.Go(func() { failed = r.Run(ctx) })
	running.Go(func() { _ = s.positions.Run(ctx) })
	stop = func() error {
		cancel()
		running.Wait()
		return failed
	}
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-r.Ready():
			return stop, nil
		case <-look.C:
			for _, status := range r.Status() {
				if status.State == runner.Stopped {
					return nil, errors.Join(fmt.Errorf("group %s stopped: %s", status.Group, status.Reason), stop())
				}
			}
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), stop())
		}
	}
}

// following is how projectors and builders follow the log.
func (s *service) following(poll time.Duration) runner.Config {
	sink := postgres.NewSink(s.pool).Telling(s.positions)
	return runner.Config{
		Sink: sink, Decoder: s.codec, Sealed: eventstore.SealedCodec{Codec: s.codec}, Head: s.events.Head,
		Subscribe: eventstore.Batches(s.client, 10_000, quiet()), Metrics: unheard{}, Logger: quiet(), Poll: poll,
		Skips: sink.Skips, Without: eventstore.Without(runner.Passed),
	}
}

// unheard are metrics that nobody reads.
type unheard struct{}

func (unheard) Batch(string, int, time.Duration) {}

func (unheard) At(string, event.Position, event.Position, time.Duration) {}

func (unheard) State(string, runner.State) {}

func (unheard) Failed(string, bool) {}
