package postgres_test

import (
	"context"
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tagtrail/adapters/embedded/postgres"
)

func idsOf(t *testing.T, name string) (uid, gid uint32) {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Skipf("needs the user %s", name)
	}
	uid64, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid64, _ := strconv.ParseUint(u.Gid, 10, 32)
	return uint32(uid64), uint32(gid64)
}

func TestFreshClusterIsPrivateAndSpeaksUTF8(t *testing.T) {
	t.Parallel()
	began := time.Now()
	cluster := start(t, postgres.Options{
		Dir: t.TempDir(),
		Settings: map[string]string{
			"work_mem":         "7MB",
			"listen_addresses": "127.0.0.1", // not for the caller to say
		},
	})
	t.Logf("ready after %s", time.Since(began))

	conn := open(t, cluster.URL())
	for setting, want := range map[string]string{
		"listen_addresses":                  "",
		"unix_socket_permissions":           "0700",
		"data_checksums":                    "on",
		"server_encoding":                   "UTF8",
		"lc_collate":                        "C.UTF-8",
		"lc_ctype":                          "C.UTF-8",
		"wal_recycle":                       "off",
		"jit":                               "off",
		"fsync":                             "on",
		"TimeZone":                          "UTC",
		"log_statement":                     "none",
		"log_min_error_statement":           "panic",
		"log_error_verbosity":               "terse",
		"log_parameter_max_length":          "0",
		"log_parameter_max_length_on_error": "0",
		"work_mem":                          "7MB",
	} {
		var got string
		if err := conn.QueryRow(t.Context(), "select current_setting($1)", setting).Scan(&got); err != nil {
			t.Fatalf("%s: %v", setting, err)
		}
		if got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	var who, db string
	if err := conn.QueryRow(t.Context(), "select current_user, current_database()").Scan(&who, &db); err != nil {
		t.Fatal(err)
	}
	if who != "tagtrail" || db != "tagtrail" {
		t.Errorf("connected as %s to %s, want tagtrail to tagtrail", who, db)
	}
	info, err := os.Stat(socketDirOf(t, cluster.URL()))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the socket directory has mode %v, want 0700", info.Mode().Perm())
	}
}

func TestSecondStartHasTheDataAndTheSameURL(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made", "on the way")
	first := start(t, postgres.Options{Dir: dir})
	exec1(t, first.URL(), "create table kept as select 'still here' as text")
	stop(t, first)

	second := start(t, postgres.Options{Dir: dir})
	if got := ask(t, second.URL(), "select text from kept"); got != "still here" {
		t.Errorf("got %q", got)
	}
	if second.URL() != first.URL() {
		t.Errorf("the URL changed from %s to %s", first.URL(), second.URL())
	}
}

func TestStopLeavesNothingRunningAndMayBeRepeated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cluster := start(t, postgres.Options{Dir: dir})
	open(t, cluster.URL()) // a session does not hold it up
	stop(t, cluster)
	stop(t, cluster)
	select {
	case <-cluster.Done():
	default:
		t.Error("Done is open after Stop")
	}
	if err := cluster.Err(); err != nil {
		t.Errorf("Err = %v after Stop, want none", err)
	}
	if pids := servers(t, dir); len(pids) > 0 {
		t.Errorf("processes %v are left", pids)
	}
	if sockets := socketDirOf(t, cluster.URL()); !gone(sockets) {
		t.Errorf("%s is left", sockets)
	}
}

func TestServerThatDiesIsToldAndStartsAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cluster := start(t, postgres.Options{Dir: dir})
	exec1(t, cluster.URL(), "create table kept as select 'still here' as text")

	// A session that computes does not notice that the postmaster is gone, and keeps the next one out.
	busy := open(t, cluster.URL())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = busy.Exec(context.WithoutCancel(t.Context()), "select count(*) from generate_series(1, 1000000000000)")
	}()
	eventually(t, "the session computes", func() bool {
		return ask(t, cluster.URL(), "select count(*)::text from pg_stat_activity where state = 'active' and query like '%generate_series%' and pid <> pg_backend_pid()") == "1"
	})
	if err := syscall.Kill(postmaster(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-cluster.Done():
	case <-time.After(30 * time.Second):
		t.Fatal("Done is not closed")
	}
	if err := cluster.Err(); !errors.Is(err, postgres.ErrEnded) {
		t.Errorf("Err = %v, want ErrEnded", err)
	}
	stop(t, cluster)
	<-ended
	if pids := servers(t, dir); len(pids) > 0 {
		t.Errorf("processes %v are left", pids)
	}

	again := start(t, postgres.Options{Dir: dir})
	if got := ask(t, again.URL(), "select text from kept"); got != "still here" {
		t.Errorf("got %q", got)
	}
}

func TestClusterOfALivingProcessIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cluster := start(t, postgres.Options{Dir: dir, Ephemeral: true})
	if _, err := postgres.Start(t.Context(), postgres.Options{Dir: dir}); !errors.Is(err, postgres.ErrInUse) {
		t.Errorf("start: %v, want ErrInUse", err)
	}
	if err := postgres.Discard(t.Context(), dir); !errors.Is(err, postgres.ErrInUse) {
		t.Errorf("discard: %v, want ErrInUse", err)
	}
	if got := ask(t, cluster.URL(), "select 'unharmed'"); got != "unharmed" {
		t.Errorf("got %q", got)
	}
}

func TestInterruptOfOurTerminalDoesNotReachTheServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start(t, postgres.Options{Dir: dir, Ephemeral: true})
	group, err := syscall.Getpgid(postmaster(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	if group == syscall.Getpgrp() {
		t.Error("the server is in our process group")
	}
}

func TestLongPathsAndOddNamesWork(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 30), "with space, 'quote' and [brackets]")
	cluster := start(t, postgres.Options{Dir: dir, Ephemeral: true})
	if got := ask(t, cluster.URL(), "select 'answers'"); got != "answers" {
		t.Errorf("got %q", got)
	}
}

func TestStopThatTakesTooLongEndsTheServerAnyway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cluster := start(t, postgres.Options{Dir: dir, Ephemeral: true})
	if err := syscall.Kill(postmaster(t, dir), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := cluster.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
	if pids := servers(t, dir); len(pids) > 0 {
		t.Errorf("processes %v are left", pids)
	}
	// The next server also gives back the shared memory of one that was killed.
	start(t, postgres.Options{Dir: dir, Ephemeral: true})
}

func TestCancelledStartLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"creating the private postgres cluster", "starting the private postgres"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			logger := newRecords()
			done := make(chan error, 1)
			go func() {
				_, err := postgres.Start(ctx, postgres.Options{Dir: dir, Logger: logger.logger()})
				done <- err
			}()
			for line := range logger.lines {
				if strings.Contains(line, `"`+at+`"`) {
					cancel()
					break
				}
			}
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("start: %v, want that it was cancelled", err)
			}
			if left, _ := filepath.Glob(data(dir) + ".new-*"); len(left) > 0 {
				t.Errorf("%v is left", left)
			}
			if pids := servers(t, dir); len(pids) > 0 {
				t.Errorf("processes %v are left", pids)
			}
			start(t, postgres.Options{Dir: dir})
		})
	}
}
