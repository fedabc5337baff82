package commands

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/rule"
	"tagtrail/domain/tag"
)

// ApplyRule is the action that does to many contacts what a rule says now.
const ApplyRule Action = "apply_rule"

// RunRule asks that a version of a rule does to a contact what it says.
type RunRule struct {
	Rule    rule.ID
	Version int
	Contact contact.ID
	Actions []rule.Action
}

// RunRule does each of the actions, each under a command id of its own. One that is refused keeps no other from it.
func (s *Service) RunRule(ctx context.Context, cmd RunRule) (Outcome, error) {
	ctx = ByRule(ctx, cmd.Rule, cmd.Version)
	origin := originOf(ctx)
	outcomes := make([]Outcome, len(cmd.Actions))
	for i, action := range cmd.Actions {
		step := origin
		step.CommandID = derive(origin.CommandID, "action", strconv.Itoa(i))
		var err error
		if outcomes[i], err = s.DoInBulk(WithOrigin(ctx, step), asBulk(action), cmd.Contact); err != nil {
			return Outcome{}, err
		}
	}
	return sum(outcomes), nil
}

// TakeBack asks that a contact carries no longer what a rule put on it.
type TakeBack struct {
	Rule    rule.ID
	Version int
	Contact contact.ID
	Tags    []tag.ID
}

// TakeBack takes off the tags that the rule put on; whoever put the others on wants them there.
func (s *Service) TakeBack(ctx context.Context, cmd TakeBack) (Outcome, error) {
	ctx = ByRule(ctx, cmd.Rule, cmd.Version)
	catalog, revision, err := s.catalog(ctx, originOf(ctx).Organization)
	if err != nil {
		return Outcome{}, err
	}
	return outcomeOf(s.decideContact(deciding(ctx, revision), cmd.Contact, func(c *contact.Contact) ([]contact.Event, error) {
		return c.TakeBack(catalog, cmd.Tags, cmd.Rule.String())
	}))
}

// applyRule does to one contact what a rule says now, as a step of an operation.
func (s *Service) applyRule(ctx context.Context, id rule.ID, to contact.ID) (Outcome, error) {
	r, err := s.Rule(ctx, originOf(ctx).Organization, id)
	if err != nil {
		return Outcome{}, err
	}
	version, err := r.Current()
	if err != nil {
		return outcomeOf(Receipt{}, err)
	}
	return s.RunRule(ctx, RunRule{Rule: id, Version: version.Number, Contact: to, Actions: version.Actions})
}

// RehearseRule answers what a definition would come to on each contact. Nothing is written.
func (s *Service) RehearseRule(ctx context.Context, d rule.Definition, contacts []contact.ID) ([]Outcome, error) {
	return s.rehearse(ctx, contacts, func(ctx context.Context, aside *Service, id contact.ID) (Outcome, error) {
		return aside.RunRule(ctx, RunRule{Contact: id, Actions: d.Actions})
	})
}

// rehearse does something to each contact beside the log.
func (s *Service) rehearse(
	ctx context.Context, contacts []contact.ID, do func(context.Context, *Service, contact.ID) (Outcome, error),
) ([]Outcome, error) {
	aside, log := s.rehearsed()
	outcomes := make([]Outcome, len(contacts))
	for i, id := range contacts {
		origin := originOf(ctx)
		origin.CommandID = uuid.Must(uuid.NewV7())
		var err error
		if outcomes[i], err = do(WithOrigin(ctx, origin), aside, id); err != nil {
			return nil, err
		}
		log.forget(id.Stream())
	}
	return outcomes, nil
}

// yielding is what a rule may decide about a contact because of an event: nothing where it only feeds other rules that feed it.
func yielding(origin Origin, decision func(*contact.Contact) ([]contact.Event, error)) func(*contact.Contact) ([]contact.Event, error) {
	if origin.Actor.Kind != rule.Kind || origin.OperationID != uuid.Nil {
		return decision
	}
	return func(c *contact.Contact) ([]contact.Event, error) {
		events, err := decision(c)
		if len(events) == 0 || err != nil {
			return events, err
		}
		if err := c.YieldTo(origin.Actor.ID, origin.CausationID, origin.At); err != nil {
			return nil, err
		}
		return events, nil
	}
}
