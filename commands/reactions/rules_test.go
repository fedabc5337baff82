package reactions_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/commands/reactions"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/rule"
	"tagtrail/domain/segment"
	"tagtrail/domain/tag"
)

// rulings is a world with a contact and a tag, and rules that act.
type rulings struct {
	*commandstest.World
	t        *testing.T
	ana      contact.ID
	vip      tag.ID
	watching []rule.ID // in the order in which they act
	awaited  event.Position
	counted  map[reactions.Ruled]int
	reaction reactions.Reaction
}

func newRulings(t *testing.T) *rulings {
	t.Helper()
	r := &rulings{World: commandstest.New(t), t: t, ana: newContact(), vip: tag.ID{UUID: uuid.New()}, counted: map[reactions.Ruled]int{}}
	r.Store.Put(r.ana.Stream(), r.Metadata(), contact.Created{Origin: contact.OriginMessage, LeadStatus: contact.Cold})
	r.Store.Put(r.Organization.CatalogStream(), r.Metadata(), tag.Created{Tag: r.vip, Number: 1, Name: "VIP", Kind: tag.Label, Color: "default"})
	r.reaction = reactions.Rulings{
		Commands: r.Service, Rules: r, Count: func(o reactions.Ruled) { r.counted[o]++ }, Logger: slog.New(slog.DiscardHandler),
	}.Reaction()
	return r
}

// marta answers a member of the team.
func (r *rulings) marta() uuid.UUID {
	r.t.Helper()
	id, _, err := r.Service.AddMember(r.Ask(r.t.Context()), commands.AddMember{Name: "Marta", Role: organization.Agent})
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// Await notes what was waited for.
func (r *rulings) Await(_ context.Context, at event.Position) error {
	r.awaited = at
	return nil
}

// Watching answers all rules: the rules themselves know what they watch.
func (r *rulings) Watching(context.Context, organization.ID, segment.ID) ([]rule.ID, error) {
	return r.watching, nil
}

// defined makes a rule that is enabled.
func (r *rulings) defined(d rule.Draft) rule.ID {
	r.t.Helper()
	id, _, err := r.Service.DefineRule(r.Ask(r.t.Context()), commands.DefineRule{Name: "a rule", Draft: d, Enabled: true})
	if err != nil {
		r.t.Fatal(err)
	}
	r.watching = append(r.watching, id)
	return id
}

// smart is a smart tag: who is hot is a VIP.
func (r *rulings) smart() rule.Draft {
	return rule.Draft{Filter: []byte(`{"lead_status":["hot"]}`), Actions: []rule.Action{{Do: rule.AddTag, Tag: r.vip}}}
}

// turned records that Ana entered or left, and answers it as reactions see it.
func (r *rulings) turned(of segment.ID, what segment.MembersEvent) []reactions.Event {
	before := len(r.Store.All())
	r.Store.Put(of.MembersStream(), r.Metadata(), what)
	return r.Store.All()[before:]
}

func (r *rulings) entered(cause segment.Cause) segment.MembersEntered {
	return segment.MembersEntered{Contacts: []contact.ID{r.ana}, Definition: 9, Cause: cause}
}

func (r *rulings) left() segment.MembersLeft {
	return segment.MembersLeft{Contacts: []contact.ID{r.ana}, Definition: 9, Cause: segment.OfContacts}
}

func (r *rulings) react(events []reactions.Event) {
	r.t.Helper()
	if err := r.reaction.React(r.t.Context(), events); err != nil {
		r.t.Fatal(err)
	}
}

// became requires what happened to Ana since she was created.
func (r *rulings) became(want ...event.Event) {
	r.t.Helper()
	var got []string
	for _, e := range r.Store.Events(r.ana.Stream())[1:] {
		got = append(got, e.EventName())
	}
	var names []string
	for _, e := range want {
		names = append(names, e.EventName())
	}
	if diff := cmp.Diff(names, got); diff != "" {
		r.t.Errorf("what happened (- want, + got):\n%s", diff)
	}
}

// acts answers what was recorded of acting.
func (r *rulings) acts() []rule.Acted {
	var acts []rule.Acted
	for _, e := range r.Store.All() {
		if acted, is := e.Data.(rule.Acted); is {
			acts = append(acts, acted)
		}
	}
	return acts
}

// S3-18, C31: who comes to be meant is tagged once, also when the process died in between, and what a person did since stays.
func TestASmartTagIsPutOnOnce(t *testing.T) {
	t.Parallel()
	r := newRulings(t)
	id := r.defined(r.smart())
	if !r.reaction.Asks("segment.members-entered") || !r.reaction.Asks("segment.members-left") || r.reaction.Asks("segment.created") {
		t.Error("it asks for something else")
	}
	entered := r.turned(id.Group(), r.entered(segment.OfContacts))
	r.react(entered)
	r.became(contact.TagAssigned{})
	m := r.Store.All()[len(r.Store.All())-2].Metadata
	if m.Actor != (event.Actor{Kind: "rule", ID: id.String()}) || m.Source != event.Rule || m.RuleVersion != 1 || m.CausationID != entered[0].ID.String() {
		t.Errorf("recorded with %+v", m)
	}
	if diff := cmp.Diff([]rule.Acted{{Rule: id, Version: 1, On: rule.Enters, Changed: 1}}, r.acts()); diff != "" {
		t.Error(diff)
	}
	if r.awaited != entered[0].Position {
		t.Errorf("the tables were waited for up to %d", r.awaited)
	}
	if _, err := r.Service.RemoveTag(r.Ask(t.Context()), commands.RemoveTag{Contact: r.ana, Tag: r.vip}); err != nil {
		t.Fatal(err)
	}
	r.react(entered)
	r.became(contact.TagAssigned{}, contact.TagRemoved{})
	if len(r.acts()) != 1 {
		t.Errorf("it acted %d times", len(r.acts()))
	}
}

// S3-18: whom a definition means from its beginning on is left alone, and so is everybody while the rule does not act.
func TestARuleActsOnThoseAloneWhoCameLater(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	edited := func(c rule.Changes) func(*rulings, rule.ID) []reactions.Event {
		return func(r *rulings, id rule.ID) []reactions.Event {
			entered := r.turned(id.Group(), r.entered(segment.OfContacts))
			if _, err := r.Service.EditRule(r.Ask(r.t.Context()), commands.EditRule{Rule: id, Changes: c}); err != nil {
				r.t.Fatal(err)
			}
			return entered
		}
	}
	for name, given := range map[string]func(*rulings, rule.ID) []reactions.Event{
		"the definition brought them in": func(r *rulings, id rule.ID) []reactions.Event {
			return r.turned(id.Group(), r.entered(segment.OfSegment))
		},
		"they entered another segment": func(r *rulings, _ rule.ID) []reactions.Event {
			return r.turned(segment.ID{UUID: uuid.New()}, r.entered(segment.OfContacts))
		},
		"an older definition meant them": func(r *rulings, id rule.ID) []reactions.Event {
			back := rule.Changes{Draft: func(d rule.Draft) rule.Draft { d.TakeBack = true; return d }}
			if _, err := r.Service.EditRule(r.Ask(r.t.Context()), commands.EditRule{Rule: id, Changes: back}); err != nil {
				r.t.Fatal(err)
			}
			old := r.entered(segment.OfContacts)
			old.Definition = 1
			return r.turned(id.Group(), old)
		},
		"the rule is disabled since": edited(rule.Changes{Enabled: &no}),
		"the rule was enabled after that": func(r *rulings, id rule.ID) []reactions.Event {
			entered := edited(rule.Changes{Enabled: &no})(r, id)
			edited(rule.Changes{Enabled: &yes})(r, id)
			return entered
		},
		"the rule is deleted": func(r *rulings, id rule.ID) []reactions.Event {
			if _, err := r.Service.DeleteRule(r.Ask(r.t.Context()), id); err != nil {
				r.t.Fatal(err)
			}
			return r.turned(id.Group(), r.entered(segment.OfContacts))
		},
		"they left": func(r *rulings, id rule.ID) []reactions.Event { return r.turned(id.Group(), r.left()) },
		"the rule is not there yet": func(r *rulings, _ rule.ID) []reactions.Event {
			r.watching = []rule.ID{{UUID: uuid.New()}}
			return r.turned(r.watching[0].Group(), r.entered(segment.OfContacts))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRulings(t)
			r.react(given(r, r.defined(r.smart())))
			r.became()
			if len(r.acts()) != 0 || len(r.counted) != 0 {
				t.Errorf("it acted: %+v, counted %v", r.acts(), r.counted)
			}
		})
	}
}

// S3-18: the version that stood when somebody entered decides, whatever the rule says by now.
func TestTheVersionOfThenActs(t *testing.T) {
	t.Parallel()
	r := newRulings(t)
	id := r.defined(r.smart())
	entered := r.turned(id.Group(), r.entered(segment.OfReview))
	warm := rule.Changes{Draft: func(d rule.Draft) rule.Draft {
		d.Actions = []rule.Action{{Do: rule.SetLeadStatus, LeadStatus: contact.Warm}}
		return d
	}}
	if _, err := r.Service.EditRule(r.Ask(t.Context()), commands.EditRule{Rule: id, Changes: warm}); err != nil {
		t.Fatal(err)
	}
	r.react(entered)
	r.became(contact.TagAssigned{})
}

// S3-18: a smart tag goes with the reason for it, where the rule says so.
func TestASmartTagIsTakenBack(t *testing.T) {
	t.Parallel()
	r := newRulings(t)
	d := r.smart()
	d.TakeBack = true
	id := r.defined(d)
	r.react(r.turned(id.Group(), r.entered(segment.OfContacts)))
	r.react(r.turned(id.Group(), r.left()))
	r.became(contact.TagAssigned{}, contact.TagRemoved{})
	// What a person puts on again is the person's.
	if _, err := r.Service.AssignTag(r.Ask(t.Context()), commands.AssignTag{Contact: r.ana, Tag: r.vip}); err != nil {
		t.Fatal(err)
	}
	r.react(r.turned(id.Group(), r.left()))
	r.became(contact.TagAssigned{}, contact.TagRemoved{}, contact.TagAssigned{})
}

// S3-25: something happens by itself to whoever enters a segment, and something else to whoever leaves it.
func TestSomethingHappensByItselfForASegment(t *testing.T) {
	t.Parallel()
	r := newRulings(t)
	leads, _, err := r.Service.CreateSegment(r.Ask(t.Context()), commands.CreateSegment{Name: "Leads", Kind: segment.Dynamic, Filter: []byte(`{"lead_status":["warm"]}`)})
	if err != nil {
		t.Fatal(err)
	}
	r.defined(rule.Draft{Segment: leads, Actions: []rule.Action{{Do: rule.AddTag, Tag: r.vip}, {Do: rule.SetOwner, Owner: r.marta()}}})
	r.defined(rule.Draft{Segment: leads, On: rule.Leaves, Actions: []rule.Action{{Do: rule.RemoveTag, Tag: r.vip}, {Do: rule.SetLeadStatus, LeadStatus: contact.Customer}}})
	r.react(r.turned(leads, r.entered(segment.OfReview)))
	r.became(contact.TagAssigned{}, contact.OwnerChanged{})
	r.react(r.turned(leads, r.left()))
	r.became(contact.TagAssigned{}, contact.OwnerChanged{}, contact.TagRemoved{}, contact.LeadStatusChanged{})
	if n := r.counted[reactions.RuleChanged]; n != 2 || len(r.acts()) != 2 {
		t.Errorf("%d changed, %+v", n, r.acts())
	}
}

// S3-18, C11, C31: what a contact refuses, and where rules only feed each other, is recorded and not tried again.
func TestWhatARuleCannotDoIsRecorded(t *testing.T) {
	t.Parallel()
	r := newRulings(t)
	id := r.defined(r.smart())
	r.Store.Put(r.ana.Stream(), r.Metadata(), contact.Archived{})
	r.react(r.turned(id.Group(), r.entered(segment.OfContacts)))
	r.Store.Put(r.ana.Stream(), r.Metadata(), contact.Restored{})
	refused := func(code string) rule.Acted {
		return rule.Acted{Rule: id, Version: 1, On: rule.Enters, Refused: []rule.Refusal{{Contact: r.ana, Code: code}}}
	}
	if diff := cmp.Diff([]rule.Acted{refused("contact.archived")}, r.acts()); diff != "" {
		t.Error(diff)
	}
	for range contact.MaxRounds {
		m := r.Metadata()
		m.Actor, m.CausationID = event.Actor{Kind: rule.Kind, ID: id.String()}, uuid.NewString()
		r.Store.Put(r.ana.Stream(), m, contact.LeadStatusChanged{To: contact.Hot})
	}
	r.react(r.turned(id.Group(), r.entered(segment.OfContacts)))
	if diff := cmp.Diff([]rule.Acted{refused("contact.archived"), refused("contact.rule-loop")}, r.acts()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[reactions.Ruled]int{reactions.RuleRefused: 1, reactions.RuleLooped: 1}, r.counted); diff != "" {
		t.Error(diff)
	}
}

// S3-18, S3-37: what a rule put on a contact that is merged stays on the one that stands for it, as the merge's; told apart
// again, it is the rule's again, and goes once.
func TestWhatARulePutOnIsNotTakenBackFromAMergedContact(t *testing.T) {
	t.Parallel()
	r := newRulings(t)
	smart := r.smart()
	smart.TakeBack = true
	group := r.defined(smart).Group()
	bea := newContact()
	r.Store.Put(bea.Stream(), r.Metadata(), contact.Created{Origin: contact.OriginMessage, LeadStatus: contact.Cold})
	turned := func(what segment.MembersEvent) {
		r.t.Helper()
		r.react(r.turned(group, what))
	}
	carries := func(who contact.ID, want ...string) {
		r.t.Helper()
		var got []string
		for _, e := range r.Store.Events(who.Stream()) {
			if name := e.EventName(); strings.Contains(name, "tag") || strings.Contains(name, "absorbed") {
				got = append(got, name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			r.t.Errorf("what happened (- want, + got):\n%s", diff)
		}
	}
	turned(r.entered(segment.OfContacts))
	if _, err := r.Service.MergeContacts(r.Ask(t.Context()), commands.MergeContacts{Contact: r.ana, Into: bea}); err != nil {
		t.Fatal(err)
	}
	turned(r.left())
	turned(segment.MembersEntered{Contacts: []contact.ID{bea}, Definition: 9, Cause: segment.OfContacts})
	turned(segment.MembersLeft{Contacts: []contact.ID{bea}, Definition: 9, Cause: segment.OfContacts})
	carries(r.ana, "contact.tag-assigned")
	carries(bea, "contact.absorbed")

	if _, err := r.Service.SeparateContact(r.Ask(t.Context()), commands.SeparateContact{Contact: r.ana}); err != nil {
		t.Fatal(err)
	}
	turned(r.entered(segment.OfContacts))
	for range 2 {
		turned(r.left())
	}
	carries(r.ana, "contact.tag-assigned", "contact.tag-removed")
	if diff := cmp.Diff(map[reactions.Ruled]int{reactions.RuleChanged: 2, reactions.RuleUnchanged: 5}, r.counted); diff != "" {
		t.Error(diff)
	}
}

// S3-18, C28: what is so already is counted, and not recorded as something that a rule did.
func TestARuleThatChangesNothingRecordsNothing(t *testing.T) {
	t.Parallel()
	r := newRulings(t)
	id := r.defined(r.smart())
	if _, err := r.Service.AssignTag(r.Ask(t.Context()), commands.AssignTag{Contact: r.ana, Tag: r.vip}); err != nil {
		t.Fatal(err)
	}
	entered := r.turned(id.Group(), r.entered(segment.OfContacts))
	before := len(r.Store.All())
	r.react(entered)
	if after := len(r.Store.All()); after != before {
		t.Errorf("recorded %+v", r.Store.All()[before:])
	}
	if diff := cmp.Diff(map[reactions.Ruled]int{reactions.RuleUnchanged: 1}, r.counted); diff != "" {
		t.Error(diff)
	}
}

// S3-18, S0-31, S0-48: a tag that is gone is named for each contact that would carry it, keeps nothing else from the contact
// and no other rule from acting, and is put on again once it is back.
func TestARuleWithATagThatIsGoneDoesWhatItCan(t *testing.T) {
	t.Parallel()
	r := newRulings(t)
	leads, _, err := r.Service.CreateSegment(r.Ask(t.Context()), commands.CreateSegment{Name: "Leads", Kind: segment.Dynamic, Filter: []byte(`{"lead_status":["cold"]}`)})
	if err != nil {
		t.Fatal(err)
	}
	lacking := r.defined(rule.Draft{Segment: leads, Actions: []rule.Action{{Do: rule.AddTag, Tag: r.vip}, {Do: rule.SetLeadStatus, LeadStatus: contact.Warm}}})
	other := r.defined(rule.Draft{Segment: leads, Actions: []rule.Action{{Do: rule.SetOwner, Owner: r.marta()}}})
	if _, err := r.Service.DeleteTags(r.Ask(t.Context()), commands.DeleteTags{Tags: []tag.ID{r.vip}}); err != nil {
		t.Fatal(err)
	}
	r.react(r.turned(leads, r.entered(segment.OfContacts)))
	r.became(contact.LeadStatusChanged{}, contact.OwnerChanged{})
	if _, err := r.Service.RestoreTag(r.Ask(t.Context()), commands.RestoreTag{Tag: r.vip}); err != nil {
		t.Fatal(err)
	}
	r.react(r.turned(leads, r.entered(segment.OfContacts)))
	r.became(contact.LeadStatusChanged{}, contact.OwnerChanged{}, contact.TagAssigned{})
	want := []rule.Acted{
		{Rule: lacking, Version: 1, On: rule.Enters, Refused: []rule.Refusal{{Contact: r.ana, Code: "tag.deleted"}}},
		{Rule: other, Version: 1, On: rule.Enters, Changed: 1},
		{Rule: lacking, Version: 1, On: rule.Enters, Changed: 1},
	}
	if diff := cmp.Diff(want, r.acts()); diff != "" {
		t.Error(diff)
	}
}

// What is out of reach is tried again, and what was done before is not done again then.
func TestARuleGoesOnWhereItWasStopped(t *testing.T) {
	t.Parallel()
	r := newRulings(t)
	d := r.smart()
	d.Actions = append(d.Actions, rule.Action{Do: rule.SetLeadStatus, LeadStatus: contact.Warm})
	id := r.defined(d)
	entered := r.turned(id.Group(), r.entered(segment.OfContacts))
	appends := 0
	r.Store.Before(func(context.Context, commandstest.Attempt) error {
		if appends++; appends == 2 {
			return errors.New("the log is away")
		}
		return nil
	})
	if err := r.reaction.React(t.Context(), entered); !errors.Is(err, commands.ErrLogUnavailable) {
		t.Fatalf("reacted with %v", err)
	}
	r.became(contact.TagAssigned{})
	r.react(entered)
	r.became(contact.TagAssigned{}, contact.LeadStatusChanged{})
	if len(r.acts()) != 1 {
		t.Errorf("recorded %+v", r.acts())
	}
}
