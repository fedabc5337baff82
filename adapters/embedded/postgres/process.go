package postgres

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// process is a started program and the goroutine that waits for it.
type process struct {
	cmd    *exec.Cmd
	wanted atomic.Bool   // its end is
	done   chan struct{} // closed when it has ended; the rest can be read then
	err    error         // how it ended
	byself bool          // nobody had wanted it to
}

// run starts cmd as who, in a process group of its own so that Ctrl-C on our terminal is not also its Ctrl-C.
func run(cmd *exec.Cmd, who account, onOurDeath syscall.Signal) (*process, error) {
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = who.attributes(onOurDeath)
	cmd.WaitDelay = time.Second // children that outlive it hold its stderr open

	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The signal on our death is in truth one on the death of the thread that started the process: it has to
		// live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			p.byself = !p.wanted.Load()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		if errors.Is(err, syscall.EPERM) && who.searchesAll {
			return nil, fmt.Errorf("run %s as %s, who needs a capability to reach the data that this system does not give (chmod o+x the directories above it instead): %w", cmd.Path, who.name, err)
		}
		return nil, fmt.Errorf("run %s as %s: %w", cmd.Path, who.name, err)
	}
	return p, nil
}

// expectEnd says that the end of the process is wanted from here on.
func (p *process) expectEnd() { p.wanted.Store(true) }

// signal does nothing to a process that has ended.
func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// signalGroup reaches the children of the process too, and like signal nobody once it has ended.
func (p *process) signalGroup(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, s)
	}
}
