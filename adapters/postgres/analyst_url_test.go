package postgres_test

import (
	"strings"
	"testing"

	"tagtrail/adapters/postgres"
)

func TestTheURLOfAnalystsHasNothingByWhichTheOwnerGetsIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ of, url, passwords string }{
		{
			"postgres://tagtrail@/tagtrail?host=%2Ftmp%2Fpg-1&port=5432&sslmode=disable",
			"postgres://ana@/tagtrail?host=%2Ftmp%2Fpg-1&port=5432&sslmode=disable",
			"/tmp/pg-1:5432:tagtrail:ana:secret\nlocalhost:5432:tagtrail:ana:secret\n",
		},
		{
			"postgresql://owner:hunter2@db.example:6432/crm?sslmode=require&pool_max_conns=4&password=x&user=y",
			"postgres://ana@db.example:6432/crm?sslmode=require",
			"db.example:6432:crm:ana:secret\n",
		},
		{
			"postgres://owner:hunter2@one.example:5432,two.example:5433/?sslmode=disable&target_session_attrs=any",
			"postgres://ana@one.example:5432,two.example:5433/owner?sslmode=disable&target_session_attrs=any",
			"one.example:5432:owner:ana:secret\ntwo.example:5433:owner:ana:secret\n",
		},
		{
			"postgres://owner@[::1]:5432/a%3Ab?sslmode=disable",
			"postgres://ana@[::1]:5432/a:b?sslmode=disable",
			`\:\:1:5432:a\:b:ana:secret` + "\n",
		},
	} {
		got, err := postgres.AnalystURL(c.of, "ana")
		if err != nil || got != c.url {
			t.Errorf("%s becomes %s, %v", c.of, got, err)
		}
		lines, err := postgres.PasswordFile(c.of, "ana", "secret")
		if err != nil || lines != c.passwords {
			t.Errorf("%s has the passwords\n%s%v", c.of, lines, err)
		}
	}
	for _, ask := range []func(string) error{
		func(of string) error { _, err := postgres.AnalystURL(of, "ana"); return err },
		func(of string) error { _, err := postgres.PasswordFile(of, "ana", "x"); return err },
	} {
		if err := ask("postgres://owner:hunter2@host:port:5/x"); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("what is no URL: %v", err)
		}
	}
}
