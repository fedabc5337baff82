package main_test

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"tagtrail/cmd/internal/processtest"
)

// patience is how long anything may take that a test waits for; a machine that is slower is broken.
const patience = time.Minute

// process is the binary, running.
type process struct{ *processtest.Process }

// start runs the binary with the arguments, in a process group of its own that ends with the test.
func (m *machine) start(t *testing.T, args ...string) *process {
	t.Helper()
	started, err := processtest.Start(m.command(args...))
	if err != nil {
		t.Fatal(err)
	}
	p := &process{started}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() && p.Cmd.ProcessState.ExitCode() != 0 {
			t.Logf("tagtrail %s said\n%s\nand on standard error\n%s", strings.Join(args, " "), p.Stdout.Text(), p.Stderr.Text())
		}
	})
	return p
}

// kill is kill -9, and does nothing to a process that has ended.
func (p *process) kill() { p.Kill() }

// stop sends a signal and answers the exit code.
func (p *process) stop(t *testing.T, signal syscall.Signal) int {
	t.Helper()
	if err := p.Cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	return p.exit(t)
}

// exit waits for the end of the process and answers its code.
func (p *process) exit(t *testing.T) int {
	t.Helper()
	select {
	case <-p.Ended:
	case <-time.After(patience):
		t.Fatalf("%v does not end", p.Cmd.Args)
	}
	return p.Cmd.ProcessState.ExitCode()
}

// says waits for a line on standard output that has the fragment, and answers the line.
func (p *process) says(t *testing.T, fragment string) string {
	t.Helper()
	return p.await(t, p.Stdout, fragment)
}

// logs waits for a line on standard error.
func (p *process) logs(t *testing.T, fragment string) string {
	t.Helper()
	return p.await(t, p.Stderr, fragment)
}

func (p *process) await(t *testing.T, said *processtest.Transcript, fragment string) string {
	t.Helper()
	limited, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	line, err := p.Await(limited, said, fragment)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// result is what a command answered that ran to its end.
type result struct {
	code           int
	stdout, stderr string
}

// run runs a command to its end.
func (m *machine) run(t *testing.T, args ...string) result {
	t.Helper()
	p := m.start(t, args...)
	code := p.exit(t)
	return result{code, p.Stdout.Text(), p.Stderr.Text()}
}

// must is run for what has to work; it answers what was printed.
func (m *machine) must(t *testing.T, args ...string) string {
	t.Helper()
	r := m.run(t, args...)
	if r.code != 0 {
		t.Fatalf("tagtrail %s: exit code %d: %s", strings.Join(args, " "), r.code, r.stderr)
	}
	return r.stdout
}

// refused judges a refusal: the exit code, and one line that holds the fragment and nothing of a stack.
func (r result) refused(t *testing.T, code int, fragment string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	if strings.Contains(r.stderr, "\n") || !strings.HasPrefix(r.stderr, "tagtrail: ") || !strings.Contains(r.stderr, fragment) {
		t.Errorf("said %q, want one line with %q", r.stderr, fragment)
	}
	if strings.Contains(r.stderr+r.stdout, "goroutine ") {
		t.Errorf("there is a stack trace:\n%s", r.stderr)
	}
}

// eventually polls a condition that nothing signals.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	over := time.After(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-over:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
