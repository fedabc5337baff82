package reactions_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"tagtrail/commands/reactions"
	"tagtrail/domain/event"
)

// checkpoints are those of reactions, in memory.
type checkpoints struct {
	mu     sync.Mutex
	begun  map[string]event.Position
	epochs map[string]int
	led    map[string]bool
	passed map[string][]event.Position
}

func newCheckpoints() *checkpoints {
	return &checkpoints{begun: map[string]event.Position{}, epochs: map[string]int{}, led: map[string]bool{}, passed: map[string][]event.Position{}}
}

type lead struct {
	of       *checkpoints
	name     string
	epoch    int
	position event.Position
}

// Lead gives the lead to whoever asks while nobody has it.
func (c *checkpoints) Lead(_ context.Context, name string, begin event.Position) (reactions.Lead, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.led[name] {
		return nil, nil //nolint:nilnil // somebody else leads
	}
	if c.begun == nil {
		c.begun = map[string]event.Position{}
	}
	if _, known := c.begun[name]; !known {
		c.begun[name] = begin
	}
	c.led[name] = true
	c.epochs[name]++
	return &lead{of: c, name: name, epoch: c.epochs[name], position: c.begun[name]}, nil
}

// Passed answers what was passed by.
func (c *checkpoints) Passed(_ context.Context, name string) ([]event.Position, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.passed[name]), nil
}

// Report keeps nothing.
func (*checkpoints) Report(context.Context, reactions.Status) error { return nil }

func (l *lead) Position() event.Position { return l.position }

func (l *lead) Move(_ context.Context, upTo event.Position) error {
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	if l.of.epochs[l.name] != l.epoch || l.of.begun[l.name] != l.position {
		return fmt.Errorf("move %s: %w", l.name, reactions.ErrOvertaken)
	}
	l.of.begun[l.name], l.position = upTo, upTo
	return nil
}

func (l *lead) Release(context.Context) {
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	if l.of.epochs[l.name] == l.epoch {
		l.of.led[l.name] = false
	}
}

func (c *checkpoints) set(name string, at event.Position) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun[name] = at
}

func (c *checkpoints) at(name string) event.Position {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begun[name]
}

// pass has a reaction pass by exactly these.
func (c *checkpoints) pass(name string, at ...event.Position) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.passed[name] = at
}

// takeOver ends whoever leads without telling him.
func (c *checkpoints) takeOver(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epochs[name]++
	c.led[name] = false
}

// metrics remember how each reaction is.
type metrics struct {
	mu      sync.Mutex
	status  map[string]reactions.Status
	failed  map[string]int
	changed chan struct{}
}

func newMetrics() *metrics {
	return &metrics{status: map[string]reactions.Status{}, failed: map[string]int{}, changed: make(chan struct{})}
}

// Reacted is of no interest here.
func (*metrics) Reacted(string, int, time.Duration) {}

// Reaction remembers how a reaction is.
func (m *metrics) Reaction(s reactions.Status) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status[s.Reaction] = s
	close(m.changed)
	m.changed = make(chan struct{})
}

// ReactionFailed counts.
func (m *metrics) ReactionFailed(reaction string, stopped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed[fmt.Sprintf("%s/%v", reaction, stopped)]++
}

// await waits until a reaction is as it should be.
func (m *metrics) await(t *testing.T, reaction string, is func(reactions.Status) bool) {
	t.Helper()
	for {
		m.mu.Lock()
		s, known := m.status[reaction]
		changed := m.changed
		m.mu.Unlock()
		if known && is(s) {
			return
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatalf("%s is %+v", reaction, s)
		}
	}
}
