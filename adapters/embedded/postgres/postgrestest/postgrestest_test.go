package postgrestest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/embedded/postgres/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func BenchmarkDatabase(b *testing.B) {
	postgrestest.URL(b)
	for b.Loop() {
		postgrestest.Database(b)
	}
}

func TestEachDatabaseIsEmptyAndHasTheExtensions(t *testing.T) {
	t.Parallel()
	for range 2 {
		conn, err := pgx.Connect(t.Context(), postgrestest.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		var tables, extensions int
		err = conn.QueryRow(t.Context(), `
			select (select count(*) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')),
			       (select count(*) from pg_extension where extnamespace = 'ext'::regnamespace)`).Scan(&tables, &extensions)
		if err != nil {
			t.Fatal(err)
		}
		if tables != 0 || extensions != 3 {
			t.Errorf("%d tables and %d extensions, want 0 and 3", tables, extensions)
		}
		if _, err := conn.Exec(t.Context(), "create table t (a int[])"); err != nil {
			t.Fatal(err)
		}
	}
}
