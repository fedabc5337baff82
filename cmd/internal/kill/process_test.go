package kill_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// process is one running part of tagtrail.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}

	mu      sync.Mutex
	said    []string // the last lines of both outputs
	changed chan struct{}
}

// remembered is how many lines are kept to say why a process did not do what it should.
const remembered = 40

var errEnded = errors.New("the process ended")

// launch starts the program in a process group of its own.
func launch(program, dir string, env []string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...), ended: make(chan struct{}), changed: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, env
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	var reading sync.WaitGroup
	reading.Go(func() { p.listen(stdout) })
	reading.Go(func() { p.listen(stderr) })
	go func() {
		reading.Wait()
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

func (p *process) listen(from io.Reader) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.mu.Lock()
		p.said = append(p.said, lines.Text())
		p.said = p.said[max(0, len(p.said)-remembered):]
		close(p.changed)
		p.changed = make(chan struct{})
		p.mu.Unlock()
	}
}

// says waits for a line that has the fragment, and answers the line.
func (p *process) says(ctx context.Context, fragment string) (string, error) {
	for {
		line, changed := p.find(fragment)
		if line != "" {
			return line, nil
		}
		select {
		case <-changed:
		case <-p.ended:
			if line, _ := p.find(fragment); line != "" {
				return line, nil
			}
			return "", fmt.Errorf("%v: %w before it said %q:\n%s", p.cmd.Args, errEnded, fragment, p.transcript())
		case <-ctx.Done():
			return "", fmt.Errorf("%v did not say %q: %w:\n%s", p.cmd.Args, fragment, ctx.Err(), p.transcript())
		}
	}
}

func (p *process) find(fragment string) (string, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.said {
		if strings.Contains(line, fragment) {
			return line, nil
		}
	}
	return "", p.changed
}

func (p *process) transcript() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.said, "\n")
}

// kill is kill -9. A process that has ended, or was never started, is left as it is.
func (p *process) kill() {
	if p == nil || p.isDead() {
		return
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.ended
}

func (p *process) isDead() bool {
	if p == nil {
		return true
	}
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// signal sends a signal that the process outlives.
func (p *process) signal(s syscall.Signal) { _ = syscall.Kill(-p.cmd.Process.Pid, s) }

// address is the first address in a line that a person reads.
func address(line string) string {
	for word := range strings.FieldsSeq(line) {
		if strings.HasPrefix(word, "http://") || strings.HasPrefix(word, "esdb://") {
			return word
		}
	}
	return ""
}
