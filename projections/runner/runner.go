// Package runner moves projection groups along the log: batches of events come
// in as Watermill messages, changes and the checkpoint go out to a sink.
//
// Each group goes its own way: it waits until it is the only projector of its
// generation, follows the log from the checkpoint, and pauses while something is
// out of reach. At an event or a statement that fails for good it stops, visibly,
// and nothing is skipped; the other groups go on.
//
// # Decisions
//
// One Watermill message is one batch, and one transaction. Watermill calls a
// handler once for each message and starts a goroutine for it; a message for each
// event would cost both for every row.
//
// Every term of leading a group has a router of its own, instead of one router for
// all groups: a group that stops or loses its lead takes nobody with it, and what
// belonged to an ended term cannot be heard of in the next.
//
// A group that is far behind first goes in stretches of many batches, as a rebuild does, instead of one batch after the
// other: what is read, decoded, projected and written can then be four parts of the log at once. Whatever fails there for
// good is left to the router, which stops in front of it.
package runner

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// Topic is the topic of every event of the log, in its order.
const Topic = "$all"

// Sink is where rows and checkpoints are kept.
type Sink interface {
	// Prepare makes the group's generation where there is none.
	Prepare(ctx context.Context, g projections.Group) error
	// Lead tries to become the one projector of the generation, and answers whether it did.
	Lead(ctx context.Context, g projections.Group) (projections.Generation, bool, error)
	// WithoutIndexes takes the indexes off a generation that was never written to, until Complete makes them: rows come
	// faster without. It leaves any other as it is.
	WithoutIndexes(ctx context.Context, g projections.Generation) error
	// Complete makes the indexes where they are missing.
	Complete(ctx context.Context, g projections.Generation) error
	// Commit writes the changes and moves the checkpoint, or does neither.
	// [projections.ErrOvertaken] says that the checkpoint was not at from.
	Commit(ctx context.Context, g projections.Generation, changes *projections.Changes, from, upTo event.Position) error
	// Release gives the generation up.
	Release(ctx context.Context, g projections.Generation)
	// Position answers the checkpoint, whoever moves it.
	Position(ctx context.Context, g projections.Group) (event.Position, error)
	// Whole says whether the generation has its indexes, whoever makes them.
	Whole(ctx context.Context, g projections.Group) (bool, error)
}

// Decoder turns a message into the events that it carries. With an error come those before the one at fault.
type Decoder interface {
	Decode(ctx context.Context, msg *message.Message) ([]event.Recorded[event.Event], error)
}

// Metrics are told what happens.
type Metrics interface {
	// Batch was committed: so many events, in so much time.
	Batch(group string, events int, took time.Duration)
	// At tells where the group and the log are; lag is the age of what was handled last, 0 when nothing is left to do.
	At(group string, position, head event.Position, lag time.Duration)
	// State changed.
	State(group string, state State)
	// Failed tells that a batch was not committed, and whether that stopped the group.
	Failed(group string, stopped bool)
}

// Config is what a runner needs.
type Config struct {
	Groups  []projections.Group
	Sink    Sink
	Decoder Decoder
	// Sealed decodes for the groups that are sealed, without opening anything; it may be nil where none is.
	Sealed Decoder
	// Subscribe makes the subscriber of one term of a group. It begins behind the
	// position that from answers, which it asks again at each start.
	Subscribe func(group string, from func(context.Context) (event.Position, error)) message.Subscriber
	// Head answers the position of the newest event of the log.
	Head    func(context.Context) (event.Position, error)
	Metrics Metrics
	Logger  *slog.Logger
	// Skips answers the positions of the events that a group passes by because an operator said so; nil is none.
	Skips func(ctx context.Context, group string) ([]event.Position, error)
	// Without answers a message without the events at some positions, and what stands for each as by [Passed].
	Without func(msg *message.Message, at []event.Position) (*message.Message, []event.Recorded[event.Event], error)
	// Poll is the pause between two tries to lead, and between two looks at the head of the log; half a second when zero.
	Poll time.Duration
	// Stretch is how many changed rows are written at once where much of the log lies ahead; 40,000 when zero. The more
	// events are folded into one, the fewer times a row is written that changes again and again.
	Stretch int
	// StretchBytes is how many bytes of events are held at once at most besides; 64 MiB when zero.
	StretchBytes int
}

// fill says what was left out.
func (c *Config) fill() {
	if c.Poll == 0 {
		c.Poll = 500 * time.Millisecond
	}
	if c.Stretch == 0 {
		c.Stretch = 40_000
	}
	if c.StretchBytes == 0 {
		c.StretchBytes = 64 << 20
	}
}

// Runner moves groups along the log.
type Runner struct {
	config Config
	groups []*group
	ready  chan struct{}
}

// New makes a runner. It answers an error when a group could not be kept.
func New(config Config) (*Runner, error) {
	config.fill()
	r := &Runner{config: config, ready: make(chan struct{})}
	for _, g := range config.Groups {
		if err := g.Check(); err != nil {
			return nil, err
		}
		if g.Sealed && config.Sealed == nil {
			return nil, fmt.Errorf("group %s is sealed, and nothing decodes for it", g.Name)
		}
		r.groups = append(r.groups, newGroup(&r.config, g))
	}
	return r, nil
}

// Run moves every group along until ctx ends, and answers nil then. A group that stops is reported and does not end it.
func (r *Runner) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for _, g := range r.groups {
		running.Go(func() { g.run(ctx) })
		running.Go(func() { g.watch(ctx) })
	}
	running.Go(func() {
		for _, g := range r.groups {
			select {
			case <-g.caughtUp:
			case <-ctx.Done():
				return
			}
		}
		close(r.ready)
	})
	running.Wait()
	return nil
}

// Ready is closed when every group has been where the log ended at its start.
func (r *Runner) Ready() <-chan struct{} { return r.ready }

// Status answers how each group is doing.
func (r *Runner) Status() []Status {
	all := make([]Status, 0, len(r.groups))
	for _, g := range r.groups {
		all = append(all, g.snapshot())
	}
	return all
}
