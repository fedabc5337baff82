package reactions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
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
	r := &classification{Classification: c, answers: map[uuid.UUID][]Pick{}}
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
	mu      sync.Mutex
	answers map[uuid.UUID][]Pick // by the event that they are about
}

func (c *classification) react(ctx context.Context, events []Event) error {
	var working errgroup.Group // one that fails keeps no other from its answer
	working.SetLimit(closedAtOnce)
	for _, e := range events {
		working.Go(func() error {
			if err := c.classify(ctx, e); err != nil {
				return fmt.Errorf("classify the conversation closed at position %d: %w", e.Position, err)
			}
			return nil
		})
	}
	if err := working.Wait(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.answers)
	return nil
}

func (c *classification) classify(ctx context.Context, e Event) error {
	closed, _ := e.Data.(conversation.Closed)
	with, ok := conversation.Of(e.Stream)
	if !ok {
		return fmt.Errorf("a conversation is on %s: %w", e.Stream, event.ErrUnknown)
	}
	org := organization.ID{UUID: e.Org()}
	offered, err := c.offered(ctx, org)
	if err != nil {
		return err
	}
	picks, err := c.picks(ctx, e, with, closed.Number, offered)
	switch {
	case errors.Is(err, ErrUnusable):
		c.Count(Unusable)
		c.Logger.WarnContext(ctx, "conversation is not classified", "organization", org.String(), "contact", with.String(), "position", uint64(e.Position), "reason", err)
		return nil
	case err != nil:
		return err
	}
	return c.assign(ctx, e, with, picks, offered)
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

func (c *classification) picks(ctx context.Context, e Event, with contact.ID, number int, offered map[tag.Number]tag.Tag) ([]Pick, error) {
	c.mu.Lock()
	before, answered := c.answers[e.ID]
	c.mu.Unlock()
	if answered {
		return before, nil
	}
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
	for range max(len(answer)-maxPicks, 0) {
		c.Count(Unknown)
	}
	answer = answer[:min(len(answer), maxPicks)]
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[e.ID] = answer
	return answer, nil
}

// assign puts what was picked on the contact. What the catalogue does not offer is dropped.
func (c *classification) assign(ctx context.Context, e Event, to contact.ID, answer []Pick, offered map[tag.Number]tag.Tag) error {
	cmd := commands.AssignPicks{Contact: to}
	for _, pick := range answer {
		if picked, known := c.known(pick, offered); known {
			cmd.Picks = append(cmd.Picks, picked)
			continue
		}
		c.Count(Unknown)
	}
	if len(cmd.Picks) == 0 {
		return nil
	}
	refusals, receipt, err := c.Commands.AssignPicks(Because(ctx, Classifying, e, 0, event.AIAutoClose), cmd)
	if err != nil {
		return fmt.Errorf("put what was picked on %s: %w", to, err)
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
		c.Logger.DebugContext(ctx, "picked tag is refused", "contact", to.String(), "tag", cmd.Picks[i].Tag.String(), "code", refusal.Code)
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
