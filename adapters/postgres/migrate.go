package postgres

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// ErrNewerData says that a newer tagtrail has changed the database in a way that this one does not know.
var ErrNewerData = errors.New("the database was written by a newer tagtrail")

// dataFormat is what this build reads and writes. A migration that older builds must not run beside raises the setting
// of that name; one that only adds does not, so that the old build serves on while the new one starts.
const dataFormat = 1

// migrationLock is the advisory lock that one process at a time holds while it brings the schema up to date.
const migrationLock = 0x7461677472 // "tagtr"

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the permanent schema up to date: schemas, extensions, the reader role, and the tables that no
// projection owns. Doing it again changes nothing, and several processes may do it at once.
func Migrate(ctx context.Context, url string) error {
	config, err := parse(url, "tagtrail migrations")
	if err != nil {
		return err
	}
	config.ConnConfig.RuntimeParams["search_path"] = ExtensionSchema
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := checkServer(ctx, conn); err != nil {
		return err
	}
	// The lock ends with the connection, whatever happens in between.
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return fmt.Errorf("wait for the migrations of another process: %w", err)
	}
	if err := checkFormat(ctx, conn); err != nil {
		return err
	}
	if err := prepareDatabase(ctx, conn); err != nil {
		return err
	}
	return runMigrations(ctx, config.ConnConfig)
}

// checkFormat refuses a database that a newer build has changed beyond this one's knowledge.
func checkFormat(ctx context.Context, conn *pgx.Conn) error {
	var there bool
	if err := conn.QueryRow(ctx, `select to_regclass('tagtrail.settings') is not null`).Scan(&there); err != nil {
		return explain(err, "look for the settings")
	}
	if !there {
		return nil
	}
	var value string
	if err := conn.QueryRow(ctx, `select value from tagtrail.settings where key = 'data_format'`).Scan(&value); err != nil {
		return explain(err, "read the data format")
	}
	format, err := strconv.Atoi(value)
	if err != nil {
		return fmt.Errorf("read the data format: %w", err)
	}
	if format > dataFormat {
		return fmt.Errorf("%w: its data format is %d, this build knows %d", ErrNewerData, format, dataFormat)
	}
	return nil
}

func runMigrations(ctx context.Context, config *pgx.ConnConfig) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("open the migrations: %w", err)
	}
	db := stdlib.OpenDB(*config)
	defer func() { _ = db.Close() }()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithTableName("tagtrail.migrations"), goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return explain(err, "bring the permanent schema up to date")
	}
	return nil
}

// Secret answers 32 bytes that every process of this installation derives for the purpose, and nobody without rights
// on the settings can.
func Secret(ctx context.Context, pool *pgxpool.Pool, purpose string) ([]byte, error) {
	var secret string
	if err := pool.QueryRow(ctx, `select value from tagtrail.settings where key = 'secret'`).Scan(&secret); err != nil {
		return nil, fmt.Errorf("read the installation's secret: %w", err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(purpose))
	return mac.Sum(nil), nil
}
