package postgres_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tagtrail/adapters/embedded/postgres"
)

// leaveServer starts a postgres on an existing cluster as a process that was killed would leave it: nobody owns it, and
// nothing tells it that its parent has died.
func leaveServer(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	sockets := openDir(t)
	if err := os.Chmod(sockets, 0o777); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(postgres.NewestInstalled(t.Context()), "postgres"), "-D", data(dir), "-c", "listen_addresses=", "-c", "unix_socket_directories="+sockets)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = credentialOf(t, "postgres")
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	return cmd
}

// clusterToCrash is a stopped cluster with a table in it, below directories that are open to all.
func clusterToCrash(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(openDir(t), "postgres")
	cluster := start(t, postgres.Options{Dir: dir})
	exec1(t, cluster.URL(), "create table kept as select 'still here' as text")
	stop(t, cluster)
	return dir
}

func wantKept(t *testing.T, dir string) *postgres.Cluster {
	t.Helper()
	cluster := start(t, postgres.Options{Dir: dir})
	if got := ask(t, cluster.URL(), "select text from kept"); got != "still here" {
		t.Errorf("got %q", got)
	}
	return cluster
}

func TestServerOfAKilledProcessIsEndedAndNothingIsLost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	owner := run(t, "", childDir+"="+dir)
	url := owner.says(t, "ready")
	exec1(t, url, "create table kept as select 'still here' as text")
	owner.kill(t)
	wantKept(t, dir)
	eventually(t, "the socket of the killed process is gone", func() bool {
		left, _ := filepath.Glob(socketDirOf(t, url) + "/*")
		return len(left) <= 2 // the socket of the new server and its lock file
	})
}

func TestServerThatWasLeftRunningIsEnded(t *testing.T) {
	t.Parallel()
	dir := clusterToCrash(t)
	left := leaveServer(t, dir)
	eventually(t, "the server that was left is ready", func() bool {
		text, _ := os.ReadFile(filepath.Join(data(dir), "postmaster.pid"))
		return strings.Contains(string(text), "ready")
	})
	wantKept(t, dir)
	if err := left.Process.Signal(syscall.Signal(0)); err == nil {
		t.Error("the server that was left still runs")
	}
}

func TestServerThatWasLeftWhileItStartedIsEnded(t *testing.T) {
	t.Parallel()
	dir := clusterToCrash(t)
	// Before it has written its number down, after, and when it has children.
	for _, moment := range []func() bool{
		func() bool { return true },
		func() bool { return len(servers(t, dir)) > 0 },
		func() bool { return !gone(filepath.Join(data(dir), "postmaster.pid")) },
		func() bool { return len(servers(t, dir)) > 1 },
	} {
		leaveServer(t, dir)
		eventually(t, "the server that was left is as far as it should be", moment)
		stop(t, wantKept(t, dir))
	}
}

func TestServerThatWasLeftWhileItRecoveredIsEnded(t *testing.T) {
	t.Parallel()
	dir := clusterToCrash(t)
	crashWithMuchToRecover(t, dir)
	leaveServer(t, dir)
	eventually(t, "the server that was left recovers", func() bool { return len(servers(t, dir)) > 1 })
	wantKept(t, dir)
}

// crashWithMuchToRecover kills every process of a cluster, after writes that no checkpoint has seen.
func crashWithMuchToRecover(t *testing.T, dir string) {
	t.Helper()
	cluster := start(t, postgres.Options{Dir: dir})
	exec1(t, cluster.URL(), "create table filler as select n, repeat('x', 200) as text from generate_series(1, 200000) n")
	for _, pid := range servers(t, dir) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	<-cluster.Done()
	stop(t, cluster)
}

func TestStalePostmasterFileHarmsNobody(t *testing.T) {
	t.Parallel()
	dir := clusterToCrash(t)
	// The number has been taken again, by a process of the same user.
	other := exec.Command("sleep", "600")
	if os.Geteuid() == 0 {
		other.SysProcAttr = &syscall.SysProcAttr{Credential: credentialOf(t, "postgres")}
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = other.Process.Kill()
		_ = other.Wait()
	})
	stale := strings.Join([]string{itoa(other.Process.Pid), data(dir), "1700000000", "5432", "/nowhere", "", "1 1", "ready", ""}, "\n")
	if err := os.WriteFile(filepath.Join(data(dir), "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	wantKept(t, dir)
	if err := other.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the process that has the number now was ended: %v", err)
	}
}

func TestInterruptedCreationIsBegunAgain(t *testing.T) {
	t.Parallel()
	for _, moment := range []string{"begun", "whole"} {
		t.Run("initdb has "+moment, func(t *testing.T) {
			t.Parallel()
			dir, marks := t.TempDir(), openDir(t)
			if err := os.Chmod(marks, 0o777); err != nil {
				t.Fatal(err)
			}
			owner := run(t, "", childDir+"="+dir, childBinaries+"="+slowInitdb(t, marks))
			eventually(t, "initdb has "+moment, func() bool { return !gone(filepath.Join(marks, moment)) })
			owner.kill(t)
			if !gone(data(dir)) {
				t.Fatal("the cluster was there before initdb ended")
			}

			cluster := start(t, postgres.Options{Dir: dir})
			if got := ask(t, cluster.URL(), "select 'answers'"); got != "answers" {
				t.Errorf("got %q", got)
			}
			if left, _ := filepath.Glob(data(dir) + ".new-*"); len(left) > 0 {
				t.Errorf("%v is left", left)
			}
		})
	}
}

// slowInitdb makes a directory with the installed programs, of which initdb leaves marks on its way and never ends. It
// is orphaned when its parent is killed, and goes on.
func slowInitdb(t *testing.T, marks string) string {
	t.Helper()
	installed := postgres.NewestInstalled(t.Context())
	dir := openDir(t)
	for name, script := range map[string]string{
		"postgres":  `exec "$real/postgres" "$@"`,
		"pg_config": `exec "$real/pg_config" "$@"`,
		"initdb":    `touch "$marks/begun"; "$real/initdb" "$@" && touch "$marks/whole" && exec sleep 60`,
	} {
		script = "#!/bin/sh\nreal='" + installed + "' marks='" + marks + "'\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDiscardRemovesWhatAKilledProcessLeft(t *testing.T) {
	t.Parallel()
	dir := clusterToCrash(t)
	owner := run(t, "", childDir+"="+dir)
	sockets := socketDirOf(t, owner.says(t, "ready"))
	owner.kill(t)
	if err := postgres.Discard(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if !gone(dir) || !gone(sockets) {
		t.Errorf("something is left of %s or %s", dir, sockets)
	}
}
