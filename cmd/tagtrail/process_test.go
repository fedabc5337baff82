package main_test

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take that a test waits for; a machine that is slower is broken.
const patience = time.Minute

// process is the binary, running.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr *transcript
	ended          chan struct{}
}

// start runs the binary with the arguments, in a process group of its own that ends with the test.
func (m *machine) start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{cmd: m.command(args...), stdout: newTranscript(), stderr: newTranscript(), ended: make(chan struct{})}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() { p.stdout.read(stdout) })
	reading.Go(func() { p.stderr.read(stderr) })
	go func() {
		reading.Wait()
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() && p.cmd.ProcessState.ExitCode() != 0 {
			t.Logf("tagtrail %s said\n%s\nand on standard error\n%s", strings.Join(args, " "), p.stdout.text(), p.stderr.text())
		}
	})
	return p
}

// kill is kill -9, and does nothing to a process that has ended.
func (p *process) kill() {
	select {
	case <-p.ended:
		return
	default:
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.ended
}

// stop sends a signal and answers the exit code.
func (p *process) stop(t *testing.T, signal syscall.Signal) int {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	return p.exit(t)
}

// exit waits for the end of the process and answers its code.
func (p *process) exit(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("%v does not end", p.cmd.Args)
	}
	return p.cmd.ProcessState.ExitCode()
}

// says waits for a line on standard output that has the fragment, and answers the line.
func (p *process) says(t *testing.T, fragment string) string {
	t.Helper()
	return p.await(t, p.stdout, fragment)
}

// logs waits for a line on standard error.
func (p *process) logs(t *testing.T, fragment string) string {
	t.Helper()
	return p.await(t, p.stderr, fragment)
}

func (p *process) await(t *testing.T, said *transcript, fragment string) string {
	t.Helper()
	over := time.After(patience)
	for {
		line, changed := said.find(fragment)
		if line != "" {
			return line
		}
		select {
		case <-changed:
		case <-p.ended:
			if line, _ := said.find(fragment); line != "" {
				return line
			}
			t.Fatalf("%v ended with %d and did not say %q", p.cmd.Args, p.cmd.ProcessState.ExitCode(), fragment)
		case <-over:
			t.Fatalf("%v does not say %q", p.cmd.Args, fragment)
		}
	}
}

// transcript is what a process wrote so far.
type transcript struct {
	mu      sync.Mutex
	lines   []string
	changed chan struct{} // closed with the next line
}

func newTranscript() *transcript { return &transcript{changed: make(chan struct{})} }

func (s *transcript) read(from io.Reader) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		s.mu.Lock()
		s.lines = append(s.lines, lines.Text())
		close(s.changed)
		s.changed = make(chan struct{})
		s.mu.Unlock()
	}
}

// find answers the first line that has the fragment, or what is closed when there is another line.
func (s *transcript) find(fragment string) (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.lines {
		if strings.Contains(line, fragment) {
			return line, nil
		}
	}
	return "", s.changed
}

func (s *transcript) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
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
	return result{code, p.stdout.text(), p.stderr.text()}
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
