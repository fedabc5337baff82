package postgres_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"tagtrail/adapters/embedded/postgres/postgrestest"
	"tagtrail/adapters/postgres"
)

func TestMigrateMakesThePermanentSchema(t *testing.T) {
	t.Parallel()
	database := bareDatabase(t)
	migrate(t, database)
	conn := connect(t, database)

	got := column[string](t, conn, `
		select table_schema || '.' || table_name from information_schema.tables
		where table_schema in ('tagtrail', 'vault') order by 1`)
	want := []string{
		"tagtrail.files", "tagtrail.generations", "tagtrail.imports", "tagtrail.migrations", "tagtrail.projectors", "tagtrail.published",
		"tagtrail.reaction_skips", "tagtrail.reactions", "tagtrail.rebuilds",
		"tagtrail.reporting_roles", "tagtrail.settings", "tagtrail.skips",
		"vault.identities", "vault.keys", "vault.master", "vault.organization_keys",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	extensions := column[string](t, conn, `
		select e.extname || ' ' || n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace
		where e.extname <> 'plpgsql' order by 1`)
	if diff := cmp.Diff([]string{"btree_gin ext", "intarray ext", "pg_trgm ext"}, extensions); diff != "" {
		t.Errorf("extensions (-want +got):\n%s", diff)
	}
	if got := column[int64](t, conn, `select nextval('tagtrail.epochs')`); got[0] != 1 {
		t.Errorf("first epoch is %d", got[0])
	}
}

func TestMigrateAgainChangesNothing(t *testing.T) {
	t.Parallel()
	ctx, database := t.Context(), bareDatabase(t)
	migrate(t, database)
	pool, err := postgres.Open(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	before, err := postgres.Secret(ctx, pool, "test")
	if err != nil {
		t.Fatal(err)
	}
	migrate(t, database)
	after, err := postgres.Secret(ctx, pool, "test")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) || len(before) != 32 {
		t.Error("the installation's secret changed")
	}
	other, err := postgres.Secret(ctx, pool, "another test")
	if err != nil || bytes.Equal(before, other) {
		t.Error("two purposes have one secret")
	}
}

func TestManyProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	// Two databases of one server: roles are shared between them, locks are not.
	databases := []string{bareDatabase(t), bareDatabase(t)}
	group, ctx := errgroup.WithContext(t.Context())
	for range 4 {
		for _, database := range databases {
			group.Go(func() error { return postgres.Migrate(ctx, database) })
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, database := range databases {
		applied := column[int64](t, connect(t, database), `
			select count(*) from tagtrail.migrations where version_id > 0 group by version_id order by version_id`)
		for _, times := range applied {
			if times != 1 {
				t.Errorf("a migration ran %d times", times)
			}
		}
	}
}

func TestMigrateRefusesADatabaseOfANewerBuild(t *testing.T) {
	t.Parallel()
	database := bareDatabase(t)
	migrate(t, database)
	execute(t, connect(t, database), `update tagtrail.settings set value = '1000' where key = 'data_format'`)
	if err := postgres.Migrate(t.Context(), database); !errors.Is(err, postgres.ErrNewerData) {
		t.Errorf("got %v", err)
	}
}

func TestMigrateNamesADatabaseOfAnotherOwner(t *testing.T) {
	t.Parallel()
	database := bareDatabase(t)
	admin := connect(t, database)
	migrate(t, database)
	user := userOf(t, admin, database, "createrole")
	if err := postgres.Migrate(t.Context(), user.url); !errors.Is(err, postgres.ErrNoRight) {
		t.Errorf("got %v", err)
	}
}

func TestMigrateNamesAnExtensionInAnotherSchema(t *testing.T) {
	t.Parallel()
	database := bareDatabase(t)
	execute(t, connect(t, database), `create extension intarray schema public`)
	err := postgres.Migrate(t.Context(), database)
	if !errors.Is(err, postgres.ErrExtensionElsewhere) || !strings.Contains(err.Error(), "alter extension intarray set schema ext") {
		t.Errorf("got %v", err)
	}
}

func TestMigrateNeedsNoSuperuser(t *testing.T) {
	t.Parallel()
	database := bareDatabase(t)
	admin := connect(t, database)
	user := userOf(t, admin, database, "createrole")
	execute(t, admin, `grant create on database `+admin.Config().Database+` to `+user.name)
	migrate(t, user.url)
	openReader(t, user.url)
}

func TestMigrateNamesTheRightThatAUserLacks(t *testing.T) {
	t.Parallel()
	database := bareDatabase(t)
	admin := connect(t, database)
	user := userOf(t, admin, database, "")
	err := postgres.Migrate(t.Context(), user.url)
	if !errors.Is(err, postgres.ErrNoRight) || !strings.Contains(err.Error(), "create schema ext") {
		t.Errorf("got %v", err)
	}
	execute(t, admin, `grant create on database `+admin.Config().Database+` to `+user.name)
	migrate(t, bareDatabase(t)) // the role exists from here on, and is not this user's to take
	err = postgres.Migrate(t.Context(), user.url)
	if !errors.Is(err, postgres.ErrNoRight) || !strings.Contains(err.Error(), postgres.ReaderRole) {
		t.Errorf("got %v", err)
	}
}

// bareDatabase is a database in which nothing was prepared yet.
func bareDatabase(t *testing.T) string {
	t.Helper()
	database := postgrestest.Database(t)
	execute(t, connect(t, database), `drop schema if exists ext cascade`)
	return database
}

func migrate(t *testing.T, database string) {
	t.Helper()
	if err := postgres.Migrate(t.Context(), database); err != nil {
		t.Fatal(err)
	}
}

func connect(t *testing.T, database string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func execute(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func column[T any](t *testing.T, conn *pgx.Conn, sql string) []T {
	t.Helper()
	rows, _ := conn.Query(t.Context(), sql)
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return values
}

type user struct{ name, url string }

// userOf makes a user who is no superuser, and answers the URL by which it reaches the database. Roles outlive the
// database of the test, so it takes the user away again.
func userOf(t *testing.T, admin *pgx.Conn, database, options string) user {
	t.Helper()
	name, password := "user_"+strings.ToLower(rand.Text()), rand.Text()
	execute(t, admin, `create role `+name+` login password '`+password+`' `+options)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		cleaner, err := pgx.ConnectConfig(ctx, admin.Config())
		if err == nil {
			_, err = cleaner.Exec(ctx, `drop owned by `+name+` cascade; drop role `+name)
			_ = cleaner.Close(ctx)
		}
		if err != nil {
			t.Errorf("drop the user of the test: %v", err)
		}
	})
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(name, password)
	return user{name: name, url: address.String()}
}
