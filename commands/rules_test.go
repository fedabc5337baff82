package commands_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/rule"
	"tagtrail/domain/segment"
	"tagtrail/domain/tag"
)

// S3-18, S3-25: a rule can only be made of what is there.
func TestARuleIsMadeOfTagsAndSegmentsThatAreThere(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 1)
	valued, _, err := c.Service.CreateTag(c.Ask(t.Context()), commands.CreateTag{Name: "Stage", Kind: tag.Valued})
	check(t, err)
	kept := func(kind segment.Kind) segment.ID {
		id, _, err := c.Service.CreateSegment(c.Ask(t.Context()), commands.CreateSegment{Name: "Hot", Kind: kind, Filter: []byte(`{"lead_status":["hot"]}`)})
		check(t, err)
		return id
	}
	dynamic, saved, deleted := kept(segment.Dynamic), kept(segment.Saved), kept(segment.Dynamic)
	_, err = c.Service.DeleteSegment(c.Ask(t.Context()), deleted)
	check(t, err)
	add := func(id tag.ID) []rule.Action { return []rule.Action{{Do: rule.AddTag, Tag: id}} }
	hot := []byte(`{"lead_status":["hot"]}`)
	for name, test := range map[string]struct {
		draft rule.Draft
		want  *fault.Fault
		at    string
	}{
		"a condition and a tag": {rule.Draft{Filter: hot, Actions: add(c.vip)}, nil, ""},
		"a dynamic segment":     {rule.Draft{Segment: dynamic, Actions: add(c.vip)}, nil, ""},
		"a saved search":        {rule.Draft{Segment: saved, Actions: add(c.vip)}, rule.ErrSegment, "/segment"},
		"a deleted segment":     {rule.Draft{Segment: deleted, Actions: add(c.vip)}, rule.ErrSegment, "/segment"},
		"an unknown segment":    {rule.Draft{Segment: segment.ID{UUID: uuid.New()}, Actions: add(c.vip)}, rule.ErrSegment, "/segment"},
		"an unknown tag":        {rule.Draft{Filter: hot, Actions: add(tag.ID{UUID: uuid.New()})}, tag.ErrUnknown, "/actions/0/tag"},
		"a tag without a value": {rule.Draft{Filter: hot, Actions: append(add(c.vip), add(valued)...)}, contact.ErrValueRequired, "/actions/1/value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := c.Service.DefineRule(c.Ask(t.Context()), commands.DefineRule{Name: name, Draft: test.draft})
			refused := fault.Of(err)
			if (refused == nil) != (test.want == nil) || refused != nil && (!refused.Is(test.want) || refused.Pointer != test.at) {
				t.Errorf("defined with %v", err)
			}
		})
	}
}

// A rule is made of what its own organisation has, and changed by nobody else.
func TestRulesKeepToTheirOrganization(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 1)
	hot := []byte(`{"lead_status":["hot"]}`)
	kept, _, err := c.Service.CreateSegment(c.Ask(t.Context()), commands.CreateSegment{Name: "Hot", Kind: segment.Dynamic, Filter: hot})
	check(t, err)
	status := []rule.Action{{Do: rule.SetLeadStatus, LeadStatus: contact.Warm}}
	ours, _, err := c.Service.DefineRule(c.Ask(t.Context()), commands.DefineRule{Name: "Hot", Draft: rule.Draft{Filter: hot, Actions: status}, Enabled: true})
	check(t, err)
	as := func() context.Context {
		return commands.WithOrigin(t.Context(), commands.Origin{Organization: organization.ID{UUID: uuid.New()}, Actor: event.Actor{Kind: "owner"}, Source: event.API, CommandID: uuid.New()})
	}
	before, no := len(c.Store.All()), false
	for name, test := range map[string]struct {
		ask  func() error
		want *fault.Fault
	}{
		"watching a segment of others": {func() error {
			_, _, err := c.Service.DefineRule(as(), commands.DefineRule{Name: "a", Draft: rule.Draft{Segment: kept, Actions: status}})
			return err
		}, rule.ErrSegment},
		"adding a tag of others": {func() error {
			_, _, err := c.Service.DefineRule(as(), commands.DefineRule{Name: "a", Draft: rule.Draft{Filter: hot, Actions: []rule.Action{{Do: rule.AddTag, Tag: c.vip}}}})
			return err
		}, tag.ErrUnknown},
		"edited by others": {func() error {
			_, err := c.Service.EditRule(as(), commands.EditRule{Rule: ours, Changes: rule.Changes{Enabled: &no}})
			return err
		}, rule.ErrUnknown},
		"deleted by others": {func() error { _, err := c.Service.DeleteRule(as(), ours); return err }, rule.ErrUnknown},
	} {
		if err := test.ask(); !errors.Is(err, test.want) {
			t.Errorf("%s is refused with %v", name, err)
		}
	}
	theirs, err := c.Service.Rule(t.Context(), organization.ID{UUID: uuid.New()}, ours)
	if err != nil {
		t.Fatal(err)
	}
	if _, acts := theirs.ActingAt(event.Position(before)); acts || len(c.Store.All()) != before {
		t.Error("it acts for others")
	}
}

// S3-18, C31: what a rule does names the rule, its version and what led to it, and is done once.
func TestWhatARuleDoesSaysWhichVersionOfItDidSo(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 1)
	id, ana := rule.ID{UUID: uuid.New()}, c.contacts[0]
	because := commands.WithOrigin(t.Context(), commands.Origin{
		Organization: c.Organization, Actor: event.Actor{Kind: "system"}, Source: event.Rule, CommandID: uuid.New(), CausationID: "entered", At: c.Now,
	})
	run := commands.RunRule{Rule: id, Version: 3, Contact: ana, Actions: []rule.Action{
		{Do: rule.AddTag, Tag: c.vip}, {Do: rule.SetLeadStatus, LeadStatus: contact.Hot}, {Do: rule.SetOwner, Owner: c.marta},
	}}
	before := c.last(ana).Revision
	for range 2 {
		outcome, err := c.Service.RunRule(because, run)
		if err != nil || outcome.Result != operation.Changed {
			t.Fatalf("it came to %+v, %v", outcome, err)
		}
	}
	last := c.last(ana)
	if last.Revision != before+3 {
		t.Errorf("it wrote %d events", last.Revision-before)
	}
	m := last.Metadata
	if m.Actor != (event.Actor{Kind: "rule", ID: id.String()}) || m.Source != event.Rule || m.RuleVersion != 3 || m.CausationID != "entered" || !m.OccurredAt.Equal(c.Now) {
		t.Errorf("recorded with %+v", m)
	}
	// What is taken back is what it put on, by the same rule alone.
	for by, want := range map[rule.ID]operation.Result{{UUID: uuid.New()}: operation.Unchanged, id: operation.Changed} {
		outcome, err := c.Service.TakeBack(c.Ask(t.Context()), commands.TakeBack{Rule: by, Version: 3, Contact: ana, Tags: []tag.ID{c.vip}})
		if err != nil || outcome.Result != want {
			t.Errorf("taken back by %s: %+v, %v", by, outcome, err)
		}
	}
}

// S3-18, C11: a contact at its limit refuses the tag; whatever else the rule does is done.
func TestARuleObeysTheLimitOfTags(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 1)
	for i := range contact.MaxActiveTags {
		id, _, err := c.Service.CreateTag(c.Ask(t.Context()), commands.CreateTag{Name: fmt.Sprint("tag ", i)})
		check(t, err)
		_, err = c.Service.AssignTag(c.Ask(t.Context()), commands.AssignTag{Contact: c.contacts[0], Tag: id})
		check(t, err)
	}
	definition, err := rule.Draft{Filter: []byte(`{"lead_status":["hot"]}`), Actions: []rule.Action{
		{Do: rule.AddTag, Tag: c.vip}, {Do: rule.SetLeadStatus, LeadStatus: contact.Hot},
	}}.Definition()
	check(t, err)
	rehearsed, err := c.Service.RehearseRule(c.Ask(t.Context()), definition, c.contacts)
	check(t, err)
	c.results(rehearsed, operation.Refused)
	outcome, err := c.Service.RunRule(c.Ask(t.Context()), commands.RunRule{Contact: c.contacts[0], Version: 1, Actions: definition.Actions})
	check(t, err)
	if outcome.Result != operation.Refused || !outcome.Fault.Is(contact.ErrTooManyTags) {
		t.Errorf("it came to %+v", outcome)
	}
	if e, ok := c.last(c.contacts[0]).Data.(contact.LeadStatusChanged); !ok || e.To != contact.Hot {
		t.Errorf("the rest was not done: %+v", e)
	}
}

// S3-18, C31: a rule that undoes what made it act goes on a few times, and no further.
func TestARuleThatFeedsItselfStops(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 1)
	id := rule.ID{UUID: uuid.New()}
	statuses := []contact.LeadStatus{contact.Hot, contact.Warm}
	for i := range contact.MaxRounds + 1 {
		ctx := commands.WithOrigin(t.Context(), commands.Origin{
			Organization: c.Organization, Source: event.Rule, CommandID: uuid.New(), CausationID: uuid.NewString(), At: c.last(c.contacts[0]).RecordedAt,
		})
		outcome, err := c.Service.RunRule(ctx, commands.RunRule{
			Rule: id, Version: 1, Contact: c.contacts[0], Actions: []rule.Action{{Do: rule.SetLeadStatus, LeadStatus: statuses[i%2]}},
		})
		check(t, err)
		if stopped := outcome.Fault != nil && outcome.Fault.Is(contact.ErrRuleLoop); stopped != (i == contact.MaxRounds) {
			t.Fatalf("round %d came to %+v", i, outcome)
		}
	}
}

// S3-18: a rule is applied to those whom it means already as an operation, which can be undone.
func TestARuleIsAppliedToManyAndUndone(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 2)
	id, _, err := c.Service.DefineRule(c.Ask(t.Context()), commands.DefineRule{Name: "Hot", Draft: rule.Draft{
		Filter: []byte(`{"lead_status":["cold"]}`), Actions: []rule.Action{{Do: rule.AddTag, Tag: c.vip}, {Do: rule.SetLeadStatus, LeadStatus: contact.Warm}},
	}})
	check(t, err)
	applied, outcomes := c.operate(commands.BulkAction{Action: commands.ApplyRule, Rule: id})
	c.results(outcomes, operation.Changed, operation.Changed)
	m := c.last(c.contacts[0]).Metadata
	if m.OperationID != applied.UUID || m.Actor.ID != id.String() || m.RuleVersion != 1 {
		t.Errorf("recorded with %+v", m)
	}
	_, undone := c.undo(applied)
	c.results(undone, operation.Changed, operation.Changed)
	_, err = c.Service.DeleteRule(c.Ask(t.Context()), id)
	check(t, err)
	_, outcomes = c.operate(commands.BulkAction{Action: commands.ApplyRule, Rule: id})
	c.results(outcomes, operation.Refused, operation.Refused)
}

func TestEditingARuleMakesAVersion(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 1)
	ask := func() context.Context { return c.Ask(t.Context()) }
	id, _, err := c.Service.DefineRule(ask(), commands.DefineRule{Name: "Hot", Draft: rule.Draft{Filter: []byte(`{"lead_status":["hot"]}`), Actions: []rule.Action{{Do: rule.AddTag, Tag: c.vip}}}})
	check(t, err)
	otherwise := rule.Changes{Draft: func(d rule.Draft) rule.Draft { d.On = rule.Leaves; return d }}
	if _, err := c.Service.EditRule(ask(), commands.EditRule{Rule: id, Changes: otherwise, IfMatch: []event.Revision{7}}); !errors.Is(err, rule.ErrStale) {
		t.Errorf("edited on what it is not: %v", err)
	}
	_, err = c.Service.EditRule(ask(), commands.EditRule{Rule: id, Changes: otherwise, IfMatch: []event.Revision{0}})
	check(t, err)
	r, err := c.Service.Rule(t.Context(), c.Organization, id)
	check(t, err)
	if v, err := r.Current(); err != nil || v.Number != 2 || v.On != rule.Leaves || v.Filter != personal.New(`{"lead_status":["hot"]}`) {
		t.Errorf("it says %+v, %v", v, err)
	}
}
