package reactions

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// Topic is the topic of every event of the log, in its order.
const Topic = "$all"

// Event is an event as reactions see it, with personal values sealed.
type Event = event.Recorded[event.Event]

// Reaction is something that follows from events.
type Reaction struct {
	// Name is for ever: the checkpoint and the ids of commands hang on it.
	Name string
	// Asks says whether events of a type are of interest.
	Asks func(eventType string) bool
	// React does what follows from events, in the order of the log. It is asked again when it answers an error.
	React func(ctx context.Context, events []Event) error
	// Most is how many events are handed over at once; the checkpoint moves behind them together. It is 1 when zero.
	Most int
	// Review does what follows from nothing but time; nil is nothing. It is asked when the reaction begins to lead and
	// again after the pause that it answers, never while React is at work, and told up to where React is done.
	Review func(ctx context.Context, done event.Position) (time.Duration, error)
	// Patience is how long one call of React or Review may take; a minute when zero.
	Patience time.Duration
}

// Because answers the context of the command that a reaction gives because of an event. The ordinal tells the commands
// apart that follow from one event: the same one again is the same command.
func Because(ctx context.Context, reaction string, e Event, ordinal int, source event.Source) context.Context {
	return commands.WithOrigin(ctx, commands.Origin{
		Organization: organization.ID{UUID: e.Org()}, Actor: event.Actor{Kind: "system"}, Source: source,
		CommandID:     CommandID(reaction, e, ordinal),
		CorrelationID: e.Metadata.CorrelationID, CausationID: e.ID.String(),
	})
}

// CommandID answers the id of a command that a reaction gives because of an event.
func CommandID(reaction string, e Event, ordinal int) uuid.UUID {
	return uuid.NewSHA1(e.ID, fmt.Appendf(nil, "%s/%d", reaction, ordinal))
}

// Checkpoints keep how far each reaction is.
type Checkpoints interface {
	// Lead tries to become the one that leads the reaction, and answers nil when somebody else does. The checkpoint of one
	// that never ran is made at begin.
	Lead(ctx context.Context, reaction string, begin event.Position) (Lead, error)
	// Passed answers the positions of the events that a reaction passes by because an operator said so.
	Passed(ctx context.Context, reaction string) ([]event.Position, error)
	// Report keeps how a reaction is, for those who look from elsewhere.
	Report(ctx context.Context, s Status) error
}

// Lead is the time in which one process leads a reaction.
type Lead interface {
	// Position answers the checkpoint.
	Position() event.Position
	// Move moves the checkpoint, or answers [ErrOvertaken] when somebody else leads by now.
	Move(ctx context.Context, upTo event.Position) error
	// Release gives the lead up.
	Release(ctx context.Context)
}

// Metrics are told what happens.
type Metrics interface {
	// Reacted tells that so many events were handled, in so much time.
	Reacted(reaction string, events int, took time.Duration)
	// Reaction tells how a reaction is.
	Reaction(s Status)
	// ReactionFailed tells that events were not handled, and whether that stopped the reaction.
	ReactionFailed(reaction string, stopped bool)
}

// Config is what is needed to react.
type Config struct {
	Reactions   []Reaction
	Checkpoints Checkpoints
	// Decode answers those events of a message that are wanted. The others need not be readable.
	Decode func(ctx context.Context, msg *message.Message, wanted func(eventType string, at event.Position) bool) ([]Event, error)
	// Subscribe makes the subscriber of one term. It begins behind the position that from answers.
	Subscribe func(reaction string, from func(context.Context) (event.Position, error)) message.Subscriber
	// Head answers the position of the newest event of the log.
	Head    func(context.Context) (event.Position, error)
	Metrics Metrics
	Logger  *slog.Logger
	// Poll is the pause between two tries to lead, and between two looks at the head of the log; a second when zero.
	Poll time.Duration
}

// Run reacts until ctx ends, and answers nil then. A reaction that stops is reported, and takes nobody with it.
func Run(ctx context.Context, config Config) error {
	if config.Poll == 0 {
		config.Poll = time.Second
	}
	var running sync.WaitGroup
	for _, r := range config.Reactions {
		c := newCourse(&config, r)
		running.Go(func() { c.run(ctx) })
		running.Go(func() { c.watch(ctx) })
	}
	running.Wait()
	return nil
}
