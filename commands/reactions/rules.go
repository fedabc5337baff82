package reactions

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/rule"
	"tagtrail/domain/segment"
	"tagtrail/domain/tag"
)

// Ruling is the name of the reaction that does what rules say to those who enter and leave.
const Ruling = "rules"

// actedOnAtOnce is how many contacts a rule acts on at a time.
const actedOnAtOnce = 32

// Rules are the tables in which it stands which rules there are.
type Rules interface {
	// Await waits until the tables show a position, and answers an error when they do not in time.
	Await(ctx context.Context, at event.Position) error
	// Watching answers the rules that watch a segment, or, under a rule's own id, its condition.
	Watching(ctx context.Context, org organization.ID, of segment.ID) ([]rule.ID, error)
}

// Ruled is what came of one contact that a rule acted on.
type Ruled string

// What can come of it.
const (
	RuleChanged   Ruled = "changed"
	RuleUnchanged Ruled = "unchanged" // it was so already
	RuleRefused   Ruled = "refused"   // the contact carries all the tags it may, say
	RuleLooped    Ruled = "looped"    // rules feed each other, and were stopped
)

// AllRuled answers all that can come of it.
func AllRuled() []Ruled { return []Ruled{RuleChanged, RuleUnchanged, RuleRefused, RuleLooped} }

// Rulings is what it takes to do what rules say.
type Rulings struct {
	Commands *commands.Service
	Rules    Rules
	Count    func(Ruled)
	Logger   *slog.Logger
}

// Reaction answers the reaction.
func (r Rulings) Reaction() Reaction {
	entered, left := segment.MembersEntered{}.EventName(), segment.MembersLeft{}.EventName()
	return Reaction{
		Name: Ruling, Patience: 10 * time.Minute,
		Asks: func(eventType string) bool { return eventType == entered || eventType == left },
		React: func(ctx context.Context, events []Event) error {
			for _, e := range events {
				if err := r.follow(ctx, e); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// turn is an entering or a leaving as rules see it.
type turn struct {
	of         segment.ID
	on         rule.Trigger
	contacts   []contact.ID
	definition event.Revision
	cause      segment.Cause
}

func turnOf(e Event) (turn, bool) {
	if entered, ok := event.As[segment.MembersEntered](e); ok {
		d := entered.Data
		return turn{segment.WithMembers(entered), rule.Enters, d.Contacts, d.Definition, d.Cause}, true
	}
	left, ok := event.As[segment.MembersLeft](e)
	d := left.Data
	return turn{segment.WithMembers(left), rule.Leaves, d.Contacts, d.Definition, d.Cause}, ok
}

// follow has every rule act that watches who entered or left. Whom a definition means from its beginning on did not enter.
func (r Rulings) follow(ctx context.Context, e Event) error {
	t, ok := turnOf(e)
	if !ok || t.cause == segment.OfSegment {
		return nil
	}
	if err := r.Rules.Await(ctx, e.Position); err != nil {
		return err
	}
	org := organization.ID{UUID: e.Org()}
	watching, err := r.Rules.Watching(ctx, org, t.of)
	if err != nil {
		return err
	}
	for _, id := range watching {
		if err := r.act(ctx, e, t, org, id); err != nil {
			return fmt.Errorf("rule %s: %w", id, err)
		}
	}
	return nil
}

// act has one rule act, by the version that stood when the turn was recorded, where the rule is enabled now.
func (r Rulings) act(ctx context.Context, e Event, t turn, org organization.ID, id rule.ID) error {
	state, err := r.Commands.Rule(ctx, org, id)
	if err != nil {
		return err
	}
	version, acts := state.ActingAt(e.Position)
	own := version.Segment == segment.ID{}
	switch {
	case !acts, own != (t.of == id.Group()), !own && version.Segment != t.of:
		return nil
	case own && t.definition < version.Revision: // compared by an older condition
		return nil
	}
	do := r.doing(version, t.on)
	if do == nil {
		return nil
	}
	outcomes, err := onEach(ctx, t.contacts, func(ctx context.Context, who contact.ID) (commands.Outcome, error) {
		return do(because(ctx, Ruling+"/"+id.String()+"/"+who.String(), e), id, who)
	})
	if err != nil {
		return err
	}
	act := rule.Acted{Rule: id, Version: version.Number, On: t.on}
	for i, who := range t.contacts {
		r.note(&act, who, outcomes[i])
	}
	if act.Changed == 0 && len(act.Refused) == 0 {
		return nil
	}
	r.Logger.DebugContext(ctx, "rule acted", "organization", org.String(), "rule", id.String(), "changed", act.Changed, "refused", len(act.Refused))
	recorded := Ruling + "/" + id.String()
	_, err = r.Commands.RecordAct(commands.ByRule(because(ctx, recorded, e), id, version.Number), CommandID(recorded, e, 0), act)
	return err
}

// onEach does something to contacts that are told apart, a few at a time: many enter at once where a file is imported, and
// each waits for the log.
func onEach(ctx context.Context, contacts []contact.ID, do func(context.Context, contact.ID) (commands.Outcome, error)) ([]commands.Outcome, error) {
	outcomes := make([]commands.Outcome, len(contacts))
	acting, ctx := errgroup.WithContext(ctx)
	acting.SetLimit(actedOnAtOnce)
	for i, who := range contacts {
		acting.Go(func() error {
			return guarded(func() (err error) {
				if outcomes[i], err = do(ctx, who); err != nil {
					return fmt.Errorf("act on %s: %w", who, err)
				}
				return nil
			})
		})
	}
	return outcomes, acting.Wait()
}

// because answers the context of a command that happens when the event was recorded.
func because(ctx context.Context, name string, e Event) context.Context {
	return commands.HappenedAt(Because(ctx, name, e, 0, event.Rule), e.RecordedAt)
}

// doing answers what a version does to those who enter, or to those who leave; nil is nothing.
func (r Rulings) doing(v rule.Version, on rule.Trigger) func(context.Context, rule.ID, contact.ID) (commands.Outcome, error) {
	switch {
	case v.On == on:
		return func(ctx context.Context, id rule.ID, who contact.ID) (commands.Outcome, error) {
			return r.Commands.RunRule(ctx, commands.RunRule{Rule: id, Version: v.Number, Contact: who, Actions: v.Actions})
		}
	case v.TakeBack && on == rule.Leaves:
		var tags []tag.ID
		for _, a := range v.Actions {
			if a.Do == rule.AddTag {
				tags = append(tags, a.Tag)
			}
		}
		return func(ctx context.Context, id rule.ID, who contact.ID) (commands.Outcome, error) {
			return r.Commands.TakeBack(ctx, commands.TakeBack{Rule: id, Version: v.Number, Contact: who, Tags: tags})
		}
	}
	return nil
}

func (r Rulings) note(act *rule.Acted, who contact.ID, o commands.Outcome) {
	switch {
	case o.Fault != nil:
		act.Refused = append(act.Refused, rule.Refusal{Contact: who, Code: o.Fault.Code})
		r.Count(refusedAs(o))
	case o.Result == operation.Changed:
		act.Changed++
		r.Count(RuleChanged)
	default:
		act.Unchanged++
		r.Count(RuleUnchanged)
	}
}

func refusedAs(o commands.Outcome) Ruled {
	if o.Fault.Is(contact.ErrRuleLoop) {
		return RuleLooped
	}
	return RuleRefused
}
