package main_test

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// F24: a build whose projections were changed makes its own tables while the old build serves on, and is ready when
// they are as far as the log. The tables of the old one go when it is gone.
func TestAChangedBuildMakesItsTablesWhileTheOldOneServes(t *testing.T) {
	t.Parallel()
	changed := filepath.Join(filepath.Dir(program), "tagtrail-raised")
	build := exec.Command("go", "build", "-tags", "raised", "-o", changed, ".")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, said)
	}
	m := newMachine(t)
	m.databases(t)
	made := m.organization(t, "Two builds")
	oldProjector, _ := m.part(t, "project", "--group", "console")
	_, oldAt := m.part(t, "api")
	old := api{"http://" + oldAt, made.Key}
	for _, name := range []string{"one", "two", "three"} {
		old.shows(t, name)
	}

	var serving sync.WaitGroup
	stop := make(chan struct{})
	serving.Go(func() {
		for reads := 0; ; reads++ {
			select {
			case <-stop:
				t.Logf("%d reads of the old build meanwhile", reads)
				return
			case <-time.After(20 * time.Millisecond):
			}
			if status, body, err := old.request(http.MethodGet, "/v1/tags", nil); err != nil || status != http.StatusOK || !strings.Contains(string(body), "three") {
				t.Errorf("the old build answers %d %s, %v", status, body, err)
			}
		}
	})
	next := m.of(changed)
	newProjector, _ := next.part(t, "project", "--group", "console")
	_, newAt := next.part(t, "api")
	fresh := api{"http://" + newAt, made.Key}
	old.shows(t, "by the old")
	eventually(t, "the new build shows what the old one did", func() bool { return fresh.tags(t)["by the old"] })
	fresh.shows(t, "by the new")
	eventually(t, "the old build shows what the new one did", func() bool { return old.tags(t)["by the new"] })
	close(stop)
	serving.Wait()

	type generation struct {
		Generation, State string
		Current           bool
	}
	status := func() map[bool]generation {
		var found []generation
		decode(t, next.must(t, "projections", "status", "--json"), &found)
		byBuild := map[bool]generation{}
		for _, g := range found {
			byBuild[g.Current] = g
		}
		return byBuild
	}
	if s := status(); s[true].Generation == "" || s[false].Generation == "" || s[true].Generation == s[false].Generation {
		t.Errorf("there are %v", s)
	}
	if said := next.must(t, "projections", "prune", "console", "--yes"); strings.Contains(said, "dropped") {
		t.Errorf("while the old build runs, %s", said)
	}
	if code := oldProjector.stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("the old projector ends with %d", code)
	}
	if said := next.must(t, "projections", "prune", "console", "--yes"); !strings.Contains(said, "dropped") {
		t.Errorf("when the old build is gone, %s", said)
	}
	fresh.shows(t, "after the old")
	if code := newProjector.stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("the new projector ends with %d", code)
	}
}

// of answers the same machine with another build on it.
func (m *machine) of(build string) *machine {
	other := *m
	other.build = build
	return &other
}
