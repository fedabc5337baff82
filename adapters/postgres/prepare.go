package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The reasons why a database cannot be prepared that its owner can do something about.
var (
	ErrNoRight            = errors.New("the PostgreSQL user lacks a right")
	ErrExtensionMissing   = errors.New("PostgreSQL lacks an extension")
	ErrExtensionElsewhere = errors.New("an extension is in another schema")
)

// prepareDatabase makes what migrations build upon. Each part is looked for first, so that a user without the right to
// make it can start on a database where somebody else made it.
func prepareDatabase(ctx context.Context, conn *pgx.Conn) error {
	for _, schema := range []string{ExtensionSchema, "tagtrail", "vault"} {
		if err := prepareSchema(ctx, conn, schema); err != nil {
			return err
		}
	}
	for _, extension := range []string{"intarray", "btree_gin", "pg_trgm"} {
		if err := prepareExtension(ctx, conn, extension); err != nil {
			return err
		}
	}
	return prepareReader(ctx, conn)
}

func prepareSchema(ctx context.Context, conn *pgx.Conn, schema string) error {
	var there bool
	if err := conn.QueryRow(ctx, `select to_regnamespace($1) is not null`, schema).Scan(&there); err != nil {
		return fmt.Errorf("look for schema %s: %w", schema, err)
	}
	if there {
		return nil
	}
	if _, err := conn.Exec(ctx, `create schema `+schema); err != nil {
		return explain(err, "create schema "+schema)
	}
	return nil
}

func prepareExtension(ctx context.Context, conn *pgx.Conn, extension string) error {
	var schema string
	err := conn.QueryRow(ctx, `
		select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = $1`, extension,
	).Scan(&schema)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
	case err != nil:
		return fmt.Errorf("look for extension %s: %w", extension, err)
	case schema == ExtensionSchema:
		return nil
	default:
		return fmt.Errorf("%w: %s is in %s, run: alter extension %s set schema %s",
			ErrExtensionElsewhere, extension, schema, extension, ExtensionSchema)
	}
	_, err = conn.Exec(ctx, `create extension if not exists `+extension+` schema `+ExtensionSchema)
	if hasCode(err, "0A000", "58P01") {
		return fmt.Errorf("%w: %s (it is in PostgreSQL's contrib package): %w", ErrExtensionMissing, extension, err)
	}
	if err != nil {
		return explain(err, "create extension "+extension)
	}
	return nil
}

// prepareReader makes the role of readers and lets the current user take it on.
// Roles belong to the whole server, our lock only to this database: another database's process may make the role at the
// same time, which is as good.
func prepareReader(ctx context.Context, conn *pgx.Conn) error {
	var there bool
	if err := conn.QueryRow(ctx, `select to_regrole($1) is not null`, ReaderRole).Scan(&there); err != nil {
		return fmt.Errorf("look for role %s: %w", ReaderRole, err)
	}
	if !there {
		_, err := conn.Exec(ctx, `create role `+ReaderRole+` nologin`)
		if err != nil && !hasCode(err, "42710", "23505") {
			return explain(err, "create role "+ReaderRole)
		}
	}
	if err := takeOnReader(ctx, conn); err != nil {
		return err
	}
	var allowed bool
	err := conn.QueryRow(ctx, `select has_schema_privilege($1, $2, 'usage')`, ReaderRole, ExtensionSchema).Scan(&allowed)
	if err != nil {
		return fmt.Errorf("look at the rights of role %s: %w", ReaderRole, err)
	}
	if allowed {
		return nil
	}
	if _, err := conn.Exec(ctx, `grant usage on schema `+ExtensionSchema+` to `+ReaderRole); err != nil {
		return explain(err, "grant usage on schema "+ExtensionSchema+" to "+ReaderRole)
	}
	return nil
}

// takeOnReader lets the current user become the reader role, and proves that it can.
func takeOnReader(ctx context.Context, conn *pgx.Conn) error {
	const attempts = 10
	for attempt := 1; ; attempt++ {
		_, err := conn.Exec(ctx, `set role `+ReaderRole)
		if err == nil {
			break
		}
		if !hasCode(err, "42501") {
			return fmt.Errorf("take on role %s: %w", ReaderRole, err)
		}
		_, err = conn.Exec(ctx, `grant `+ReaderRole+` to current_user`)
		// XX000 is "tuple concurrently updated": another database's process granted the same at the same time.
		if err != nil && (attempt == attempts || !hasCode(err, "XX000", "23505")) {
			return explain(err, "grant role "+ReaderRole+" to the current user")
		}
		if err == nil && attempt == attempts {
			return fmt.Errorf("%w: it has role %s and cannot take it on", ErrNoRight, ReaderRole)
		}
	}
	if _, err := conn.Exec(ctx, `reset role`); err != nil {
		return fmt.Errorf("leave role %s: %w", ReaderRole, err)
	}
	return nil
}

// explain names the refusals of a server that its owner can do something about.
func explain(err error, doing string) error {
	switch {
	case hasCode(err, "42501"):
		return fmt.Errorf("%w: %s: %w", ErrNoRight, doing, err)
	case hasCode(err, "25006"):
		return fmt.Errorf("%w: %s: %w", ErrReadOnly, doing, err)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

func hasCode(err error, codes ...string) bool {
	if failed, ok := errors.AsType[*StatementError](err); ok {
		return slices.Contains(codes, failed.Code)
	}
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.Contains(codes, refusal.Code)
}
