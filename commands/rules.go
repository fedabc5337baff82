package commands

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/rule"
	"tagtrail/domain/segment"
)

// DefineRule asks that something happens to contacts by itself.
type DefineRule struct {
	Name    string
	Draft   rule.Draft
	Enabled bool
}

// DefineRule answers the rule's id, which is the same when the command is repeated.
func (s *Service) DefineRule(ctx context.Context, cmd DefineRule) (rule.ID, Receipt, error) {
	id := rule.ID{UUID: created(originOf(ctx).CommandID, "rule", 0)}
	receipt, err := s.decideRule(ctx, id, func(r *rule.Rule) ([]rule.Event, error) {
		events, err := r.Define(cmd.Name, cmd.Draft, cmd.Enabled)
		if err != nil {
			return nil, err
		}
		return events, s.possible(ctx, events)
	})
	return id, receipt, err
}

// EditRule asks for changes of a rule.
type EditRule struct {
	Rule    rule.ID
	Changes rule.Changes
	IfMatch []event.Revision // one of them is the rule's last; none asks for nothing
}

// EditRule edits a rule. What it says otherwise is another version of it.
func (s *Service) EditRule(ctx context.Context, cmd EditRule) (Receipt, error) {
	return s.decideRule(ctx, cmd.Rule, func(r *rule.Rule) ([]rule.Event, error) {
		return asSeen(cmd.IfMatch, func(ifMatch *event.Revision) ([]rule.Event, error) {
			events, err := r.Edit(cmd.Changes, ifMatch)
			if err != nil {
				return nil, err
			}
			return events, s.possible(ctx, events)
		})
	})
}

// DeleteRule deletes a rule for good. What it did stays.
func (s *Service) DeleteRule(ctx context.Context, id rule.ID) (Receipt, error) {
	return s.decideRule(ctx, id, (*rule.Rule).Delete)
}

// Rule answers a rule as it is now.
func (s *Service) Rule(ctx context.Context, org organization.ID, id rule.ID) (*rule.Rule, error) {
	at, err := load[rule.Event](ctx, s.store, id.Stream(), org, rule.New)
	return at.state, err
}

func (s *Service) decideRule(ctx context.Context, id rule.ID, decision func(*rule.Rule) ([]rule.Event, error)) (Receipt, error) {
	return decide(ctx, s, id.Stream(), rule.New, decision)
}

// possible refuses a definition that no contact could be given, or that watches a segment which has no members.
func (s *Service) possible(ctx context.Context, events []rule.Event) error {
	for _, e := range events {
		var err error
		switch e := e.(type) {
		case rule.Defined:
			err = s.CheckRule(ctx, e.Definition)
		case rule.Redefined:
			err = s.CheckRule(ctx, e.Definition)
		case rule.Renamed, rule.Enabled, rule.Disabled, rule.Deleted:
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// CheckRule refuses a definition whose tags or segment are not there.
func (s *Service) CheckRule(ctx context.Context, d rule.Definition) error {
	for i, action := range d.Actions {
		err := s.CheckBulk(ctx, asBulk(action))
		if f := fault.Of(err); f != nil {
			return f.At("/actions/" + strconv.Itoa(i) + f.Pointer)
		}
		if err != nil {
			return err
		}
	}
	if (d.Segment == segment.ID{}) {
		return nil
	}
	watched, err := load[segment.Event](ctx, s.store, d.Segment.Stream(), originOf(ctx).Organization, segment.New)
	switch {
	case err != nil:
		return err
	case !watched.state.HasMembers():
		return rule.ErrSegment.At("/segment")
	}
	return nil
}

// asBulk answers an action as one that can be done to many.
func asBulk(a rule.Action) BulkAction {
	action := BulkAction{Action: Action(a.Do), Tag: a.Tag, LeadStatus: a.LeadStatus, Owner: a.Owner}
	if !a.Value.IsZero() {
		value := a.Value.Reveal()
		action.Value = &value
	}
	return action
}

// ByRule answers a context for what a version of a rule does.
func ByRule(ctx context.Context, id rule.ID, version int) context.Context {
	origin := originOf(ctx)
	origin.Actor, origin.Source, origin.RuleVersion = event.Actor{Kind: rule.Kind, ID: id.String()}, event.Rule, version
	return WithOrigin(ctx, origin)
}

// RecordAct records what came of it that a rule acted because of one event, once.
func (s *Service) RecordAct(ctx context.Context, act uuid.UUID, what rule.Acted) (Receipt, error) {
	return decide(ctx, s, rule.ActStream(act), rule.NewAct, func(a *rule.Act) ([]rule.ActEvent, error) { return a.Record(what) })
}

// sum answers what came of several things that were done to one contact: what was in the way of any of them counts first.
func sum(outcomes []Outcome) Outcome {
	all := Outcome{Result: operation.Unchanged}
	for _, o := range outcomes {
		switch {
		case all.Fault != nil:
		case o.Fault != nil, o.Result == operation.Changed:
			all = o
		}
	}
	return all
}
