package postgres_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tagtrail/adapters/embedded/postgres"
)

func itoa(n int) string { return strconv.Itoa(n) }

// pretend makes a directory with programs that say they are a PostgreSQL.
func pretend(t *testing.T, version, sharedir string) string {
	t.Helper()
	dir := openDir(t)
	for name, says := range map[string]string{
		"postgres":  "postgres (PostgreSQL) " + version,
		"initdb":    "initdb (PostgreSQL) " + version,
		"pg_config": sharedir,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\necho '"+says+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// wantLine checks that an error tells a person in one line what is wrong and what to do.
func wantLine(t *testing.T, err, want error, parts ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("start: %v, want %v", err, want)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not name %q", err, part)
		}
	}
}

func TestMissingPostgresIsNamed(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{
		"nothing there":  t.TempDir(),
		"too old":        pretend(t, "14.19 (Debian 14.19-1)", ""),
		"no initdb":      withoutInitdb(t),
		"something else": pretend(t, "of another kind", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := postgres.Start(t.Context(), postgres.Options{Dir: t.TempDir(), Binaries: dir})
			wantLine(t, err, postgres.ErrNotInstalled, "apt install postgresql", "TAGTRAIL_POSTGRES_URL")
		})
	}
}

func withoutInitdb(t *testing.T) string {
	t.Helper()
	dir := pretend(t, "17.1", "")
	if err := os.Remove(filepath.Join(dir, "initdb")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestMissingExtensionsAreNamed(t *testing.T) {
	t.Parallel()
	share := t.TempDir()
	if err := os.Mkdir(filepath.Join(share, "extension"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(share, "extension", "pg_trgm.control"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, err := postgres.Start(t.Context(), postgres.Options{Dir: dir, Binaries: pretend(t, "16.4", share)})
	wantLine(t, err, postgres.ErrExtensions, "intarray, btree_gin of", "postgresql-contrib")
	if !gone(data(dir)) {
		t.Error("a cluster was made all the same")
	}
}

func TestNewestInstalledIsChosen(t *testing.T) {
	t.Parallel()
	old, newer, newest := pretend(t, "15.18", ""), pretend(t, "17.2 (Debian)", ""), pretend(t, "17.10", "")
	beta := pretend(t, "19beta1", "")
	if got := postgres.NewestOf(t.Context(), old, newest, newer, t.TempDir()); got != newest {
		t.Errorf("got %s, want %s", got, newest)
	}
	if got := postgres.NewestOf(t.Context(), old, beta); got != beta {
		t.Errorf("got %s, want %s", got, beta)
	}
}

func TestClusterOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stop(t, start(t, postgres.Options{Dir: dir, Ephemeral: true}))
	version := filepath.Join(data(dir), "PG_VERSION")
	written, err := os.ReadFile(version)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(version, []byte("14\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = postgres.Start(t.Context(), postgres.Options{Dir: dir})
	wantLine(t, err, postgres.ErrVersion, dir, "PostgreSQL 14")

	// Programs that are newer than the cluster are not taken for it either.
	if err := os.WriteFile(version, written, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = postgres.Start(t.Context(), postgres.Options{Dir: dir, Binaries: pretend(t, "99.1", "")})
	wantLine(t, err, postgres.ErrVersion, "99")
	start(t, postgres.Options{Dir: dir, Ephemeral: true})
}

func TestDirectoryOfSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(data(dir), "photos"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := postgres.Start(t.Context(), postgres.Options{Dir: dir})
	wantLine(t, err, postgres.ErrNotACluster, data(dir))
	if gone(filepath.Join(data(dir), "photos")) {
		t.Error("what was there is gone")
	}
}

func TestServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stop(t, start(t, postgres.Options{Dir: dir, Ephemeral: true}))
	_, err := postgres.Start(t.Context(), postgres.Options{Dir: dir, Settings: map[string]string{"max_connections": "plenty"}})
	if err == nil || !strings.Contains(err.Error(), "max_connections") {
		t.Errorf("start: %v, want the setting that is wrong", err)
	}
	start(t, postgres.Options{Dir: dir, Ephemeral: true})
}
