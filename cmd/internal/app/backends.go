package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/eventstore"
	"tagtrail/adapters/postgres"
	"tagtrail/adapters/vault"
	"tagtrail/commands"
	"tagtrail/domain"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// Backends are the log, the tables and the keys, however they came to be there.
type Backends struct {
	Commands *commands.Service
	Log      *eventstore.Client
	Codec    *eventstore.Codec
	Store    *eventstore.Store
	Postgres *postgres.Pool // of whoever writes
	Vault    *vault.Vault

	Temporary bool // what is embedded runs only until Close

	vaultDB     *postgres.Pool
	ownPostgres bool // whether nobody else has a say in the server
	postgresURL string
	closers     []func() error
}

// addresses say where the parts that a process does not hold itself are reached.
type addresses struct {
	eventStore, postgres, vault, keysDir string
	ownPostgres                          bool // the embedded one
}

// openBackends connects to what is already there.
func openBackends(ctx context.Context, at addresses, log *slog.Logger, unsealed bool) (_ *Backends, err error) {
	b := &Backends{postgresURL: at.postgres}
	defer func() {
		if err != nil {
			_ = b.Close()
		}
	}()
	if err := postgres.Migrate(ctx, at.postgres); err != nil {
		return nil, err
	}
	if b.Postgres, err = postgres.Open(ctx, at.postgres); err != nil {
		return nil, err
	}
	b.closeLater(func() error { b.Postgres.Close(); return nil })

	keysDatabase := b.Postgres
	if at.vault != "" && at.vault != at.postgres {
		if err := postgres.Migrate(ctx, at.vault); err != nil {
			return nil, fmt.Errorf("the vault's database: %w", err)
		}
		if keysDatabase, err = postgres.Open(ctx, at.vault); err != nil {
			return nil, fmt.Errorf("the vault's database: %w", err)
		}
		b.closeLater(func() error { keysDatabase.Close(); return nil })
	}
	keys, err := vault.New(ctx, vault.Config{DB: keysDatabase, Directory: at.keysDir})
	if err != nil {
		return nil, err
	}

	if b.Log, err = eventstore.Open(eventstore.Config{URL: at.eventStore, Logger: log}); err != nil {
		return nil, err
	}
	b.closeLater(b.Log.Close)
	b.Codec = &eventstore.Codec{Catalog: domain.Catalog(), Sealer: keys, Plain: unsealed}
	b.Store = eventstore.NewStore(b.Log, b.Codec)
	b.Vault, b.vaultDB, b.ownPostgres = keys, keysDatabase, at.ownPostgres
	contacts := &counts{url: at.postgres}
	b.closeLater(contacts.Close)
	b.Commands = commands.New(b.Store, keys, contacts, time.Now)
	return b, nil
}

// Open gives an administrator's command the backends: those that are configured,
// else those of the process that holds the data directory, else started for the
// time of the command.
func Open(ctx context.Context, env Env) (*Backends, error) {
	if env.Config.EventStoreURL != "" && env.Config.PostgresURL != "" {
		return openBackends(ctx, configured(env), env.Log, false)
	}
	if _, err := os.Stat(filepath.Join(env.Config.DataDir, "FORMAT")); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: nothing of tagtrail is in %s; tagtrail serve begins there, or name another with --data-dir", ErrDataDir, env.Config.DataDir)
	}
	dir, err := openDataDir(env.Config.DataDir)
	if errors.Is(err, errInUse) {
		return attach(ctx, env)
	}
	if err != nil {
		return nil, err
	}
	embedded, err := startEmbedded(ctx, env, dir)
	if err != nil {
		return nil, err
	}
	b, err := openBackends(ctx, embedded.addresses(env), env.Log, false)
	if err != nil {
		return nil, errors.Join(err, embedded.stop())
	}
	b.closers = append([]func() error{embedded.stop}, b.closers...)
	b.Temporary = true
	return b, nil
}

// attach connects to the embedded parts of the process that holds the data directory.
func attach(ctx context.Context, env Env) (*Backends, error) {
	r, err := readRunning(env.Config.DataDir)
	if err != nil {
		return nil, err
	}
	at := configured(env)
	if at.eventStore == "" {
		at.eventStore = r.EventStore
	}
	if at.postgres == "" {
		at.postgres, at.ownPostgres = r.Postgres, true
	}
	return openBackends(ctx, at, env.Log, false)
}

func configured(env Env) addresses {
	at := addresses{
		eventStore: env.Config.EventStoreURL, postgres: env.Config.PostgresURL,
		vault: env.Config.VaultURL, keysDir: env.Config.KeysDir,
	}
	if at.keysDir == "" {
		at.keysDir = filepath.Join(env.Config.DataDir, "keys")
	}
	return at
}

func (b *Backends) closeLater(f func() error) { b.closers = append(b.closers, f) }

// Close lets go of everything, the last opened first.
func (b *Backends) Close() error {
	var errs []error
	for _, f := range slices.Backward(b.closers) {
		errs = append(errs, f())
	}
	b.closers = nil
	return errors.Join(errs...)
}

// LogID names the log itself: the id of the first event of the installation. It
// is nil while there is no organisation.
func (b *Backends) LogID(ctx context.Context) (uuid.UUID, error) {
	for first, err := range b.Store.ReadStream(ctx, organization.InstallationStream, 0) {
		return first.ID, err
	}
	return uuid.Nil, nil
}

// As answers a context for a command of whoever administers this machine.
func As(ctx context.Context, org organization.ID) context.Context {
	return commands.WithOrigin(ctx, commands.Origin{
		Organization: org,
		Actor:        event.Actor{Kind: "system"},
		Source:       event.System,
	})
}
