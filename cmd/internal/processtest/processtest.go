// Package processtest runs programs for tests: it hears what they say, and kills them.
package processtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// ErrEnded says that a process ended before it said what was waited for.
var ErrEnded = errors.New("the process ended")

// Process is a program, running.
type Process struct {
	Cmd            *exec.Cmd
	Stdout, Stderr *Transcript
	Ended          chan struct{} // closed when it has ended, and all that it said was heard
}

// Start starts a command that has a process group of its own.
func Start(cmd *exec.Cmd) (*Process, error) {
	p := &Process{Cmd: cmd, Stdout: newTranscript(), Stderr: newTranscript(), Ended: make(chan struct{})}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var reading sync.WaitGroup
	reading.Go(func() { p.Stdout.read(stdout) })
	reading.Go(func() { p.Stderr.read(stderr) })
	go func() {
		reading.Wait()
		_ = cmd.Wait()
		close(p.Ended)
	}()
	return p, nil
}

// Kill is kill -9 of the whole group, and does nothing to a process that has ended or was never started.
func (p *Process) Kill() {
	if p.IsDead() {
		return
	}
	p.Signal(syscall.SIGKILL)
	<-p.Ended
}

// IsDead says whether it has ended, or was never started.
func (p *Process) IsDead() bool {
	if p == nil {
		return true
	}
	select {
	case <-p.Ended:
		return true
	default:
		return false
	}
}

// Signal sends a signal to the whole group.
func (p *Process) Signal(s syscall.Signal) { _ = syscall.Kill(-p.Cmd.Process.Pid, s) }

// Await waits for a line of one of the transcripts that has the fragment, and answers the line.
func (p *Process) Await(ctx context.Context, said *Transcript, fragment string) (string, error) {
	for {
		line, changed := said.Find(fragment)
		if line != "" {
			return line, nil
		}
		select {
		case <-changed:
		case <-p.Ended:
			if line, _ := said.Find(fragment); line != "" {
				return line, nil
			}
			return "", fmt.Errorf("%v: %w with %d and did not say %q", p.Cmd.Args, ErrEnded, p.Cmd.ProcessState.ExitCode(), fragment)
		case <-ctx.Done():
			return "", fmt.Errorf("%v does not say %q: %w", p.Cmd.Args, fragment, ctx.Err())
		}
	}
}

// Transcript is what a process wrote so far.
type Transcript struct {
	mu      sync.Mutex
	lines   []string
	changed chan struct{} // closed with the next line
}

func newTranscript() *Transcript { return &Transcript{changed: make(chan struct{})} }

func (s *Transcript) read(from io.Reader) {
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

// Find answers the first line that has the fragment, or what is closed when there is another line.
func (s *Transcript) Find(fragment string) (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.lines {
		if strings.Contains(line, fragment) {
			return line, nil
		}
	}
	return "", s.changed
}

// Text answers all of it.
func (s *Transcript) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// Address answers the first address in a line that a person reads, or "".
func Address(line string) string {
	for word := range strings.FieldsSeq(line) {
		if strings.HasPrefix(word, "http://") || strings.HasPrefix(word, "esdb://") {
			return word
		}
	}
	return ""
}

// Postmaster answers the process of the PostgreSQL on a cluster's directory.
func Postmaster(dir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(first)
}
