package runner

import (
	"sync"
	"time"

	"tagtrail/domain/event"
)

// State says what a group is doing.
type State string

// The states of a group.
const (
	Starting State = "starting" // its generation is being made
	Standby  State = "standby"  // another projector leads it
	Running  State = "running"  // it follows the log
	Waiting  State = "waiting"  // something is out of reach; it tries again by itself
	Stopped  State = "stopped"  // it met what it cannot pass, and waits for a person
)

// Status is how a group is doing.
type Status struct {
	Group    string
	State    State
	Since    time.Time // when the state began
	Reason   string    // why it waits or is stopped
	Position event.Position
	Head     event.Position // of the log, when it was last looked at
	Lag      time.Duration  // the age of what was handled last, 0 when nothing is left to do
	CaughtUp bool           // it has been where the log ended at its start
}

// progress is what is known of a group; several goroutines write and read it.
type progress struct {
	mu       sync.Mutex
	status   Status
	prepared bool
	target   *event.Position // the head of the log at the start, once it is known
	handled  time.Time       // when the event that was handled last was recorded
	began    time.Time
	caughtUp chan struct{}
}

func newProgress(group string) *progress {
	now := time.Now()
	return &progress{
		status: Status{Group: group, State: Starting, Since: now}, began: now, caughtUp: make(chan struct{}),
	}
}

func (p *progress) snapshot() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// enter says that the group does something else now, and answers whether that is new.
func (p *progress) enter(state State, reason string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.status.State == state && p.status.Reason == reason {
		return false
	}
	if p.status.State != state {
		p.status.Since = time.Now()
	}
	p.status.State, p.status.Reason = state, reason
	return true
}

func (p *progress) setPrepared() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.prepared = true
	p.check()
}

// reach says how far the group is. It can be less than before: a restored database begins where its checkpoint is.
func (p *progress) reach(at event.Position, handled time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status.Position = at
	if !handled.IsZero() {
		p.handled = handled
	}
	p.check()
}

// see says where the log ends, and answers the status that follows.
func (p *progress) see(head event.Position) Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status.Head = head
	if p.target == nil {
		p.target = &head
	}
	p.check()
	return p.status
}

func (p *progress) check() {
	p.status.Lag = 0
	if p.status.Position < p.status.Head {
		p.status.Lag = time.Since(p.began)
		if !p.handled.IsZero() {
			p.status.Lag = max(0, time.Since(p.handled))
		}
	}
	if !p.status.CaughtUp && p.prepared && p.target != nil && p.status.Position >= *p.target {
		p.status.CaughtUp = true
		close(p.caughtUp)
	}
}
