package reactions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/domain/text"
)

// Classifying is the name of the reaction that has a model choose tags for conversations that were closed.
const Classifying = "classify"

// ErrUnusable answers a conversation about which a classifier says nothing that is of use, and would not when asked again.
var ErrUnusable = errors.New("the classifier's answer is of no use")

// Classifier chooses tags by their descriptions.
type Classifier interface {
	// Choose answers which of the tags go with what was said. It may name what was not offered.
	Choose(ctx context.Context, said []Said, from []tag.Tag) ([]Pick, error)
	// Model answers what decides, as it is recorded.
	Model() string
}

// Said is what a contact wrote. It is data: whatever it asks for, nobody does it.
type Said struct {
	At   time.Time
	Text string
}

// Pick is one tag of a classifier's choice.
type Pick struct {
	Tag        tag.Number
	Value      string  // of a tag with values
	Confidence float64 // 0 … 1
	Reason     string
}

// Outcome is what became of something that a classifier picked, or of a conversation for which it picked nothing.
type Outcome string

// The outcomes.
const (
	Assigned Outcome = "assigned" // the contact carries it
	Unknown  Outcome = "unknown"  // to the catalogue, and dropped
	Refused  Outcome = "refused"  // by the contact: it is at its limit, or is no more
	Silent   Outcome = "silent"   // nothing was written, or there is nothing to choose from
	Unusable Outcome = "unusable" // the answer, and the conversation is passed by
)

// Outcomes answers all of them.
func Outcomes() []Outcome { return []Outcome{Assigned, Unknown, Refused, Silent, Unusable} }

const (
	// maxPicks is how many tags a classifier can pick for one conversation; what is beyond is dropped.
	maxPicks = 20
	// reasonLength is how much of a model's reason is kept, in characters.
	reasonLength = 500
)

// Classification is what it takes to classify conversations that were closed.
type Classification struct {
	Commands   *commands.Service
	Classifier Classifier
	// Said answers what was written in a conversation, the oldest first, as of the position in the log.
	Said   func(ctx context.Context, org organization.ID, with contact.ID, number int, at event.Position) ([]Said, error)
	Count  func(Outcome)
	Logger *slog.Logger
}

// Reaction answers the reaction.
func (c Classification) Reaction() Reaction {
	r := &classification{Classification: c, answers: map[uuid.UUID][]commands.Pick{}}
	closed := conversation.Closed{}.EventName()
	return Reaction{
		Name: Classifying, Patience: 2 * time.Minute, Most: closedAtOnce,
		Asks:  func(eventType string) bool { return eventType == closed },
		React: r.react,
	}
}

// closedAtOnce is about how many conversations a model is asked at a time: they are put to it side by side.
const closedAtOnce = 8

// classification remembers the answers at hand: when a command has to be given again, the model is not asked again.
type classification struct {
	Classification
	answers map[uuid.UUID][]commands.Pick // by the event that they are about
}

// react has the model asked about all conversations side by side, and what it picked put on in the order in which they were
// closed: of two with one contact the later one says what is so.
func (c *classification) react(ctx context.Context, events []Event) error {
	failed := c.ask(ctx, events)
	for i, e := range events {
		err := failed[i]
		if err == nil {
			err = c.assign(ctx, e)
		}
		if err != nil {
			return fmt.Errorf("classify the conversation closed at position %d: %w", e.Position, err)
		}
	}
	clear(c.answers)
	return nil
}

// ask has every answer remembered that can be had, and answers of each event why there is none.
func (c *classification) ask(ctx context.Context, events []Event) []error {
	picks, failed := make([][]commands.Pick, len(events)), make([]error, len(events))
	var asking errgroup.Group // one that fails keeps no other from its answer
	asking.SetLimit(closedAtOnce)
	for i, e := range events {
		var answered bool
		if picks[i], answered = c.answers[e.ID]; answered {
			continue
		}
		asking.Go(func() error {
			failed[i] = guarded(func() (err error) {
				picks[i], err = c.classify(ctx, e)
				return err
			})
			return nil
		})
	}
	_ = asking.Wait() // each says for itself why it failed
	for i, e := range events {
		if failed[i] == nil {
			c.answers[e.ID] = picks[i]
		}
	}
	return failed
}

// classify answers what goes with one conversation; that may be nothing.
func (c *classification) classify(ctx context.Context, e Event) ([]commands.Pick, error) {
	closed, _ := e.Data.(conversation.Closed)
	with, ok := conversation.Of(e.Stream)
	if !ok {
		return nil, fmt.Errorf("a conversation is on %s: %w", e.Stream, event.ErrUnknown)
	}
	org := organization.ID{UUID: e.Org()}
	offered, err := c.offered(ctx, org)
	if err != nil {
		return nil, err
	}
	picks, err := c.picks(ctx, e, with, closed.Number, offered)
	if errors.Is(err, ErrUnusable) {
		c.Count(Unusable)
		c.Logger.WarnContext(ctx, "conversation is not classified", "organization", org.String(), "contact", with.String(), "position", uint64(e.Position), "reason", err)
		return nil, nil
	}
	return picks, err
}

// inOrder answers the tags in the order in which they were created, so that the same question is asked in the same words.
func inOrder(offered map[tag.Number]tag.Tag) []tag.Tag {
	numbers := slices.Sorted(maps.Keys(offered))
	tags := make([]tag.Tag, len(numbers))
	for i, number := range numbers {
		tags[i] = offered[number]
	}
	return tags
}

// offered answers the tags that can be chosen, by number. Free values are no choice: a model would make them up.
func (c *classification) offered(ctx context.Context, org organization.ID) (map[tag.Number]tag.Tag, error) {
	all, err := c.Commands.ActiveTags(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("read the tag catalogue: %w", err)
	}
	offered := make(map[tag.Number]tag.Tag, len(all))
	for _, t := range all {
		if t.Kind != tag.Valued || t.Policy == tag.FixedList && len(t.Values) > 0 {
			offered[t.Number] = t
		}
	}
	return offered, nil
}

// picks answers what a model chooses for a conversation. What the catalogue does not offer is dropped.
func (c *classification) picks(ctx context.Context, e Event, with contact.ID, number int, offered map[tag.Number]tag.Tag) ([]commands.Pick, error) {
	said, err := c.Said(ctx, organization.ID{UUID: e.Org()}, with, number, e.Position)
	if err != nil {
		return nil, fmt.Errorf("read what was said: %w", err)
	}
	if len(said) == 0 || len(offered) == 0 {
		c.Count(Silent)
		return nil, nil
	}
	answer, err := c.Classifier.Choose(ctx, said, inOrder(offered))
	if err != nil {
		return nil, fmt.Errorf("ask the classifier: %w", err)
	}
	var picks []commands.Pick
	for i, pick := range answer {
		picked, known := c.known(pick, offered)
		if !known || i >= maxPicks {
			c.Count(Unknown)
			continue
		}
		picks = append(picks, picked)
	}
	return picks, nil
}

// assign puts what was picked for a conversation on its contact.
func (c *classification) assign(ctx context.Context, e Event) error {
	with, _ := conversation.Of(e.Stream)
	cmd := commands.AssignPicks{Contact: with, Picks: c.answers[e.ID]}
	if len(cmd.Picks) == 0 {
		return nil
	}
	refusals, receipt, err := c.Commands.AssignPicks(Because(ctx, Classifying, e, 0, event.AIAutoClose), cmd)
	if err != nil {
		return fmt.Errorf("put what was picked on %s: %w", with, err)
	}
	if receipt.Replayed {
		return nil
	}
	for i, refusal := range refusals {
		if refusal == nil {
			c.Count(Assigned)
			continue
		}
		c.Count(Refused)
		c.Logger.DebugContext(ctx, "picked tag is refused", "contact", with.String(), "tag", cmd.Picks[i].Tag.String(), "code", refusal.Code)
	}
	return nil
}

// known answers a pick as a command takes it, where the catalogue offers it.
func (c *classification) known(pick Pick, offered map[tag.Number]tag.Tag) (commands.Pick, bool) {
	chosen, known := offered[pick.Tag]
	picked := commands.Pick{Tag: chosen.ID, AI: event.AI{Model: c.Classifier.Model(), Confidence: min(max(pick.Confidence, 0), 1)}}
	if known && chosen.Kind == tag.Valued {
		value, listed := chosen.Value(pick.Value)
		picked.Value, known = &value.Name, listed
	}
	if reason := keptReason(pick.Reason); reason != "" {
		picked.Reason = personal.New(reason)
	}
	return picked, known
}

// keptReason answers a reason in the form in which it is kept; one that cannot be kept is none.
func keptReason(reason string) string {
	if characters := []rune(reason); len(characters) > reasonLength {
		reason = string(characters[:reasonLength])
	}
	kept, err := text.Lines(reason, reasonLength)
	if err != nil {
		return ""
	}
	return kept
}
