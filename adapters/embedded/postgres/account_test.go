package postgres_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tagtrail/adapters/embedded/postgres"
)

// statusOf is a field of a process in /proc.
func statusOf(t *testing.T, pid int, field string) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skipf("needs /proc: %v", err)
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, field+":"); found {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("no %s in the status of process %d", field, pid)
	return ""
}

func ownerOf(t *testing.T, path string) uint32 {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Uid
}

func TestRootRunsTheServerAsPostgresWithoutCapabilities(t *testing.T) {
	t.Parallel()
	needRoot(t)
	uid, _ := idsOf(t, "postgres")
	dir := filepath.Join(openDir(t), "postgres")
	start(t, postgres.Options{Dir: dir})

	if got := ownerOf(t, data(dir)); got != uid {
		t.Errorf("the cluster belongs to %d, want %d", got, uid)
	}
	info, err := os.Stat(data(dir))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the cluster has mode %v, want 0700", info.Mode().Perm())
	}
	pid := postmaster(t, dir)
	if got, _, _ := strings.Cut(statusOf(t, pid, "Uid"), "\t"); got != fmt.Sprint(uid) {
		t.Errorf("the server runs as %s, want %d", got, uid)
	}
	if got := statusOf(t, pid, "CapEff"); strings.Trim(got, "0") != "" {
		t.Errorf("the server has the capabilities %s, want none", got)
	}
}

func TestRootRunsTheServerBelowAClosedHome(t *testing.T) {
	t.Parallel()
	needRoot(t)
	home := filepath.Join(openDir(t), "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, "data", "postgres")
	start(t, postgres.Options{Dir: dir})
	// CAP_DAC_READ_SEARCH is bit 2, and the only one.
	if got := statusOf(t, postmaster(t, dir), "CapEff"); strings.TrimLeft(got, "0") != "4" {
		t.Errorf("the server has the capabilities %s, want CAP_DAC_READ_SEARCH alone", got)
	}
}

func TestOrdinaryUserRunsItsOwnClusterAndKeepsOthersOut(t *testing.T) {
	t.Parallel()
	needRoot(t)
	uid, gid := idsOf(t, "nobody")
	home := openDir(t)
	if err := os.Chown(home, int(uid), int(gid)); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, "data", "postgres")

	owner := run(t, "nobody", childDir+"="+dir)
	url := owner.says(t, "ready")
	if got := ownerOf(t, data(dir)); got != uid {
		t.Errorf("the cluster belongs to %d, want %d", got, uid)
	}
	if mode := modeOf(t, dir); mode&0o066 != 0 {
		t.Errorf("the directory has mode %v, want it closed to others", mode)
	}
	run(t, "nobody", childURL+"="+url).says(t, "connected")
	if said := run(t, "postgres", childURL+"="+url).says(t, "refused"); !strings.Contains(said, "permission denied") {
		t.Errorf("another user is refused with %q, want permission denied", said)
	}
	owner.finish(t)

	// Root takes it over as its owner, so that the owner can have it back.
	stop(t, start(t, postgres.Options{Dir: dir}))
	again := run(t, "nobody", childDir+"="+dir)
	again.says(t, "ready")
	again.finish(t)
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestOrdinaryUserIsRefusedTheClusterOfRoot(t *testing.T) {
	t.Parallel()
	needRoot(t)
	dir := filepath.Join(openDir(t), "postgres")
	stop(t, start(t, postgres.Options{Dir: dir, Ephemeral: true}))

	said := run(t, "nobody", childDir+"="+dir).says(t, "refused")
	if !strings.Contains(said, postgres.ErrOwner.Error()) || !strings.Contains(said, "root") {
		t.Errorf("refused with %q, want whose it is", said)
	}
}

func TestClusterThatRootCopiedIsGivenBackToItsUser(t *testing.T) {
	t.Parallel()
	needRoot(t)
	dir := t.TempDir()
	first := start(t, postgres.Options{Dir: dir})
	exec1(t, first.URL(), "create table kept as select 'still here' as text")
	stop(t, first)
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, 0, 0)
	})
	if err != nil {
		t.Fatal(err)
	}

	second := start(t, postgres.Options{Dir: dir})
	if got := ask(t, second.URL(), "select text from kept"); got != "still here" {
		t.Errorf("got %q", got)
	}
}
