package main_test

import (
	"strings"
	"syscall"
	"testing"
)

func TestScavengeNeedsADataDirectoryThatNobodyUses(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.run(t, "eventstore", "scavenge", "--data-dir", m.data).refused(t, 2, "holds no event store")
	p := m.start(t, "eventstore", "--data-dir", m.data, "--listen", "127.0.0.1:0")
	p.says(t, "ready at esdb://")
	m.run(t, "eventstore", "scavenge", "--data-dir", m.data).refused(t, 2, "another process is using it")
	p.stop(t, syscall.SIGTERM)
	if said := m.must(t, "eventstore", "scavenge", "--data-dir", m.data); !strings.Contains(said, "reclaimed 0 events of 0 streams") {
		t.Errorf("said %q", said)
	}
}
