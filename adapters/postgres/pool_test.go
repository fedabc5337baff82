package postgres_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/postgres"
)

// The second wall between organisations: whoever answers readers has no right on any table, cannot write, and does not
// get rid of the role by resetting it.
func TestReadersHaveNoRightOnAnyTable(t *testing.T) {
	t.Parallel()
	database := bareDatabase(t)
	migrate(t, database)
	admin := connect(t, database)
	execute(t, admin, `create schema rows; create table rows.contacts (org uuid); create schema rows_read;
		create view rows_read.contacts as select org from rows.contacts; grant usage on schema rows_read to tagtrail_reader;
		grant select on rows_read.contacts to tagtrail_reader`)
	reader := openReader(t, database, "rows_read")

	for _, refused := range []string{
		`select * from rows.contacts`,
		`select * from vault.keys`,
		`select * from tagtrail.settings`,
		`reset role; select * from rows.contacts`,
		`create table public.mine (id int)`,
		`set default_transaction_read_only = off; create table ext.mine (id int)`,
	} {
		if _, err := reader.Exec(t.Context(), refused, pgx.QueryExecModeSimpleProtocol); err == nil {
			t.Errorf("a reader may %s", refused)
		}
	}
	if _, err := reader.Exec(t.Context(), `select * from contacts`); err != nil {
		t.Errorf("a reader may not read the view: %v", err)
	}
}

// Without the extensions' schema on the search_path, @> on numbers would be the core's operator, which the indexes of
// intarray do not serve.
func TestEveryPoolFindsTheOperatorsOfTheExtensions(t *testing.T) {
	t.Parallel()
	database := bareDatabase(t)
	migrate(t, database)
	writer, err := postgres.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(writer.Close)
	pools := map[string]*pgxpool.Pool{
		"writer": writer, "reader": openReader(t, database), "reader of a schema": openReader(t, database, `odd "name`),
	}
	for name, pool := range pools {
		var schema string
		err := pool.QueryRow(t.Context(), `
			select n.nspname from pg_operator o join pg_namespace n on n.oid = o.oprnamespace
			where o.oid = '@>(int4[],int4[])'::regoperator`).Scan(&schema)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if schema != postgres.ExtensionSchema {
			t.Errorf("%s finds the operator of %s", name, schema)
		}
	}
}

func TestReadersBeforeMigrationsAreRefusedByName(t *testing.T) {
	t.Parallel()
	_, err := postgres.OpenReader(t.Context(), "postgres://nobody@127.0.0.1:1/nothing?connect_timeout=2")
	if err == nil || !strings.Contains(err.Error(), "connect to PostgreSQL as "+postgres.ReaderRole) {
		t.Errorf("got %v", err)
	}
}

func TestAURLThatIsNoneIsRefusedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	_, err := postgres.Open(t.Context(), "postgres://somebody:swordfish@localhost:port/tagtrail")
	if err == nil || strings.Contains(err.Error(), "swordfish") {
		t.Errorf("got %v", err)
	}
}

// What is wrong with a server is named at the start, instead of by some later statement that stumbles over it.
func TestAServerThatCannotServeIsNamed(t *testing.T) {
	t.Parallel()
	readOnly := bareDatabase(t)
	admin := connect(t, readOnly)
	execute(t, admin, `alter database `+admin.Config().Database+` set default_transaction_read_only = on`)
	if err := postgres.Migrate(t.Context(), readOnly); !errors.Is(err, postgres.ErrReadOnly) {
		t.Errorf("read-only: got %v", err)
	}

	ascii := "ascii_" + strings.ToLower(rand.Text())
	execute(t, admin, `set default_transaction_read_only = off`)
	execute(t, admin, `create database `+ascii+` encoding 'SQL_ASCII' locale 'C' template template0`)
	t.Cleanup(func() { dropDatabase(t, readOnly, ascii) })
	address, err := url.Parse(readOnly)
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/" + ascii
	if _, err := postgres.Open(t.Context(), address.String()); !errors.Is(err, postgres.ErrNotUTF8) {
		t.Errorf("another encoding: got %v", err)
	}
}

func dropDatabase(t *testing.T, from, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, from)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, `set default_transaction_read_only = off`); err != nil {
		t.Error(err)
	}
	if _, err := conn.Exec(ctx, `drop database `+name+` with (force)`); err != nil {
		t.Error(err)
	}
}

func openReader(t *testing.T, database string, schemas ...string) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.OpenReader(t.Context(), database, schemas...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}
