package reactions

import (
	"sync"
	"time"

	"tagtrail/domain/event"
)

// State says what a reaction is doing.
type State string

// The states of a reaction.
const (
	Starting State = "starting"
	Standby  State = "standby" // another process leads it
	Running  State = "running" // it follows the log
	Waiting  State = "waiting" // something is out of reach; it tries again by itself
	Stopped  State = "stopped" // it met what it cannot pass, and waits for a person
)

// States answers all states.
func States() []State { return []State{Starting, Standby, Running, Waiting, Stopped} }

// Status is how a reaction is.
type Status struct {
	Reaction string
	State    State
	Reason   string         // why it waits or is stopped
	Position event.Position // of the last event that it is done with
	Head     event.Position // of the log, when it was last looked at
	Lag      time.Duration  // the age of what it was done with last; 0 when nothing is left to do
}

// standing is what is known of a reaction; several goroutines write and read it.
type standing struct {
	mu      sync.Mutex
	status  Status
	handled time.Time // when the event that was handled last was recorded
}

// enter says that the reaction does something else now, and answers whether that is new.
func (s *standing) enter(state State, reason string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status.State == state && s.status.Reason == reason {
		return false
	}
	s.status.State, s.status.Reason = state, reason
	return true
}

// reach says up to where the reaction is done, and when the last event of it was recorded.
func (s *standing) reach(at event.Position, recorded time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Position = at
	if !recorded.IsZero() {
		s.handled = recorded
	}
}

// see says where the log ends, and answers how the reaction is.
func (s *standing) see(head event.Position) Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Head, s.status.Lag = head, 0
	if s.status.Position < head && !s.handled.IsZero() {
		s.status.Lag = max(0, time.Since(s.handled))
	}
	return s.status
}

func (s *standing) snapshot() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}
