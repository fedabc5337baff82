package postgres_test

import (
	"strings"
	"syscall"
	"testing"

	"tagtrail/adapters/embedded/postgres"
)

func TestLogNeverQuotesWhatSessionsWorkOn(t *testing.T) {
	t.Parallel()
	const secret = "secret-4915112345678"
	logger := newRecords()
	dir := t.TempDir()
	cluster := start(t, postgres.Options{
		Dir: dir, Logger: logger.logger(), Ephemeral: true,
		Settings: map[string]string{"log_statement": "all", "log_min_duration_statement": "0"}, // not for the caller to say
	})
	conn := open(t, cluster.URL())
	if _, err := conn.Exec(t.Context(), "create table names (name text primary key check (name <> ''), born date)"); err != nil {
		t.Fatal(err)
	}
	quoted := 0
	for _, statement := range []struct {
		sql  string
		args []any
	}{
		{"select '" + secret + "'::int", nil},
		{"select cast($1::text as int)", []any{secret}},
		{"insert into names values ($1)", []any{secret}},
		{"insert into names values ($1)", []any{secret}}, // a duplicate key, whose detail quotes the row
		{"insert into names select '', $1::text::date", []any{secret}},
		{"select \"" + secret + "\" from names", nil},
		{"do $$ begin raise warning '" + secret + "'; raise log '" + secret + "'; raise exception E'one\\n" + secret + "'; end $$", nil},
		{"select to_tsquery($1)", []any{secret + " &"}},
	} {
		if _, err := conn.Exec(t.Context(), statement.sql, statement.args...); err != nil && strings.Contains(err.Error(), secret) {
			quoted++
		}
	}
	if quoted < 4 {
		t.Errorf("only %d errors quote the secret to the client, which makes this a weak test", quoted)
	}

	// A backend that is killed has its statement told by the postmaster, but for our settings.
	victim := open(t, cluster.URL())
	pid := int(victim.PgConn().PID())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = victim.Exec(t.Context(), "select pg_sleep(600), '"+secret+"'")
	}()
	eventually(t, "the victim sleeps", func() bool {
		return ask(t, cluster.URL(), "select count(*)::text from pg_stat_activity where wait_event = 'PgSleep'") == "1"
	})
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-ended
	stop(t, cluster)

	text := logger.text()
	if strings.Contains(text, secret) {
		t.Errorf("the log quotes the secret:\n%s", text)
	}
	for _, want := range []string{"sqlstate=22P02", "sqlstate=23505", "was terminated by signal 9", "database system is ready"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log does not say %q:\n%s", want, text)
		}
	}
}
