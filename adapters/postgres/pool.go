// Package postgres keeps read models in PostgreSQL: the pools, the permanent
// schema, the generations, and the sink that commits rows and checkpoint
// together.
//
// # Decisions
//
// Two pools instead of one: what answers readers connects as a role that has
// no right on any table, so that a query that forgets its organisation finds
// nothing. The role is part of the start of the session, so that resetting it
// leads back to it.
//
// Extensions live in a schema of their own that is on every search_path: a
// session that does not find intarray's operators would silently take the
// array operators of the core, which no index of ours serves.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Pool is a pool of connections, by a name for those who only pass it on.
type Pool = pgxpool.Pool

// ReaderRole is the role of whoever answers readers. It has rights on the views of generations, and on nothing else.
const ReaderRole = "tagtrail_reader"

// ExtensionSchema holds the extensions; it is on every search_path.
const ExtensionSchema = "ext"

// The reasons why a server cannot serve.
var (
	ErrServerTooOld = errors.New("PostgreSQL 15 or newer is needed")
	ErrNotUTF8      = errors.New("the database's encoding is not UTF8")
	ErrReadOnly     = errors.New("the server is read-only")
)

const (
	oldestServer = 150000
	// connections is the size of a pool whose URL names none: enough for a busy machine of two cores, few enough for the
	// hundred connections that a server allows by default.
	connections = 10
)

// Open answers the pool of whoever writes: migrations, projectors, the vault. The server is asked once whether it can
// serve at all.
func Open(ctx context.Context, url string) (*pgxpool.Pool, error) {
	config, err := parse(url, "tagtrail")
	if err != nil {
		return nil, err
	}
	config.ConnConfig.RuntimeParams["search_path"] = ExtensionSchema
	return open(ctx, config, "")
}

// OpenReader answers the pool of whoever answers readers: bound to the reader role, unable to write, and with the given
// schemas before that of the extensions on its search_path.
func OpenReader(ctx context.Context, url string, schemas ...string) (*pgxpool.Pool, error) {
	config, err := parse(url, "tagtrail reader")
	if err != nil {
		return nil, err
	}
	params := config.ConnConfig.RuntimeParams
	params["role"] = ReaderRole
	params["default_transaction_read_only"] = "on"
	params["search_path"] = searchPath(schemas)
	return open(ctx, config, " as "+ReaderRole)
}

func parse(url, name string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the PostgreSQL URL: %w", err)
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = connections
	}
	params := config.ConnConfig.RuntimeParams
	if params["application_name"] == "" {
		params["application_name"] = name
	}
	params["timezone"] = "UTC"
	config.AfterConnect = teach
	return config, nil
}

func open(ctx context.Context, config *pgxpool.Config, as string) (*pgxpool.Pool, error) {
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL%s: %w", as, err)
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to PostgreSQL%s: %w", as, err)
	}
	err = checkServer(ctx, conn.Conn())
	conn.Release()
	if err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// checkServer names what is wrong with a server at once, instead of letting some later statement stumble over it.
func checkServer(ctx context.Context, conn *pgx.Conn) error {
	var version int
	var release, encoding string
	err := conn.QueryRow(ctx, `
		select current_setting('server_version_num')::int, current_setting('server_version'), current_setting('server_encoding')`,
	).Scan(&version, &release, &encoding)
	if err != nil {
		return fmt.Errorf("ask PostgreSQL for its version: %w", err)
	}
	if version < oldestServer {
		return fmt.Errorf("%w, this is %s", ErrServerTooOld, release)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("%w but %s", ErrNotUTF8, encoding)
	}
	return nil
}

func searchPath(schemas []string) string {
	quoted := make([]string, 0, len(schemas)+1)
	for _, schema := range append(slices.Clip(schemas), ExtensionSchema) {
		quoted = append(quoted, pgx.Identifier{schema}.Sanitize())
	}
	return strings.Join(quoted, ", ")
}
